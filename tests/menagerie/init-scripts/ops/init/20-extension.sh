#!/bin/sh
set -e
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c 'create extension "uuid-ossp"' -c 'create role reader' -c 'grant usage on schema audit to reader'

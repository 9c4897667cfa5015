"""Why a program failed, in its own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.server.core.failure_reason import reason

SQLALCHEMY = """Traceback (most recent call last):
  File "default.py", line 952, in do_execute
    cursor.execute(statement, parameters)
psycopg.errors.UniqueViolation: could not create unique index "uq_customers_name"
DETAIL:  Key (first_name, last_name)=(Ada, Lovelace) is duplicated.

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "alembic", line 8, in <module>
sqlalchemy.exc.IntegrityError: (psycopg.errors.UniqueViolation) could not create unique index "uq_customers_name"
DETAIL:  Key (first_name, last_name)=(Ada, Lovelace) is duplicated.
[SQL: ALTER TABLE customers
  ADD CONSTRAINT uq_customers_name UNIQUE (first_name, last_name)]
(Background on this error at: https://sqlalche.me/e/20/gkpj)
"""
PSQL = """psql:<stdin>:3: ERROR:  column "phone" of relation "customers" does not exist
LINE 1: update customers set phone = null;
                             ^
"""
DOCKER_RUN = """Unable to find image 'caddy:9' locally
docker: Error response from daemon: manifest for caddy:9 not found: manifest unknown: manifest unknown.
See 'docker run --help'.
"""
DOCKER_RUN_29 = """Unable to find image 'caddy:9' locally
docker: Error response from daemon: failed to resolve reference "docker.io/library/caddy:9": not found

Run 'docker run --help' for more information
"""
DOCKER_PORT = """docker: Error response from daemon: driver failed programming external connectivity on endpoint shipline-router \
(2a0c): Bind for 0.0.0.0:8080 failed: port is already allocated.
time="2026-11-30T08:17:41Z" level=error msg="error waiting for container: context canceled"
"""
COMPOSE = """time="2026-11-30T08:17:41Z" level=warning msg="The \\"Y\\" variable is not set. Defaulting to a blank string."
 Container shop-production-db-1  Created
 Container shop-production-db-1  Error
dependency failed to start: container shop-production-db-1 is unhealthy
"""
COMPOSE_PULL = """ web Pulling
 web Error manifest for registry.example.org/shop:1 not found
Error response from daemon: manifest for registry.example.org/shop:1 not found: manifest unknown
"""
PG_RESTORE = """pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 5; 2615 2200 SCHEMA topology shop
pg_restore: error: could not execute query: ERROR:  schema "topology" already exists
Command was: CREATE SCHEMA topology;


pg_restore: error: a worker process died unexpectedly
"""
PG_RESTORE_ON = """pg_restore: error: could not execute query: ERROR:  role "app" does not exist
Command was: ALTER TABLE public.a OWNER TO app;

pg_restore: error: could not execute query: ERROR:  relation "b" does not exist
pg_restore: warning: errors ignored on restore: 2
"""
PG_DUMP = """pg_dump: error: query failed: ERROR:  permission denied for table a
pg_dump: detail: Query was: LOCK TABLE public.a IN ACCESS SHARE MODE
"""
SSH = """Warning: Permanently added 'shop.example.org' (ED25519) to the list of known hosts.
root@shop.example.org: Permission denied (publickey,password).
"""
LOGGED = 'time="2026-11-30T08:17:41Z" level=fatal msg="invalid reference \\"x\\""\n'


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ""),
        ("\n \n", ""),
        ("one\ntwo\n\n", "two"),
        ("NotImplementedError: there is no way back\n", "NotImplementedError: there is no way back"),
        ("some error: early\nthe service web is unhealthy\n", "the service web is unhealthy"),
        ("  FAILED: Can't locate revision\n", "FAILED: Can't locate revision"),
        (
            SQLALCHEMY,
            'sqlalchemy.exc.IntegrityError: (psycopg.errors.UniqueViolation) could not create unique index "uq_customers_name"',
        ),
        (
            DOCKER_RUN,
            "docker: Error response from daemon: manifest for caddy:9 not found: manifest unknown: manifest unknown.",
        ),
        (
            DOCKER_RUN_29,
            'docker: Error response from daemon: failed to resolve reference "docker.io/library/caddy:9": not found',
        ),
        (DOCKER_PORT, DOCKER_PORT.partition("\n")[0]),
        (COMPOSE, "dependency failed to start: container shop-production-db-1 is unhealthy"),
        (
            COMPOSE_PULL,
            "Error response from daemon: manifest for registry.example.org/shop:1 not found: manifest unknown",
        ),
        (PG_RESTORE, 'pg_restore: error: could not execute query: ERROR:  schema "topology" already exists'),
        (PG_RESTORE_ON, 'pg_restore: error: could not execute query: ERROR:  role "app" does not exist'),
        (PG_DUMP, "pg_dump: error: query failed: ERROR:  permission denied for table a"),
        (
            "mkdir: cannot create directory '/opt/shop': Permission denied\n\x1e788a55c7eba7f0cc\n",
            "mkdir: cannot create directory '/opt/shop': Permission denied",
        ),
        ("\x1e788a55c7eba7f0cc\n", ""),
        (SSH, "root@shop.example.org: Permission denied (publickey,password)."),
        (LOGGED, 'invalid reference "x"'),
        ("See 'docker run --help'.\n", "See 'docker run --help'."),
        (PSQL, 'psql:<stdin>:3: ERROR:  column "phone" of relation "customers" does not exist'),
    ],
)
def test_the_line_that_says_why(said: str, expected: str) -> None:
    assert reason(said) == expected


lines = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=80)
NOISE = (
    "See 'docker run --help'.",
    "Run 'docker compose --help' for more information",
    " Container shop-web-1  Starting",
    "pg_restore: error: a worker process died unexpectedly",
    'time="2026-11-30T08:17:41Z" level=warning msg="x"',
)


@given(st.lists(lines, max_size=5), st.lists(st.sampled_from(NOISE), max_size=3))
def test_what_follows_from_an_error_never_hides_it(before: list[str], after: list[str]) -> None:
    said = "\n".join([*before, "docker: Error response from daemon: no such image", *after])
    assert reason(said) == "docker: Error response from daemon: no such image"


@given(st.text())
def test_a_line_that_is_given_was_said(said: str) -> None:
    assert reason(said) in said or "level=" in said

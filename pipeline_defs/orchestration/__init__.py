"""Orchestration: what Dagster sees: assets, jobs, ops, checks, sensors. Decisions are made in the rooms below."""

"""Runs: what Dagster's storage knows of runs, as facts for those who tell people and GitHub."""

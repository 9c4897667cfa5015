"""The `shipline` command. Nothing in here imports Dagster before a command needs what only Dagster knows."""

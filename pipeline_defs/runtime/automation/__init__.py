"""Automation: what Dagster's storage keeps of each app for the sensors: how far each has come, and whether a person has paused it."""

"""GitHub: its API, what changed there, what it is told about runs, and its webhooks."""

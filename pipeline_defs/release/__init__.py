"""The domain: versions, tags, changes, records and policies. Pure Python, no Dagster, no input or output."""

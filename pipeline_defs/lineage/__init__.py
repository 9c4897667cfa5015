"""The lineage: what Dagster's storage keeps of images, rehearsals and deployments, and who says it."""

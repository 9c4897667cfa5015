"""The index of the lineage: where in Dagster's storage a name is, and what came last, so that no question reads all of it."""

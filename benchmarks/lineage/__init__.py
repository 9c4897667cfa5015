"""What is claimed of the lineage: it stays fast after years, and what it tells is what happened."""

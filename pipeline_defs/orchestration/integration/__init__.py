"""Integration: what the ops that make an image share: versions, merges, code that is not merged."""

"""The house: how large the project is, and which way its imports point."""

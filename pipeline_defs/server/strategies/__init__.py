"""Strategies: how a release takes over an environment, and how it is taken back."""

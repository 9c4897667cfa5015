"""Shipline: from a pull request to a verified deployment on your own servers, as a Dagster project."""

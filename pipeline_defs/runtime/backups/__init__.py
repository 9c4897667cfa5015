"""Shipline's own backup: one file from which a home, or the folder of a service, is made again; and the version of Dagster's tables."""

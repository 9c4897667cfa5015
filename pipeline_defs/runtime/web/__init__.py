"""The web server: Dagster's own application behind rules about who may ask it what."""

"""One door per outside system: git, the Docker Engine, the registry, the servers.

Each is a plain client that knows no Dagster, with a thin `ConfigurableResource` in front of it.
"""

"""Compose: the compose files of a release and the folder in which they lie on a server."""

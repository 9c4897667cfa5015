"""Router: Caddy in one container for each server."""

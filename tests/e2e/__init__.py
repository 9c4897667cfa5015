"""The whole of it: a real Shipline with daemon and code server, real repository, registry and server."""

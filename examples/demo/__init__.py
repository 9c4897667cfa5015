"""The demo: the sample app from a commit to a verified deployment, on a real registry and a real server."""

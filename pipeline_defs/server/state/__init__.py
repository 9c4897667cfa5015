"""State: what is true on a server, and what a release would change there."""

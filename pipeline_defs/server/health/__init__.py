"""Health: whether containers may be used, and what they listen on."""

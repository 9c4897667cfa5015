"""Observing: how Shipline itself does, for Prometheus and people. It reads what the other programs write, and asks whether they live."""

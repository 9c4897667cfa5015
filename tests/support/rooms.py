"""The rooms of pipeline_defs/ from top to bottom: each may import of those below it, and of no other."""

ROOMS = (
    "definitions",
    "cli",
    "orchestration",
    "deployments",
    "observing",
    "notifications",
    "doctor",
    "github",
    "lineage",
    "run_queue",  # an older name of runtime/run_coordinator.py
    "runtime",
    "proposal",
    "resources",
    "server",
    "release",
    "config",
)

SERVER = (
    "fleet",
    "rehearsal",
    "strategies",
    "compose_rules",
    "steps",
    "database",
    "health",
    "router",
    "state",
    "compose",
    "core",
)
"""The rooms of server/ from top to bottom, likewise."""

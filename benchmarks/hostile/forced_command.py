"""Forced command: what the key of a server's own user, made as docs/server.md says, does beyond what is its own."""

import os

from benchmarks.parts import tell
from tests.support.own_user import FORWARDINGS, SCRIPTS, allowed, own_user
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress


def measure() -> dict[str, int | float]:
    """Actions on what belongs to others, and those that the user could do. Raises RuntimeError where root cannot do one either."""
    remove_orphans("hostile-")
    with (
        TestBed(f"hostile-{os.getpid()}", preload=(), progress=Progress(tell)) as bed,
        own_user(bed.servers[0], bed.key, bed.known_hosts) as host,
    ):
        found = allowed(host)
        actions = {*SCRIPTS, *FORWARDINGS}
        if impossible := actions - set(allowed(host.model_copy(update={"user": "root"}))):
            raise RuntimeError(f"these prove nothing, as nobody can do them: {impossible}")
    tell(f"allowed: {found or 'none'}")
    return {"forced_command_tries": len(actions), "forced_command_allowed": len(found)}

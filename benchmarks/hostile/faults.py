"""Faults: a disk that is full at each write of Shipline's own."""

from benchmarks.parts import tell
from tests.support.full_disk import tried


def measure() -> dict[str, int | float]:
    """Writes on a full disk, and those after which what was there, or what was written, could not be read."""
    found = tried()
    for name, (said, wrong) in found.items():
        tell(f"{name}: {said or 'it was written'}{f'; {wrong}' if wrong else ''}"[:200])
    return {"faults": len(found), "faults_lost": sum(bool(wrong) for _, wrong in found.values())}

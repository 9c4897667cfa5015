"""Deliveries: forged signatures, and what unfinished bodies of strangers cost the receiver of webhooks."""

import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import requests

from benchmarks.github.forged import FORGERIES
from benchmarks.parts import tell
from tests.support.receiving import BODY, SECRET, right_headers, signed
from tests.support.receiving_process import MEGABYTES, Receiving, hostile, receiving_in

_HELD = 24
"""Unfinished bodies at once, of 24 MB each; half of them with a signature that is well formed."""


def measure(count: int = 1800, seed: int = 1) -> dict[str, int | float]:
    """Forgeries that were accepted, and the most memory that the receiver had (MiB, in all) while bodies were held open."""
    with tempfile.TemporaryDirectory() as folder, receiving_in(Path(folder)) as receiving:
        accepted = _forged(receiving, count, random.Random(seed))
        most = _most_memory(receiving)
        if not receiving.delivers():
            raise RuntimeError("a right delivery is refused after all that")
    tell(f"accepted: {dict(accepted) or 'none'}")
    return {"forged": count, "forged_accepted": accepted.total(), "receiver_mib": most}


def _forged(receiving: Receiving, count: int, chance: random.Random) -> Counter[str]:
    accepted: Counter[str] = Counter()
    with requests.Session() as session:
        for number in range(count):
            name, forge = list(FORGERIES.items())[number % len(FORGERIES)]
            body, signature = forge(signed(BODY), chance)
            if signature == signed(body, SECRET):
                raise RuntimeError(f"{name} is no forgery")
            headers = right_headers(body) | {"x-hub-signature-256": signature}
            sent = {key: value.encode("latin-1") for key, value in headers.items()}
            answer = session.post(f"http://127.0.0.1:{receiving.port}/github", data=body, headers=sent, timeout=10)
            if answer.status_code != 401:
                accepted[name] += 1
    return accepted


def _most_memory(receiving: Receiving) -> int:
    most, held = receiving.memory(), []
    well_formed = "X-Hub-Signature-256: sha256=" + "a" * 64
    for number in range(_HELD):
        held.append(receiving.begin(hostile(*([well_formed] if number % 2 else [])), body=24 * MEGABYTES))
        most = max(most, receiving.memory())
    for _ in range(20):
        time.sleep(0.5)
        most = max(most, receiving.memory())
    for connection in held:
        connection.close()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not receiving.delivers():
        time.sleep(0.5)
    return most

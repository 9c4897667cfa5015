"""Secrets: what is told of them in any form, what is masked without being one, and what the looking for them costs."""

import random
import time
from collections.abc import Sequence

from benchmarks.parts import tell
from pipeline_defs.config import Secret
from pipeline_defs.resources.process_output import Output
from tests.support.hostile_secrets import FORMS, left_of, ordinary_log, secrets

_MIB = 2**20
_PORTION = 32 * 2**10
_OF_AN_APP = 10


def measure(count: int = 200, seed: int = 1) -> dict[str, int | float]:
    """Forms of secrets that were told, and false masks in a MiB of ordinary log with all secrets at once.

    The cost of masking is told in processor seconds for each MiB, for an app's secrets and for all.
    """
    chance = random.Random(seed)
    values = secrets(count, chance)
    leaked = [form for value in values for form in FORMS if _leaks(form, value, chance)]
    log, hidden = ordinary_log(_MIB, chance), [Secret(value) for value in values]
    plain = _heard([log], [])[1]
    for some in (hidden[:_OF_AN_APP], hidden):
        _heard(["x"], some)
        tell(f"masking {len(some)} secrets takes {_heard([log], some)[1] - plain:.3f} s of processor time a MiB")
    masks = _heard([log], hidden)[0].count("***")
    tell(f"leaked: {sorted(set(leaked)) or 'none'}")
    return {"secret_forms": len(FORMS) * count, "leaked": len(leaked), "false_masks": masks}


def _leaks(form: str, value: str, chance: random.Random) -> bool:
    """True where a form of a secret is told that came in random portions."""
    printed = FORMS[form](value, chance)
    text = f"said {printed} so\n"
    cuts = sorted(chance.sample(range(len(text)), 3))
    portions = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return left_of(value, printed, _heard(portions, [Secret(value)])[0]) != ""


def _heard(portions: Sequence[str], hidden: Sequence[Secret]) -> tuple[str, float]:
    """What was heard and kept, and the processor seconds that it took."""
    lines: list[str] = []
    stream = Output(lines.append, hidden)
    began = time.process_time()
    for portion in portions:
        data = portion.encode()
        for begin in range(0, len(data), _PORTION):
            stream.feed(data[begin : begin + _PORTION])
    kept = stream.close()
    took = time.process_time() - began
    return "\n".join([kept, *lines]), took

"""Forged: nobody but GitHub is listened to.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hashlib
import hmac
import json
import random
from collections import Counter
from collections.abc import Callable

from benchmarks.github.app import REPOSITORY
from benchmarks.github.figures import Figures
from benchmarks.github.stack import SECRET, Stack
from benchmarks.parts import Failed, Tell
from tests.testbed.github.deliveries import signature

DOCUMENTED = b"Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
"""GitHub's own example of a body and its signature."""
BODY = json.dumps({"ref": "refs/heads/development", "repository": {"full_name": REPOSITORY}}).encode()
ACCEPTED, UNREADABLE, REFUSED = 202, 400, 401

Forgery = Callable[[str, random.Random], tuple[bytes, str]]
"""Makes a body and a signature that is not its own from the right signature of BODY."""


def measure(stack: Stack, tell: Tell, count: int = 10_000, seed: int = 1) -> Figures:
    """Deliver so many forgeries; those that were not refused. Raises Failed when what is rightly signed is refused."""
    _check_the_right_ones(stack)
    chance, right = random.Random(seed), signature(SECRET, BODY)
    accepted: Counter[str] = Counter()
    for number in range(count):
        name, forge = list(FORGERIES.items())[number % len(FORGERIES)]
        body, forged = forge(right, chance)
        assert forged != signature(SECRET, body), f"{name} is no forgery"
        if stack.post(body, "push", forged) != REFUSED:
            accepted[name] += 1
    tell(f"{count} forgeries of {len(FORGERIES)} kinds; accepted: {dict(accepted) or 'none'}")
    return {"forged": count, "forged_accepted": accepted.total()}


def _check_the_right_ones(stack: Stack) -> None:
    body, right = DOCUMENTED
    if stack.post(body, "push", right) != UNREADABLE:  # rightly signed, and no payload
        raise Failed("the signature of GitHub's documentation is refused")
    if stack.post(body, "push", _other_digit(right, random.Random(1))) != REFUSED:
        raise Failed("the signature of GitHub's documentation is accepted with a digit changed")
    if stack.post(BODY, "push") != ACCEPTED:
        raise Failed("a delivery that is rightly signed is refused")


def _other_digit(right: str, chance: random.Random) -> str:
    place = chance.randrange(len("sha256="), len(right))
    other = chance.choice([digit for digit in "0123456789abcdef" if digit != right[place]])
    return f"{right[:place]}{other}{right[place + 1 :]}"


def _other_byte(chance: random.Random) -> bytes:
    body = bytearray(BODY)
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return bytes(body)


def _digest(chance: random.Random) -> str:
    return chance.randbytes(32).hex()


FORGERIES: dict[str, Forgery] = {
    "another digit": lambda right, chance: (BODY, _other_digit(right, chance)),
    "another byte of the body": lambda right, chance: (_other_byte(chance), right),
    "more of the body": lambda right, chance: (BODY + chance.randbytes(chance.randint(1, 64)), right),
    "less of the body": lambda right, chance: (BODY[: chance.randrange(len(BODY))], right),
    "another secret": lambda _, chance: (BODY, signature(_digest(chance), BODY)),
    "almost the secret": lambda _, chance: (BODY, signature(SECRET[: chance.randrange(len(SECRET))], BODY)),
    "no secret": lambda _, chance: (BODY, f"sha256={hashlib.sha256(BODY).hexdigest()}"),
    "any digest": lambda _, chance: (BODY, f"sha256={_digest(chance)}"),
    "too short": lambda right, chance: (BODY, right[: chance.randrange(len(right))]),
    "too long": lambda right, chance: (BODY, right + _digest(chance)[: chance.randint(1, 64)]),
    "twice": lambda right, chance: (BODY, f"{right},{right}"),
    "no name": lambda right, _: (BODY, right.removeprefix("sha256=")),
    "another name": lambda right, chance: (
        BODY,
        right.replace("sha256", chance.choice(["sha1", "md5", "none", "SHA256"])),
    ),
    "an older digest": lambda _, chance: (BODY, f"sha1={hmac.new(SECRET.encode(), BODY, 'sha1').hexdigest()}"),
    "large letters": lambda right, _: (BODY, f"sha256={right.removeprefix('sha256=').upper()}"),
    "letters of elsewhere": lambda right, chance: (BODY, right[:-1] + chr(chance.randrange(0xC0, 0x100))),
    "the documented one": lambda _, chance: (BODY, DOCUMENTED[1]),
    "nothing": lambda _, chance: (BODY, ""),
}

"""Text digest: a short stand-in for a text, to compare it with later ones."""

import hashlib


def digest(text: str) -> str:
    """A few digits that stand for a text in the memory."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]

"""Shell: every block of shell in the documentation is one that a POSIX shell can read."""

import subprocess

from tests.docs.pages import Block, blocks


def scripts() -> tuple[Block, ...]:
    """All blocks of shell."""
    return blocks("sh", "shell", "bash")


def unreadable(script: Block) -> str | None:
    """What the shell says against the block, None where it says nothing. Nothing is executed."""
    read = subprocess.run(["sh", "-n"], input=script.text, capture_output=True, text=True)
    return read.stderr.strip() or None

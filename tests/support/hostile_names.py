"""Names that git, GitHub, Compose and PostgreSQL take, made of all that a shell, a table, a page or a terminal would obey."""

import random
import re
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipeline_defs.github.api.github_statuses import LONGEST_DESCRIPTION, cut
from pipeline_defs.lineage.metadata.tables import cell
from pipeline_defs.notifications.notification import first_sentence, tame
from pipeline_defs.release.lineage_lookup import TAG, QuestionError, questions
from pipeline_defs.release.markdown import code, link, plain
from pipeline_defs.release.tags import tags_for
from pipeline_defs.release.version import Version
from pipeline_defs.server.core.command import script

_BATCH = 500
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_PIECES = (
    "$(touch ran)", "`touch ran`", ";touch ran;", "|touch ran", "&touch ran&", "\ntouch ran\n", "'", '"', "\\", "$IFS", "${HOME}", "%s%n",
    "{{.ID}}", "${{ github.token }}", "<script>", "<!channel>", "@everyone", "#12", "|", "../..", "--", "-rf", "~", "*", "?", "!", "#", " ",
    "\t", "\r", "\x1b[2J", "\x1b]0;x\x07", "\u202e", "\u200b", "é", "🦀", "名前", "a", "B", "0", ".", "/", "_", "=", "%2F",
    "\ufeff", "'\"'\"'",
)  # fmt: skip
_NOT_IN_BRANCHES = (
    " ",
    "~",
    "^",
    ":",
    "?",
    "*",
    "[",
    "\\",
    "..",
    "@{",
    "//",
    ".lock",
    "\t",
    "\n",
    "\r",
    "\x1b",
    "\x07",
)


def texts(count: int, chance: random.Random) -> list[str]:
    """So many texts of one line or more: titles, authors, messages, labels, release notes, paths."""
    return ["".join(chance.choices(_PIECES, k=chance.randint(1, 8))) for _ in range(count)]


def branches(count: int, chance: random.Random) -> list[str]:
    """So many names that git takes for a branch or a tag (https://git-scm.com/docs/git-check-ref-format)."""
    return [name for text in texts(count, chance) if (name := _branch(text))]


def _branch(text: str) -> str:
    for word in _NOT_IN_BRANCHES:
        text = text.replace(word, "$IFS" if word == " " else "x")
    return "/".join(part.lstrip(".-").rstrip(".") for part in text.split("/") if part.strip(".-"))


def mistaken(names: list[str], folder: Path) -> list[str]:
    """The names that a program did not get as they are, called in the folder as commands are on a server, by a real shell."""
    wrong = []
    for begin in range(0, len(names), _BATCH):
        batch = names[begin : begin + _BATCH]
        scripts = [script('printf "%s\\0" "$1" "$NAME"', name) for name in batch]
        calls = [
            replace(each, environment={"NAME": name}).rendered() for each, name in zip(scripts, batch, strict=True)
        ]
        said = subprocess.run(
            ["sh"], input="\n".join(calls).encode(), cwd=folder, capture_output=True, check=True
        ).stdout
        heard = said.decode().split("\0")[:-1]
        wrong += [name for number, name in enumerate(batch) if heard[2 * number : 2 * number + 2] != [name, name]]
    return wrong


def invalid_tags(name: str) -> list[str]:
    """What a name makes of an image's tags, and of one line for tables, chats and statuses, that is not valid. Raises what breaks."""
    given = tags_for(Version(1, 2, 3), branch=name, development="development", main="main")
    wrong = [tag for tag in given if not _TAG.fullmatch(tag)]
    shown = (
        plain(name),
        code(name),
        link(name, f"https://example.org/{name}"),
        tame(name),
        first_sentence(name),
        cell(name),
        cut(name),
    )
    wrong += [each for each in shown[:-1] if "\n" in each or "\x1b" in each or "\u202e" in each]
    wrong += [shown[-1]] if len(shown[-1]) > LONGEST_DESCRIPTION else []
    # A name that Shipline takes for a number, a tag or a commit is one that a registry takes too.
    with suppress(QuestionError):
        wrong += [each.text for each in questions(name) if TAG in each.kinds and not _TAG.fullmatch(name.strip())]
    return wrong

"""Findings: what the rules found in a compose file."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Findings:
    """Sentences. `refusals` keep an attempt from being begun; `notes` are only told."""

    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, sentences: str | Iterable[str]) -> None:
        """Add refusals, each once; an empty one is none."""
        _add(self.refusals, sentences)

    def note(self, sentences: str | Iterable[str]) -> None:
        """Add notes, each once."""
        _add(self.notes, sentences)

    def sentence(self, file: str) -> str:
        """All refusals as one sentence about the compose file; empty where there are none."""
        if len(self.refusals) < 2:
            return "".join(f"{file}: {each}" for each in self.refusals)
        return f"{file}: " + " ".join(f"({number}) {each}." for number, each in enumerate(self.refusals, start=1))


def _add(found: list[str], sentences: str | Iterable[str]) -> None:
    for each in [sentences] if isinstance(sentences, str) else sentences:
        if each and each not in found:
            found.append(each)

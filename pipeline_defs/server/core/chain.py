"""Chain: commands that go to the server together, in one round trip, and are executed one after the other until one fails."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from pipeline_defs.server.core.command import Command, Result, script

# Each link comes as a verb, its name, the bytes of standard input that are its own, a file, the number of its words, and its words. dd
# takes no byte more than it is told to, so what follows is left for the next one. The mark parts what the links say; nobody else knows
# it. A link that is to run beside the one before it comes twice: to be started, and to be joined, which it is when that one failed, too.
_CHAIN = """
mark=$1; shift
call() {
  count=$1; shift; others=$(($# - count))
  while [ "$count" -gt 0 ]; do set -- "$@" "$1"; shift; count=$((count - 1)); done
  shift "$others"
  "$@"
}
beside= failed=0
while [ $# -gt 0 ]; do
  verb=$1 name=$2 bytes=$3 file=$4 words=$5; shift 5; status=0
  [ "$failed" -eq 0 ] || [ "$verb" = join ] || break
  if [ "$verb" = start ]; then
    held=$(mktemp -d); trap 'wait; rm -rf "$held"' EXIT
    call "$words" "$@" </dev/null >"$held/out" 2>"$held/err" & beside=$!
    shift "$words"; continue
  fi
  printf '%s begin %s\\n' "$mark" "$name"
  if [ "$verb" = join ]; then wait "$beside" || status=$?; cat "$held/out"; cat "$held/err" >&2; rm -rf "$held"
  elif [ "$bytes" -eq 0 ]; then call "$words" "$@" </dev/null || status=$?
  else dd bs="$bytes" count=1 iflag=fullblock 2>/dev/null | call "$words" "$@" || status=$?; fi
  printf '%s\\n' "$mark" >&2
  printf '%s end %s\\n' "$mark" "$status"
  [ -z "$file" ] || [ ! -f "$file" ] || awk -v mark="$mark" '{ print mark " file " $0 }' "$file"
  [ "$failed" -ne 0 ] || failed=$status
  shift "$words"
done
exit "$failed"
"""


@dataclass(frozen=True)
class Link:
    """One command of a chain. A text `file` on the server that it leaves behind, however it ended, is read in the same round trip.

    `runs_with_previous`: it takes no standard input, is started together with the link before it, and is heard once that one has ended.
    """

    name: str
    command: Command
    file: str = ""
    runs_with_previous: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for standard input that the next link would read."""
        if self.runs_with_previous and self.command.input_bytes():
            raise ValueError(f"{self.name} runs beside another link and takes no standard input")

    def said(self, verb: str) -> list[str]:
        """For the server: do it, start it, or join it."""
        environment = [f"{name}={value}" for name, value in self.command.environment.items()]
        call = ["env", *environment, *self.command.argv] if environment else self.command.argv
        words = () if verb == "join" else call
        return [verb, self.name, str(len(self.command.input_bytes())), self.file, str(len(words)), *words]


@dataclass(frozen=True)
class Part:
    """What one link came to: its result, without seconds, and its file's lines, None where there are none."""

    link: Link
    result: Result
    file: str | None


@dataclass(frozen=True)
class Said:
    """What a line of a running chain is: output of the link `name`, or that it begins, or that it ended with `status`."""

    name: str
    output: str | None = None
    status: int | None = None


@dataclass
class Chain:
    """Links in order, two of which may run beside each other. Execute `command`; give each line of its output to `hear` and
    its result to `parts`.

    `environment` is what all of them have in their environment, and the shell that calls them.
    """

    links: Sequence[Link]
    environment: Mapping[str, str] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: f"\x1e{secrets.token_hex(8)}")
    current: str = field(default="", init=False)
    """The link that began last, as far as was heard."""
    _ended: int = field(default=0, init=False)
    _complained: int = field(default=0, init=False)  # links whose standard error was heard to its end
    _status: int | None = field(default=None, init=False)

    @property
    def command(self) -> Command:
        """All links as one command. It ends with the exit status of the first that fails."""
        words: list[str] = []
        for link, following in zip_longest(self.links, self.links[1:]):
            if following is not None and following.runs_with_previous:
                words += following.said("start")
            words += link.said("join" if link.runs_with_previous else "do")
        given = [link.command.input_bytes() for link in self.links]
        names = ", ".join(link.name for link in self.links)
        called = script(_CHAIN, self.mark, *words, stdin=b"".join(given), says=names)
        return replace(called, environment=self.environment, divider=self.mark)

    def hear(self, line: str) -> Iterator[Said]:
        """What a line says, as it comes. What is read of a file is not heard.

        Of the two streams either may come first, so a link has ended once both of them are at its end, or the next one begins.
        """
        output, mark, word = line.partition(self.mark)
        if output or not mark:
            yield Said(self.current, output=output)
        kind, _, value = word.strip().partition(" ")
        if kind == "begin":
            yield from self.rest()
            self.current = value
            yield Said(value)
        elif kind == "end":
            self._ended, self._status = self._ended + 1, int(value)
        elif mark and not kind:
            self._complained += 1
        if self._complained >= self._ended:
            yield from self.rest()

    def rest(self) -> Iterator[Said]:
        """That a link has ended, where the end of its standard error was not heard."""
        if self._status is not None:
            status, self._status = self._status, None
            yield Said(self.current, status=status)

    def parts(self, result: Result) -> list[Part]:
        """What each link came to that ended, in order; a link that was cut off is not among them."""
        mark = re.escape(self.mark)
        said = re.findall(
            rf"{mark} begin [^\n]*\n(.*?){mark} end ([0-9]+)\n((?:{mark} file [^\n]*\n?)*)", result.stdout, re.DOTALL
        )
        complaints = result.stderr.split(f"{self.mark}\n")
        return [
            Part(link, Result(int(status), output, complaints[number] if number < len(complaints) else "", 0.0),
                 self._read(lines) if link.file else None)
            for number, (link, (output, status, lines)) in enumerate(zip(self.links, said, strict=False))
        ]  # fmt: skip

    def _read(self, lines: str) -> str | None:
        return lines.replace(f"{self.mark} file ", "") or None

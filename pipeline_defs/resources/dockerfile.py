"""Dockerfile: its instructions, and the secrets and SSH agents that the steps of a build ask for."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pipeline_defs.config.build import Build
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.tree_hash import inside

_ESCAPE = re.compile(r"#\s*escape\s*=\s*([\\`])\s*", re.IGNORECASE)
_HEREDOC = re.compile(r"(?<!<)<<(-?)([\"']?)([A-Za-z_][A-Za-z0-9_]*)\2")
_WITH_HEREDOCS = {"RUN", "COPY", "ADD"}


@dataclass(frozen=True)
class Instruction:
    """One instruction: its keyword in upper case, its flags (`--mount=…`), and the words after them."""

    keyword: str
    flags: tuple[str, ...]
    words: tuple[str, ...]


@dataclass
class Stage:
    """A stage: its name (empty where it has none), the names or numbers of what it takes from, and its RUN instructions' mounts."""

    name: str
    needs: set[str]
    mounts: list[dict[str, str]] = field(default_factory=list)


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions of a Dockerfile, lines joined as BuildKit joins them; the bodies of here-documents are left out."""
    lines = iter(text.removeprefix("\ufeff").splitlines())
    escape = "\\"
    head = True  # parser directives stand before everything else
    for line in lines:
        if head and (found := _ESCAPE.fullmatch(line.strip())):
            escape = found[1]
        if not line.strip() or line.lstrip().startswith("#"):
            head = head and "=" in line
            continue
        head = False
        joined = _joined(line, lines, escape)
        keyword, _, rest = joined.strip().partition(" ")
        if keyword.upper() in _WITH_HEREDOCS:
            _skip_heredocs(joined, lines)
        words = rest.split()
        count = next((number for number, word in enumerate(words) if not word.startswith("--")), len(words))
        yield Instruction(keyword.upper(), tuple(words[:count]), tuple(words[count:]))


def _joined(line: str, lines: Iterator[str], escape: str) -> str:
    parts = []
    while line.rstrip().endswith(escape):
        parts.append(line.rstrip()[:-1])
        # Comments and empty lines within an instruction are no end of it.
        line = next((each for each in lines if each.strip() and not each.lstrip().startswith("#")), "")
    return "".join([*parts, line]).replace("\t", " ")


def _skip_heredocs(line: str, lines: Iterator[str]) -> None:
    for dash, _, word in _HEREDOC.findall(line):
        for each in lines:
            if (each.lstrip("\t") if dash else each) == word:
                break


def stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile, in its order."""
    found: list[Stage] = []
    for each in instructions(text):
        if each.keyword == "FROM" and each.words:
            name = each.words[2] if len(each.words) > 2 and each.words[1].lower() == "as" else ""
            found.append(Stage(name.lower(), {each.words[0].lower()}))
        elif found:
            found[-1].needs |= {value.lower() for flag in each.flags for value in _value(flag, "--from")}
            mounts = [mount for flag in each.flags for value in _value(flag, "--mount") for mount in [_mount(value)]]
            found[-1].needs |= {mount["from"].lower() for mount in mounts if "from" in mount}
            found[-1].mounts += mounts if each.keyword == "RUN" else []
    return found


def _value(flag: str, name: str) -> list[str]:
    given, _, value = flag.partition("=")
    return [value.strip("\"'")] if given == name else []


def _mount(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in next(csv.reader([text]), []))
    return {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}


def built_stages(text: str, target: str | None) -> list[Stage]:
    """The stages that a build of the target needs: without one those of the last stage."""
    found = stages(text)
    by_name = {name: stage for number, stage in enumerate(found) for name in (str(number), stage.name) if name}
    waiting = [by_name.get((target or str(len(found) - 1)).lower())] if found else []
    if waiting == [None]:
        return found  # BuildKit says what is wrong with the target
    needed: list[Stage] = []
    while waiting:
        stage = waiting.pop()
        if stage is not None and stage not in needed:
            needed.append(stage)
            waiting += [by_name.get(name) for name in sorted(stage.needs)]
    return needed


def asked(text: str, target: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the secrets and of the SSH agents that the steps of a build mount."""
    mounts = [mount for stage in built_stages(text, target) for mount in stage.mounts]
    secrets = (_secret_id(mount) for mount in mounts if mount.get("type") == "secret")
    agents = (mount.get("id") or "default" for mount in mounts if mount.get("type") == "ssh")
    return tuple(dict.fromkeys(each for each in secrets if each)), tuple(dict.fromkeys(agents))


def _secret_id(mount: dict[str, str]) -> str:
    return mount.get("id") or PurePosixPath(mount.get("target") or mount.get("dst") or "").name


def refuse_ungiven(checkout: Path, build: Build) -> None:
    """Refuse a Dockerfile whose steps mount a secret or an SSH agent that the app's file does not give.

    BuildKit leaves out a secret that is not required, and builds something else without a word. Raises EngineError.
    """
    text = inside(checkout, build.dockerfile, "build.dockerfile").read_bytes().decode("utf-8", errors="replace")
    secrets, agents = asked(text, build.target)
    for name in secrets:
        if name not in build.secrets:
            variable = re.sub("[^A-Za-z0-9]", "_", name).upper()
            _refuse(
                f"{build.dockerfile} mounts the secret {name}", f"build: {{secrets: {{{name}: {{env: {variable}}}}}}}"
            )
    for name in agents:
        if name not in build.ssh:
            line = "build: {ssh: default}" if name == "default" else f"build: {{ssh: {{{name}: agent}}}}"
            _refuse(f"{build.dockerfile} mounts the SSH agent {name}", line)


def _refuse(what: str, line: str) -> None:
    raise EngineError(f"{what}, which the app's file does not give; write `{line}`")

"""Repository scan: what a folder shows of the app in it, found by the usual names of files. Everything is read, nothing executed."""

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline_defs.proposal.found_compose_file import ComposeFile, on_top, read_compose
from pipeline_defs.proposal.github_workflows import Workflows, read_workflows
from pipeline_defs.proposal.proposal_error import ProposalError
from pipeline_defs.proposal.repository_origin import Origin, origin_of
from pipeline_defs.release.version import Version
from pipeline_defs.resources.git import Git

VERSION_FILE = "version.txt"

MOST_FILES = 50_000
"""More are no repository of one app."""

_DEEPEST = 5  # folders below the root in which is looked
_NOT_THE_APPS = {"node_modules", "venv", "vendor", "site-packages", "__pycache__", "dist", "build", "target"}
_DOCKERFILE = re.compile(r"(?:.+\.)?Dockerfile|Dockerfile\..+", re.IGNORECASE)
_NO_DOCKERFILE = re.compile(r".*\.(dockerignore|md|j2|tmpl|bak)", re.IGNORECASE)
_COMPOSE = re.compile(r"((docker-)?compose.*|.*(staging|stage|prod(uction)?).*)\.ya?ml", re.IGNORECASE)
_PURPOSES = {
    "tests": re.compile(r"(^|[^a-z])tests?([^a-z]|$)"),
    "staging": re.compile(r"stag(e|ing)"),
    "production": re.compile(r"prod(uction)?"),
    "": re.compile(r"override|(^|[^a-z])(dev|develop|development|local|ci)([^a-z]|$)"),
}
"""What a compose file's name says that it is for; the last are for nobody here."""


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile.

    Attributes:
        port: the port that it names first.
        healthcheck: whether it has a HEALTHCHECK; command: whether it says what its image runs.
        stages: the names of its stages; text: all of it.
    """

    path: str
    port: int | None
    healthcheck: bool
    command: bool = False
    stages: tuple[str, ...] = ()
    text: str = ""

    @property
    def health(self) -> str:
        """The path that its HEALTHCHECK asks; empty where it asks none."""
        after = re.split(r"^HEALTHCHECK", self.text, maxsplit=1, flags=re.IGNORECASE | re.MULTILINE)[1:]
        return path_asked(after[0]) if after else ""


@dataclass(frozen=True)
class VersionFile:
    """A version file: its path, what is wrong with it (empty for nothing), and whether it becomes part of an image built beside it."""

    path: str
    problem: str
    in_image: bool


@dataclass(frozen=True)
class Repository:
    """What was found in a repository; paths are relative to its root.

    Attributes:
        compose: {purpose: file}, of which the purposes are tests, staging and production.
        problems: what is there but cannot be read, a sentence each.
    """

    root: Path
    origin: Origin
    dockerfiles: tuple[Dockerfile, ...]
    compose: dict[str, ComposeFile]
    versions: tuple[VersionFile, ...]
    alembic: tuple[str, ...]
    files: tuple[str, ...]
    collections: tuple[str, ...]
    postman_environments: tuple[str, ...]
    workflows: Workflows
    problems: tuple[str, ...] = ()

    def has(self, path: str) -> bool:
        """True for a file that git has; where the folder is no repository, for one that is there."""
        if not self.origin.is_git:
            return (self.root / path).is_file()
        known = Git(str(self.root), "", None).run("-C", str(self.root), "ls-files", "-z", "--", path)
        return path in known.stdout.split("\0")

    def has_below(self, path: str) -> bool:
        """True for a folder in which git has a file, or for such a file; where the folder is no repository, for what is there."""
        if not self.origin.is_git:
            return (self.root / path).exists()
        known = Git(str(self.root), "", None).run("-C", str(self.root), "ls-files", "--", path)
        return bool(known.stdout.strip())


def scan(root: Path) -> Repository:
    """Look at a folder. Raises ProposalError where there is none."""
    if not root.is_dir():
        raise ProposalError(f"{root} is no folder; name the folder of a repository")
    files = list(itertools.islice(_files(root), MOST_FILES + 1))
    if len(files) > MOST_FILES:
        raise ProposalError(f"{root} has more than {MOST_FILES:,} files; name the folder of one repository")
    files.sort(key=lambda path: (path.count("/"), path))
    names = {path: PurePosixPath(path).name for path in files}
    compose, problems = _compose(root, files)
    return Repository(
        root=root,
        origin=origin_of(root),
        dockerfiles=tuple(_dockerfile(root, path) for path in files if _is_dockerfile(names[path])),
        compose=compose,
        versions=tuple(_version(root, path) for path in files if names[path] == VERSION_FILE),
        files=tuple(files),
        alembic=tuple(path for path in files if names[path] == "alembic.ini"),
        collections=tuple(path for path in files if path.endswith(".postman_collection.json")),
        postman_environments=tuple(path for path in files if path.endswith(".postman_environment.json")),
        workflows=read_workflows(
            root, [path for path in files if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path)]
        ),
        problems=tuple(problems),
    )


def _files(root: Path) -> Iterator[str]:
    """The files of the repository that may be the app's own. Symbolic links are not followed."""
    for folder, inner, names in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        kept = (name for name in sorted(inner) if name not in _NOT_THE_APPS and not name.startswith("."))
        inner[:] = [*kept, *({".github"} & set(inner) if depth == 0 else ())] if depth < _DEEPEST else []
        whole = (Path(folder, name) for name in names)
        yield from (file.relative_to(root).as_posix() for file in whole if not file.is_symlink() and file.is_file())


def path_asked(text: str) -> str:
    """The path of the first address of this container's own in a health check; empty where there is none."""
    found = re.search(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::[\d${}A-Za-z_:-]+)?(/[\w./-]*)", text)
    return found[1] if found else ""


def _is_dockerfile(name: str) -> bool:
    return _DOCKERFILE.fullmatch(name) is not None and _NO_DOCKERFILE.fullmatch(name) is None


def _dockerfile(root: Path, path: str) -> Dockerfile:
    lines = _lines(root / path)
    ports = (re.match(r"EXPOSE\s+(\d+)", line, re.IGNORECASE) for line in lines)
    checks = any(re.match(r"HEALTHCHECK\s+(?!NONE\b)", line, re.IGNORECASE) for line in lines)
    command = any(re.match(r"(CMD|ENTRYPOINT)\b", line, re.IGNORECASE) for line in lines)
    stages = (re.match(r"FROM\s.*\sAS\s+(\S+)", line, re.IGNORECASE) for line in lines)
    return Dockerfile(
        path=path,
        port=next((int(port[1]) for port in ports if port), None),
        healthcheck=checks,
        command=command,
        stages=tuple(stage[1] for stage in stages if stage),
        text="\n".join(lines),
    )


def _compose(root: Path, files: list[str]) -> tuple[dict[str, ComposeFile], list[str]]:
    """The compose file for each purpose, that nearest to the root; one that says no purpose is for production, or below what is."""
    found: dict[str | None, ComposeFile] = {}
    problems: list[str] = []
    candidates = [
        path for path in files if _COMPOSE.fullmatch(PurePosixPath(path).name) and not path.startswith(".github/")
    ]
    for path in candidates:
        purpose = _purpose(path)
        if purpose == "" or purpose in found:
            continue
        try:
            found[purpose] = read_compose(root, path)
        except ProposalError as error:
            if PurePosixPath(path).name.lower().startswith(("compose", "docker-compose")):
                problems.append(str(error))
    purposes = {purpose: file for purpose, file in found.items() if purpose is not None}
    below = found.get(None)
    for purpose in ("production", "staging"):
        base = below or purposes.get("production")
        if base and purpose in purposes and base is not purposes[purpose]:
            purposes[purpose] = on_top(base, purposes[purpose])
    if below:
        purposes.setdefault("production", below)
    return purposes, problems


def _purpose(path: str) -> str | None:
    name = PurePosixPath(path).stem.lower()
    return next((purpose for purpose, says in _PURPOSES.items() if says.search(name)), None)


def says_production(file: ComposeFile) -> bool:
    """True for a compose file whose name says that it is for production, or that of one on top of it."""
    return "production" in map(_purpose, file.paths)


def _version(root: Path, path: str) -> VersionFile:
    in_image = VERSION_FILE not in _lines((root / path).with_name(".dockerignore"))
    try:
        Version.parse((root / path).read_text())
    except (OSError, ValueError) as error:
        return VersionFile(path, f"{path}: {error}", in_image)
    return VersionFile(path, "", in_image)


def _lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text(errors="replace").splitlines()]
    except OSError:
        return []

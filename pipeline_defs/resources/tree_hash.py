"""Tree hash: everything an image is built from, as one hash. The same tree is never built twice."""

import hashlib
import json
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from pipeline_defs.config.build import Build
from pipeline_defs.resources.docker_client import EngineError

_FORMAT = "2"  # raise it when the meaning of the hash changes


def source_tree(checkout: Path, build: Build) -> str:
    """SHA-256 over what a build of this checkout reads, 64 hex digits.

    That is the build context after its `.dockerignore` (names, contents, executable bits, targets of symbolic links), the
    Dockerfile, arguments, target and platform. Images that the Dockerfile starts from count by their names alone. Raises
    EngineError where Dockerfile or context are missing or outside the checkout.
    """
    return _tree(checkout, build)


def _tree(checkout: Path, build: Build, without: Collection[str] = ()) -> str:
    """The hash; `without` are paths in the context that do not count."""
    dockerfile = inside(checkout, build.dockerfile, "build.dockerfile")
    context = inside(checkout, build.context, "build.context", folder=True)
    # Secrets count by their names: with one more the same steps may give another image, with a new value of it they do not.
    names = [sorted(build.secrets), sorted(build.ssh)]
    settings = [_FORMAT, sorted(build.arguments.items()), build.target, build.platforms, names, _digest(dockerfile)]
    total = hashlib.sha256(json.dumps(settings).encode())
    total.update(context_digest(context, dockerfile, without).encode())
    return total.hexdigest()


def source_code(checkout: Path, build: Build, configuration: Collection[str]) -> str:
    """The same without those files that are only configuration, such as an environment's compose file: 64 hex digits.

    `configuration` are paths in the checkout. One that the Dockerfile names is a part of the image, and counts.
    """
    context = inside(checkout, build.context, "build.context", folder=True)
    steps = inside(checkout, build.dockerfile, "build.dockerfile").read_text(errors="replace")
    apart = {(checkout / path).resolve() for path in configuration if PurePosixPath(path).name not in steps}
    within = {str(path.relative_to(context)) for path in apart if path.is_relative_to(context)}
    return _tree(checkout, build, without=within)


def context_digest(context: Path, dockerfile: Path, without: Collection[str] = ()) -> str:
    """SHA-256 over what a build sees of its context, after the `.dockerignore` that holds for this Dockerfile; without some paths."""
    return _digest_of(context, [path for path in _context_paths(context, dockerfile) if path not in without])


def path_digest(path: Path) -> str:
    """SHA-256 over a file, or over everything in a folder: names, contents, executable bits, targets of symbolic links."""
    if not path.is_dir():
        return hashlib.sha256(_entry(path.parent, path.name)).hexdigest()
    return _digest_of(path, sorted(str(each.relative_to(path)) for each in _below(path)))


def _digest_of(folder: Path, paths: list[str]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(_entry(folder, path))
    return total.hexdigest()


def _below(folder: Path) -> Iterator[Path]:
    return (
        Path(place, name) for place, folders, files in os.walk(folder, onerror=_fail) for name in [*folders, *files]
    )


def _fail(error: OSError) -> None:
    raise error


def inside(checkout: Path, path: str, key: str, *, folder: bool = False) -> Path:
    """A path of the checkout, links followed. Raises EngineError where it is missing or leads out of the checkout."""
    found = (checkout / path).resolve()
    if not found.is_relative_to(checkout.resolve()):
        raise EngineError(f"{key} ({path}) leads out of the repository; name a path inside it")
    if not (found.is_dir() if folder else found.is_file()):
        raise EngineError(f"{key} names {path}, which is not in the repository at this commit")
    return found


def _context_paths(context: Path, dockerfile: Path) -> list[str]:
    """What the build sees of the context, sorted. A `.dockerignore` of the Dockerfile's own goes before the context's."""
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    rules = _rules(own if own.is_file() else context / ".dockerignore")
    found = (str(each.relative_to(context)) for each in _below(context))
    return sorted(path for path in found if not _excluded(path, rules))


def _rules(ignore: Path) -> list[tuple[str, bool]]:
    """The patterns of a `.dockerignore`, each with whether it excludes or, after `!`, takes back in."""
    from docker.utils.build import Pattern  # it brings all of docker-py, for which no run's start has to wait

    lines = ignore.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines() if ignore.is_file() else []
    words = [line.strip() for line in lines if not line.startswith("#")]
    rules = [("/".join(Pattern.normalize(word.removeprefix("!"))), not word.startswith("!")) for word in words]
    return [(pattern, excludes) for pattern, excludes in rules if pattern]


def _excluded(path: str, rules: list[tuple[str, bool]]) -> bool:
    """The last pattern that matches the path or a folder above it decides, as in BuildKit.

    Not docker-py's own walk: it takes no heed of upper and lower case and passes over what `!` takes back in excluded folders.
    """
    from docker.utils.fnmatch import fnmatchcase

    parts = path.split("/")
    above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    for pattern, excludes in reversed(rules):
        if any(fnmatchcase(each, pattern) for each in above):
            return excludes
    return False


def _entry(context: Path, path: str) -> bytes:
    """One line of the hash: kind, name and content of a file, a link or a folder."""
    file = context / path
    mode = file.lstat().st_mode
    if stat.S_ISLNK(mode):
        kind, content = "link", os.fsencode(file.readlink()).hex()
    elif stat.S_ISDIR(mode):
        kind, content = "folder", ""
    else:
        kind, content = "program" if mode & stat.S_IXUSR else "file", _digest(file)
    return f"{kind} {os.fsencode(path).hex()} {content}\n".encode()


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

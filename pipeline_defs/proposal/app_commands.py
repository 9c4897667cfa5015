"""App commands: how an app migrates its database and runs its tests, by what its framework's usual files say."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pipeline_defs.config.environment import REVISION
from pipeline_defs.proposal.draft import Draft
from pipeline_defs.proposal.image_choice import Choice
from pipeline_defs.proposal.repository_scan import Dockerfile, Repository

_PYTEST = re.compile(r"^\s*[\"']?pytest\b", re.MULTILINE)
_TEST_STAGE = re.compile(r"tests?|testing|ci")
_WITHOUT_TOOLS = re.compile(r"--omit[= ]dev|--production|--only=prod|NODE_ENV[= ]production")
_PLACEHOLDER = "no test specified"  # what `npm init` writes
JUNIT = "/results/junit.xml"
"""Where the tests in a container leave their results."""


@dataclass(frozen=True)
class ImageTests:
    """How the tests are run: the command, whether it writes JUnit's XML, and the stage of the Dockerfile that has the tests, if any."""

    words: tuple[str, ...]
    junit: bool
    target: str | None = None


def migrations(draft: Draft, repository: Repository, folder: str) -> dict[str, Any]:
    """The commands of the framework that migrates, as the container calls them: paths are relative to what was copied into the image."""
    if manage := inside(repository, folder, "manage.py"):
        run = f"python {shlex.quote(manage[0])}"
        return {"migrate": f"{run} migrate --noinput", "console": f"{run} shell"}
    if inside(repository, folder, "prisma/schema.prisma"):
        return {"migrate": "npx prisma migrate deploy"}
    settings = inside(repository, folder, "alembic.ini")
    if not settings:
        if repository.alembic:
            draft.lacks(
                f"migrate: {repository.alembic[0]} is outside of what is built; write the command that migrates"
            )
        return {}
    alembic = "alembic" if settings[0] == "alembic.ini" else f"alembic -c {shlex.quote(settings[0])}"
    commands = ("upgrade head", "current", f"downgrade {REVISION}")
    if _is_flask_migrate(repository, folder, settings[0]):
        alembic, commands = "flask db", ("upgrade", *commands[1:])
    return dict(zip(("migrate", "revision", "downgrade"), (f"{alembic} {each}" for each in commands), strict=True))


def image_tests(choice: Choice) -> ImageTests | None:
    """How the tests of the image are run; None where there are none, or the image seems to have nothing to run them with."""
    repository, dockerfile, folder = choice.repository, choice.dockerfile, choice.folder
    stage = next((name for name in dockerfile.stages if _TEST_STAGE.fullmatch(name.lower())), None)
    if _has_pytest_tests(repository, folder) and (stage or _image_has_pytest(repository, dockerfile, folder)):
        return ImageTests(("pytest", f"--junitxml={JUNIT}"), junit=True, target=stage)
    if (manage := inside(repository, folder, "manage.py")) and _has_tests(repository, folder):
        return ImageTests(("python", manage[0], "test", "--noinput"), junit=False, target=stage)
    return _node_tests(repository, dockerfile, folder, stage)


def inside(repository: Repository, folder: str, ending: str) -> list[str]:
    """The files whose paths end so, relative to the folder that is built, nearest to it first."""
    found = (PurePosixPath(path) for path in repository.files if f"/{path}".endswith(f"/{ending}"))
    return [str(path.relative_to(folder)) for path in found if path.is_relative_to(folder)]


def _is_flask_migrate(repository: Repository, folder: str, settings: str) -> bool:
    """True where Alembic's environment asks Flask for the database, so that `alembic` alone cannot run it."""
    return "current_app" in _read(repository, str(PurePosixPath(folder, settings).parent / "env.py"))


def _node_tests(repository: Repository, dockerfile: Dockerfile, folder: str, stage: str | None) -> ImageTests | None:
    try:
        script = json.loads(_read(repository, str(PurePosixPath(folder, "package.json"))))["scripts"]["test"]
    except (ValueError, KeyError, TypeError):
        return None
    words = shlex.split(script) if isinstance(script, str) and _PLACEHOLDER not in script else []
    if words[:2] == ["node", "--test"]:
        reports = [
            f"--test-reporter{each}"
            for each in ("=spec", "-destination=stdout", "=junit", f"-destination={JUNIT}")  # people read the first one
        ]
        return ImageTests(("node", "--test", *reports, *words[2:]), junit=True, target=stage)
    if words and (stage or not _WITHOUT_TOOLS.search(dockerfile.text)):
        return ImageTests(("npm", "test"), junit=False, target=stage)
    return None


def _has_tests(repository: Repository, folder: str) -> bool:
    names = (PurePosixPath(path).name for path in _below(repository, folder))
    return any(re.fullmatch(r"tests?\.py|test_\w+\.py|\w+_test\.py", name) for name in names)


def _has_pytest_tests(repository: Repository, folder: str) -> bool:
    return _has_tests(repository, folder) and any(
        _PYTEST.search(_read(repository, path)) for path in _below(repository, folder) if _names_packages(path)
    )


def _image_has_pytest(repository: Repository, dockerfile: Dockerfile, folder: str) -> bool:
    """True where a file of packages that the Dockerfile names has pytest among them, or the Dockerfile itself."""
    named = [
        path
        for path in _below(repository, folder)
        if _names_packages(path) and PurePosixPath(path).name in dockerfile.text
    ]
    lists = [path for path in named if path.endswith(".txt")]
    return " pytest" in dockerfile.text or any(_PYTEST.search(_read(repository, path)) for path in lists)


def _names_packages(path: str) -> bool:
    return (
        re.fullmatch(r"requirements.*\.(txt|in)|pyproject\.toml|Pipfile|setup\.cfg|tox\.ini", PurePosixPath(path).name)
        is not None
    )


def _below(repository: Repository, folder: str) -> list[str]:
    return [path for path in repository.files if PurePosixPath(path).is_relative_to(folder)]


def _read(repository: Repository, path: str) -> str:
    try:
        return (repository.root / path).read_text(errors="replace")
    except OSError:
        return ""

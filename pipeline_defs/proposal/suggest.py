"""Suggest: the draft of an app's file that a repository suggests."""

import re
from pathlib import PurePosixPath
from typing import Any

from pipeline_defs.config.app import PLACEHOLDER_REGISTRY
from pipeline_defs.proposal.app_commands import image_tests
from pipeline_defs.proposal.draft import Draft
from pipeline_defs.proposal.environment_suggestions import environments
from pipeline_defs.proposal.found_compose_file import ComposeFile, Service
from pipeline_defs.proposal.image_choice import Choice
from pipeline_defs.proposal.missing_files import missing_files, with_missing
from pipeline_defs.proposal.proposal_error import ProposalError
from pipeline_defs.proposal.repository_scan import VERSION_FILE, Dockerfile, Repository
from pipeline_defs.proposal.service_roles import own_service
from pipeline_defs.proposal.tests_compose_file import SERVICE, TEST_FILE, tests_compose_file
from pipeline_defs.resources.dockerfile import asked

_ADDRESSES = ("URL", "URI", "DSN")


def draft_of(
    repository: Repository,
    *,
    name: str = "",
    dockerfile: str = "",
    service: str | None = None,
    secret_folder: str = "",
    taken: frozenset[int] = frozenset(),
) -> Draft:
    """The draft for the app in a repository.

    Args:
        name: the app's name; by default the repository's.
        dockerfile, service: which is meant where there are several.
        secret_folder: where files with secrets are to lie on Shipline's machine; `/etc/shipline` by default.
        taken: ports that other apps publish.

    Raises:
        ProposalError: with everything that is needed before there can be a file.
    """
    chosen = _chosen(repository, dockerfile)
    draft = Draft(name or name_of(repository), taken=taken)
    draft.secret_folder = secret_folder or draft.secret_folder
    if "production" not in repository.compose:
        if repository.problems:
            raise ProposalError(*_needs_compose(repository))
        draft.files = missing_files(repository, chosen, draft.name)
        repository = with_missing(repository, draft.files)
    folder = _context(chosen, repository.compose["production"])
    choice = Choice(repository, chosen, folder, service)
    _app(draft, repository)
    _build(draft, repository, chosen, folder)
    _beside(draft, repository, chosen)
    _version(draft, repository, folder)
    _tests(draft, choice)
    draft.data["environments"] = environments(draft, choice)
    _stage(draft)
    _workflows(draft, repository)
    return draft


def name_of(repository: Repository) -> str:
    """The repository's name as an app may be called: lower-case letters, digits and underscores, a letter first."""
    last = re.split(r"[/:]", repository.origin.repository.removesuffix(".git"))[-1] or repository.root.resolve().name
    plain = re.sub(r"[^a-z0-9]+", "_", last.lower()).strip("_")[:40]
    return plain if plain[:1].isalpha() else f"app_{plain}"[:40].rstrip("_")


def _chosen(repository: Repository, wanted: str) -> Dockerfile:
    """The Dockerfile of the app's image."""
    found = {each.path: each for each in repository.dockerfiles}
    if wanted:
        if wanted not in found:
            raise ProposalError(f"there is no Dockerfile {wanted!r}; those found: {', '.join(found) or 'none'}")
        return found[wanted]
    if not found:
        raise ProposalError(
            "it needs a Dockerfile, with a HEALTHCHECK, which makes the image that is tested, rehearsed and deployed",
            *([] if "production" in repository.compose else _needs_compose(repository)),
        )
    # Those beside a plain Dockerfile, such as Dockerfile.dev, are its variants.
    plain = [path for path in found if PurePosixPath(path).name == "Dockerfile"] or list(found)
    if len(plain) > 1:
        raise ProposalError(
            f"it has {len(plain)} Dockerfiles ({', '.join(plain)}). "
            f"For an app of each say which, once for each: --dockerfile {plain[0]} --name {_folder_name(plain[0])}; "
            "to release all together give one of them, and name them all under images"
        )
    return found[plain[0]]


def _needs_compose(repository: Repository) -> tuple[str, ...]:
    return (
        *repository.problems,
        "it needs production.yml, a compose file with the app's service and its database, as it shall run on the server",
    )


def _folder_name(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", PurePosixPath(path).parent.name.lower()).strip("_") or "app"


def _context(dockerfile: Dockerfile, production: ComposeFile) -> str:
    """The folder that is given to the build: what a compose file says, else that of the Dockerfile."""
    said = (service.context for service in production.services.values() if service.build == dockerfile.path)
    return next((context for context in said if context), None) or str(PurePosixPath(dockerfile.path).parent)


def _app(draft: Draft, repository: Repository) -> None:
    """Where the repository and the image are, and who logs in."""
    origin = repository.origin
    main = origin.main or "main"
    branches = {"development": origin.development or (main if origin.one else "development"), "main": main}
    draft.data |= {"repository": origin.repository or str(repository.root.resolve()), "branches": branches}
    if not origin.repository:
        draft.change.add("repository")
        why = "git knows no remote `origin` there" if origin.is_git else "the folder is no git repository of its own"
        draft.lacks(f"repository: {why}; push it to a git server and write its address")
    for branch, found in (("development", origin.development), ("main", origin.main)):
        if origin.is_git and found is None and not origin.one:
            draft.lacks(f"the branch {branch}: make it, or write under branches what plays its part")
    pushed = repository.workflows.image
    image = f"ghcr.io/{origin.repository.lower()}" if origin.on_github else f"{PLACEHOLDER_REGISTRY}/{draft.name}"
    draft.data["image"] = pushed or image
    if pushed is None:
        draft.change.add("image")
        draft.lacks(f"image: {image} is only a proposal; write the name that it has in your registry")
    draft.data["registry"] = {
        "username": draft.secret("REGISTRY_USER"),
        "password": draft.secret("REGISTRY_PASSWORD"),
    }
    if origin.on_github:
        draft.data["github"] = {"token": draft.secret("GITHUB_TOKEN")}


def _stage(draft: Draft) -> None:
    """Pull requests are rehearsed where that needs no value that only a person knows, such as a database's address with its password."""
    places = draft.data["environments"].values()
    hidden = {name for place in places for name in (*place.get("secrets", {}), *place.get("secret_files", {}))}
    elsewhere = any("url" in (place.get("database") or {}) for place in places)
    plain = not elsewhere and not any(
        "/" in name or name.startswith(".") or name.endswith(_ADDRESSES) for name in hidden
    )
    if "github" in draft.data and plain and any(place.get("rehearses") for place in places):
        draft.data["stage"] = {"pulls": "rehearse"}


def _build(draft: Draft, repository: Repository, dockerfile: Dockerfile, folder: str) -> None:
    """What is built, with the secrets and the SSH agent that the Dockerfile's steps mount."""
    draft.data["build"] = {"dockerfile": dockerfile.path, "context": folder}
    secrets, agents = asked((repository.root / dockerfile.path).read_text(errors="replace"), None)
    if secrets:
        draft.data["build"]["secrets"] = {
            name: draft.secret(re.sub("[^A-Za-z0-9]", "_", name).upper()) for name in secrets
        }
    if agents:
        draft.data["build"]["ssh"] = dict.fromkeys(agents, "agent")


def _beside(draft: Draft, repository: Repository, dockerfile: Dockerfile) -> None:
    """What the compose file builds besides the app's image, and could be released with it."""
    services = repository.compose["production"].services.values()
    others = {each.name: each.build for each in services if each.build and each.build != dockerfile.path}
    if others:
        named = ", ".join(f"{name}: {{dockerfile: {path}}}" for name, path in others.items())
        draft.lacks(
            f"images: {', '.join(others)} would be built on the server, and nothing is; to release them together with the app name "
            f"them and the app's own under images ({named}), and write image: ${{IMAGE_…}} in the compose file"
        )


def _version(draft: Draft, repository: Repository, folder: str) -> None:
    """The version file: the build context's own, else the root's; without one git's tags, where they are versions."""
    found = {each.path: each for each in repository.versions}
    version = found.get(str(PurePosixPath(folder) / VERSION_FILE)) or found.get(VERSION_FILE)
    if version is None and repository.origin.tagged:
        draft.data["versioning"] = "tags"
        return
    draft.data["version_file"] = version.path if version else VERSION_FILE
    if version is None:
        draft.files[VERSION_FILE] = "1.0.0\n"
    elif version.problem:
        draft.lacks(f"{draft.data['version_file']}: {version.problem}; write three numbers into it, such as 1.0.0")
    elif version.in_image:
        draft.lacks(f".dockerignore: name {VERSION_FILE} there, so that a raised number alone builds no new image")


def _tests(draft: Draft, choice: Choice) -> None:
    """How the built image is tested: by the compose file for that which is there, or by one that is written."""
    tests, dockerfile = choice.repository.compose.get("tests"), choice.dockerfile
    service = _test_service(tests, dockerfile) if tests else None
    if tests is None or service is None:
        draft.data["test"] = _derived_tests(draft, choice)
        return
    writes = "RESULTS" in tests.variables
    stage = {"target": service.target} if service.target and service.build == dockerfile.path else {}
    draft.data["test"] = {
        "compose": tests.path,
        "service": service.name,
        **stage,
        **({} if writes else {"junit": None}),
    }
    if "IMAGE" not in tests.variables and not stage:
        draft.lacks(
            f"{tests.path}: give the service {service.name} `image: ${{IMAGE}}`, to test the very image that is shipped"
        )
    if not writes:
        draft.lacks(f"{tests.path}: mount `${{RESULTS}}` and write junit.xml there, to have tests counted")


def _derived_tests(draft: Draft, choice: Choice) -> dict[str, Any] | None:
    """The tests by a compose file that is written; None, and a sentence, where the image has none that could be run."""
    command = image_tests(choice)
    if command is None:
        draft.lacks(
            f"{TEST_FILE}: a service `{SERVICE}` with `image: ${{IMAGE}}` that runs the tests; without it the image is not tested"
        )
        return None
    production = choice.repository.compose["production"]
    own = own_service(production, choice.dockerfile.path, choice.service)
    draft.files[TEST_FILE] = tests_compose_file(choice.repository, production, own, command)
    stage = {"target": command.target} if command.target else {}
    return {"compose": TEST_FILE, "service": SERVICE, **stage, **({} if command.junit else {"junit": None})}


def _test_service(tests: ComposeFile, dockerfile: Dockerfile) -> Service | None:
    ours = [
        service for service in tests.services.values() if "IMAGE" in service.image or service.build == dockerfile.path
    ]
    named = [service for service in tests.services.values() if service.name in ("tests", "test")]
    return next(iter([*named, *ours]), None)


def _workflows(draft: Draft, repository: Repository) -> None:
    workflows = repository.workflows
    if workflows.lint:
        draft.data["lint"] = {"command": workflows.lint}
    if workflows.files:
        draft.lacks(
            f"{', '.join(workflows.files)}: take out lint, build, test, push and deploy there, which Shipline does from now on"
        )

"""Dockerfile checks: is that of a commit there, and are its lines instructions?"""

from collections.abc import Iterator
from pathlib import Path

from pipeline_defs.config import App
from pipeline_defs.config.build import Build
from pipeline_defs.config.images import NamedBuild
from pipeline_defs.doctor.finding import Finding, broken, good
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.dockerfile import instructions, refuse_ungiven, stages
from pipeline_defs.resources.tree_hash import inside

_KNOWN = frozenset(
    {
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
    }
    | {"STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)


def dockerfile(app: App, about: str, checkout: Path) -> Iterator[Finding]:
    """Are Dockerfile and context there, and are its lines instructions, and is what its steps mount given? Of several images each."""
    for each in app.builds:
        yield from _of_image(app, each, about, checkout)


def _of_image(app: App, named: NamedBuild, about: str, checkout: Path) -> Iterator[Finding]:
    build = named.build
    what = f"Dockerfile of {named.name}" if named.name else "Dockerfile"
    try:
        inside(checkout, build.context, "build.context", folder=True)
        text = inside(checkout, build.dockerfile, "build.dockerfile").read_text(errors="replace")
    except EngineError as error:
        yield broken(about, what, error, f"add it to the repository, or change the key {named.key}")
        return
    words = [each.keyword for each in instructions(text)]
    unknown = [word for word in words if word not in _KNOWN] if "syntax=" not in text.partition("\n")[0] else []
    targets = [each.name for each in stages(text)]
    if "FROM" not in words or unknown:
        says = (
            f"{build.dockerfile} has the line {unknown[0]}, which is no instruction"
            if unknown
            else f"{build.dockerfile} has no FROM"
        )
        yield broken(about, what, says, "see the reference of Dockerfiles")
    elif build.target and build.target.lower() not in targets:
        says = f"{build.dockerfile} has no stage {build.target}, which {named.key}.target names"
        yield broken(about, what, says, f"its stages are {', '.join(filter(None, targets)) or 'without names'}")
    else:
        yield _mounts(app, named, about, checkout) or good(
            about, what, f"{build.dockerfile} is there, with {len(targets)} stage(s)"
        )


def _mounts(app: App, named: NamedBuild, about: str, checkout: Path) -> Finding | None:
    """Does the app's file give every secret and SSH agent that a step mounts, in the stage that has the tests too?"""
    builds = [named.build]
    if app.test and app.test.target and named == app.builds[0]:
        builds.append(named.build.model_copy(update={"target": app.test.target}))
    try:
        for build in builds:
            refuse_ungiven(checkout, build)
    except EngineError as error:
        return broken(about, "Dockerfile", error)
    return None


def image_checks(app: App, checkout: Path) -> bool:
    """Whether a Dockerfile says how the image's health is checked."""
    return any(_checks(each.build, checkout) for each in app.builds)


def _checks(build: Build, checkout: Path) -> bool:
    try:
        text = inside(checkout, build.dockerfile, "build.dockerfile").read_text(errors="replace")
    except EngineError:
        return False
    return any(each.keyword == "HEALTHCHECK" and each.words[:1] != ("NONE",) for each in instructions(text))

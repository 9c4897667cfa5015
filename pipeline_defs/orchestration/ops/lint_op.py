"""Lint op: the first stage. It finds out which commit is meant and looks at its files."""

import re
import sys
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path

import dagster as dg

from pipeline_defs.config import App, Home, load_limits
from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.deployments.stage_log import Log, Stopwatch, open_log, stop
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import LINT_COUNTS, evidence_metadata, release_tags
from pipeline_defs.orchestration.integration.untrusted_image import is_untrusted, refuse_unclear
from pipeline_defs.orchestration.integration.versioning import with_version
from pipeline_defs.release.change import is_merge
from pipeline_defs.release.evidence import LintCounts
from pipeline_defs.release.records import Image
from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.resources.docker_client import Stage, find_client
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.isolation import untrusted_checkout
from pipeline_defs.resources.lint_container import run_contained
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.resources.version_tags import version_tags
from pipeline_defs.server.core.command import Command, CommandTimeout, Listener, Result, command

MOST_SHOWN = 50

_ERRORS = "--select=E9,F63,F7,F82"  # syntax errors and undefined names: what can never run
_WARNINGS = ("--ignore=E9,F63,F7,F82", "--max-complexity=10", "--max-line-length=127")
_FOUND = re.compile(r"^.+:\d+:\d+: ([A-Z]+[0-9]+) ", re.MULTILINE)


class ImageConfig(dg.Config):
    """Which commit an image is made for. Nothing given: the head of the branch that the job is about."""

    commit: str = ""
    branch: str = ""
    since: str = ""
    pull: int = 0
    issue: int = 0
    untrusted: bool = False


def lint_op(app: App) -> dg.OpDefinition:
    """The op `<app>_lint`: configuration in, the beginnings of an image's record out."""

    @dg.op(
        name=f"{app.name}_lint", description="Looks at the files of the exact commit: flake8, or the app's own command."
    )
    def lint(
        context: dg.OpExecutionContext, config: ImageConfig, source: SourceResource, github: GitHubResource
    ) -> Image:
        with open_log(context, app) as log:
            source.require_space(load_limits(Home.find()).workspace, log.say)
            repository = source.of(app)
            image = _wanted(context, app, config, repository)
            image = with_version(context, app, image, config.since, repository, github, log)
            tags = release_tags(image)
            if app.versioning == "tags" and not image.untrusted:
                del tags["version"]  # the build finds it, and tells other runs of it
            context.instance.add_run_tags(context.run_id, {**tags, "branch": image.branch or "none"})
            log.say(f"commit {image.commit} of {image.branch or 'no known branch'}, version {image.version}")
            if config.since:
                commits = repository.commits_between(config.since, image.commit)
                log.say(
                    "\n".join(
                        ["since the last one handled:", *(f"{c.id[:12]} {c.subject} ({c.author})" for c in commits)]
                    )
                )
            watch = Stopwatch("lint")
            with _files(repository, image) as checkout:
                apart = app.lint.image is not None
                counts = _lint(app, checkout, log, own=app.lint.command if apart or not image.untrusted else None)
            if image.untrusted and not apart and app.lint.command is not None:
                counts = counts.model_copy(update={"command": _not_run(Command(app.lint.command), log)})
            context.add_output_metadata(evidence_metadata({LINT_COUNTS: counts}))
            log.say(f"lint: {counts.errors} errors, {counts.warnings} warnings in {watch.seconds:.1f} s")
            return image.model_copy(update={"lint": counts, "steps": (watch.timing(),)})

    return lint


def _wanted(context: dg.OpExecutionContext, app: App, config: ImageConfig, repository: Source) -> Image:
    """Commit, branch and version that this run is about."""
    untrusted = is_untrusted(context, config.untrusted) or _is_confined(context, app, config.pull)
    if untrusted:
        refuse_unclear(context, app, config.commit, config.branch)
    deploys = context.run.tags.get("kind") == "deploy"
    branch = config.branch or (app.branches.main if deploys else "" if config.commit else app.branches.development)
    commit = repository.resolve(config.commit or branch)
    if not untrusted:
        repository.require_own(commit)
    return Image(
        app=app.name,
        repository=app.image,
        digest="",
        version=str(_version(app, commit, repository)),
        commit=commit,
        branch=branch or _branch_of(app, commit, repository),
        pull=config.pull,
        issue=config.issue,
        tree="",
        built_from="",
        run=context.run_id,
        untrusted=untrusted,
    )


def _version(app: App, commit: str, repository: Source) -> Version:
    try:
        if app.versioning == "tags":
            return version_tags(repository, commit).version
        return Version.parse(repository.read_file(commit, app.version_file))
    except VersionError as error:
        where = "the newest version tag" if app.versioning == "tags" else app.version_file
        raise stop(f"{where} at commit {commit[:12]} of {app.repository}: {error}") from None


def _is_confined(context: dg.OpExecutionContext, app: App, pull: int) -> bool:
    """Whether it is a pull request that is not merged, of an app that does not trust them; whoever launches it may not have said so."""
    merged = is_merge(context.run.tags.get("change", ""))
    return bool(pull) and not merged and app.github is not None and app.github.confines(fork=False)


def _branch_of(app: App, commit: str, repository: Source) -> str:
    """The shipping branch whose head a bare commit is; without one its image gets development tags alone."""
    heads = repository.heads(app.branches.shipping)
    return next((branch for branch, head in heads.items() if head == commit), "")


def _files(repository: Source, image: Image) -> AbstractContextManager[Path]:
    return untrusted_checkout(repository, image.commit) if image.untrusted else repository.checkout(image.commit)


def _not_run(own: Command, log: Log) -> str:
    """The app's own command runs the checkout's code on this machine. For code that is not merged flake8, which only reads, stands in."""
    log.say(
        f"`{own.shown()}` was not run: it would run code that is not merged on this machine; name an image (lint.image) to run it in"
    )
    return f"flake8, as `{own.shown()}` is not run on code that is not merged"


def _lint(app: App, checkout: Path, log: Log, own: tuple[str, ...] | None) -> LintCounts:
    def run(what: Command, listen: Listener | None = None) -> Result:
        log.say(what.shown())
        seconds = app.lint.timeout
        try:
            return LocalRunner(checkout, plain_environment()).run(what, timeout=seconds, listen=listen)
        except CommandTimeout:
            limit = f"{seconds} s (lint.timeout)"
            raise stop(f"lint did not end within {limit} and was stopped; it ran `{what.shown()}`") from None

    if own is not None:
        given = Command(own)
        result = _in_container(app, given, checkout, log) if app.lint.image else run(given, log.listen)
        if not result.ok:
            said = result.tail(1) or "it said nothing"
            raise stop(f"lint failed: `{given.shown()}` ended with status {result.status}: {said}")
        return LintCounts(command=given.shown())
    errors = _found(run(_flake8(_ERRORS)), log)
    if errors.total():
        raise stop(
            f"lint failed: flake8 found {_plural(errors.total(), 'error')} ({_by_code(errors)}), shown in the log"
        )
    warnings = _found(run(_flake8(*_WARNINGS)), log)
    return LintCounts(command="flake8", warnings=warnings.total(), by_code=dict(sorted(warnings.items())))


def _in_container(app: App, own: Command, checkout: Path, log: Log) -> Result:
    assert app.lint.image is not None
    log.say(f"{own.shown()}, in {app.lint.image}")
    workspace = Home.find().workspace / "tests"
    stage = Stage("lint", "lint.timeout")
    return run_contained(
        find_client(),
        workspace,
        app.name,
        app.lint.image,
        own,
        checkout,
        timeout=app.lint.timeout,
        stage=stage,
        listen=log.listen,
    )


def _flake8(*options: str) -> Command:
    """Isolated: the app's flake8 configuration could switch the errors off, and its local plugins would run here as code.

    Python's own `-I` is as needed: `-m` looks for modules in the checkout first, so that a `flake8.py` there would be run.
    """
    return command(
        sys.executable,
        "-I",
        "-m",
        "flake8",
        "--isolated",
        *options,
        ".",
        says=" ".join(["flake8 --isolated", *options]),
    )


def _found(result: Result, log: Log) -> Counter[str]:
    """What flake8 found, by code; the log shows the beginning."""
    if result.status not in (0, 1) or (not result.ok and not result.stdout.strip()):
        raise stop(f"lint failed: flake8 ended with status {result.status}: {result.tail(1)}")
    lines = result.stdout.splitlines()
    for line in lines[:MOST_SHOWN]:
        log.listen(line)
    if len(lines) > MOST_SHOWN:
        log.listen(f"… and {len(lines) - MOST_SHOWN} more")
    return Counter(_FOUND.findall(result.stdout))


def _by_code(counts: Counter[str]) -> str:
    return ", ".join(f"{code} {count}x" if count > 1 else code for code, count in sorted(counts.items()))


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

"""Versioning: the number a merge gets. With `versioning: automatic` Shipline commits it; else it has only to have grown."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.stage_log import Log, stop
from pipeline_defs.github.api import BranchMoved, GitHubRefused, GitHubUnavailable
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.lineage.events import DIGITS
from pipeline_defs.orchestration.integration.merge_back import merge_back
from pipeline_defs.orchestration.integration.merged_changes import Merged
from pipeline_defs.release.change import is_merge, queue_base
from pipeline_defs.release.records import Image
from pipeline_defs.release.run_tags import VERSION_COMMIT
from pipeline_defs.release.shipline_commits import change_below, gives_version, version_message
from pipeline_defs.release.version import Version
from pipeline_defs.release.version_numbering import automatic, manual
from pipeline_defs.resources.commit_range import Ancestry
from pipeline_defs.resources.git_source import Source

if TYPE_CHECKING:
    from pipeline_defs.github.api import Repository

MOST_TRIES = 5
"""Looks at a branch that moves while a version is put on it; and tries of a stage while GitHub is away."""

_LONGEST_PAUSE = 120.0
_PAUSE = 15.0


def with_version(
    context: dg.OpExecutionContext, app: App, image: Image, since: str, source: Source, github: GitHubResource, log: Log
) -> Image:
    """The image with the version of the merge it is for, and with the commit that has it; of anything else, the image as it is.

    What the merge queue is about to merge has to have a number that the merge will be taken with. `since` is the head of the
    branch that was handled before. A merge that was overtaken ends its run with a Failure, and the
    run's tag `superseded_by` names the head that answers for it.
    """
    change = context.run.tags.get("change", "")
    if base := queue_base(change):
        if app.versioning == "manual":
            merged = image.model_copy(update={"branch": base})
            _must_have_grown(Merged.of(context.instance, app, merged, since, source), log)
        return image
    if not is_merge(change) or image.branch not in app.branches.shipping:
        return image
    if app.versioning == "tags":
        return image
    if app.versioning == "manual":
        _must_have_grown(Merged.of(context.instance, app, image, since, source), log)
        return image
    with _answered(context, log):
        return _raised(context, app, image, since, source, github.open(app), log)


def _must_have_grown(merged: Merged, log: Log) -> None:
    """A rewritten branch may be an older state on purpose."""
    if merged.rewritten:
        log.say(f"{merged.branch} was rewritten, so its version is not compared with the one before")
        return
    refusal = manual(merged.numbers(edited=True))
    if refusal:
        raise stop(refusal)


def _raised(
    context: dg.OpExecutionContext,
    app: App,
    image: Image,
    since: str,
    source: Source,
    repository: "Repository",
    log: Log,
) -> Image:
    """Put a commit with the next version on the branch, unless one is there already or the number was raised with the merge.

    Whoever pushes at the same time wins: then the branch is looked at anew.
    """
    ancestry, head, branch = Ancestry(source), image.commit, image.branch
    for _ in range(MOST_TRIES):
        top, made = _top(context, app, repository, ancestry, image)
        if made:
            version = Version.parse(source.read_file(made, app.version_file))
            log.say(f"version {version} was committed for this merge before: {made}")
        else:
            merged = Merged.of(
                context.instance, app, image.model_copy(update={"commit": top}), since, source, head=head
            )
            version = automatic(merged.asked_of(repository))
            if version == merged.written:
                log.say(f"version {version} was raised by what was merged")
                return image.model_copy(update={"version": str(version)})
            try:
                made = repository.commit_file(
                    branch, top, app.version_file, f"{version}\n", version_message(version, top)
                )
            except BranchMoved as moved:
                log.say(str(moved))
                continue
            log.say(f"version {version} of {branch}, after {merged.before or 'none'}: commit {made}")
        context.instance.add_run_tags(context.run_id, {VERSION_COMMIT: made})
        if branch == app.branches.main and not app.branches.one:
            merge_back(app, repository, source, made, version, log)
        return image.model_copy(update={"commit": made, "version": str(version)})
    raise stop(f"{branch} moved {MOST_TRIES} times while {head[:DIGITS]} was to get its version; run it again")


def _top(
    context: dg.OpExecutionContext, app: App, repository: "Repository", ancestry: Ancestry, image: Image
) -> tuple[str, str]:
    """Where the merge's version is to be put on, and the commit that gives it one already, or none.

    On top of the merge there may be commits of Shipline's own. Anything else is another change, which has this one in it,
    or was put in its place.
    """
    head = image.commit
    at = repository.head(image.branch)
    top = head
    for commit in ancestry.line(head, at) if at else []:
        details = ancestry.details(commit)
        if change_below(details, app.version_file) != top:
            break
        if gives_version(details, app.version_file):
            return top, commit
        top = commit
    if at == top:
        return top, ""
    context.instance.add_run_tags(context.run_id, {"superseded_by": at or "none"})
    where = f"moved on to {at[:DIGITS]}" if at else "is gone"
    raise stop(
        f"superseded: {image.branch} {where} before {head[:DIGITS]} got a version; the newest head is answered instead"
    )


@contextmanager
def _answered(context: dg.OpExecutionContext, log: Log) -> Iterator[None]:
    """What GitHub refuses is said with what to do. While it is away the stage is tried again: it finds what it did before."""
    try:
        yield
    except GitHubRefused as error:
        log.flush()
        raise stop(f"no version can be committed: {error}; or set versioning: manual") from None
    except GitHubUnavailable as error:
        if context.retry_number >= MOST_TRIES:
            raise stop(f"no version can be committed: {error}") from None
        pause = min(error.retry_after or _PAUSE, _LONGEST_PAUSE)
        log.say(f"{error}; the stage is tried again in {pause:.0f} s")
        raise dg.RetryRequested(max_retries=MOST_TRIES, seconds_to_wait=pause) from error

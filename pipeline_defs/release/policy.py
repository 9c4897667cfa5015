"""Policy: what may be shipped where. Each function answers with the sentence to refuse with, or None."""

from pipeline_defs.release.quarantine import Quarantined
from pipeline_defs.release.records import Release
from pipeline_defs.release.version import Version


def older_than_live(candidate: Release, live: Release | None) -> str | None:
    """Refuse a deploy that would go back behind what runs; going back is what a rollback is for."""
    if live is None or Version.parse(candidate.version) >= Version.parse(live.version):
        return None
    return (
        f"version {candidate.version} is older than {live.version}, which runs there now; "
        f"raise the version, or go back on purpose with: shipline rollback {candidate.app} --to {candidate.version}"
    )


def version_taken(app: str, version: str, digest: str, taken_by: str | None) -> str | None:
    """Refuse to give a released version's number to another image (`taken_by`: the digest that has the number)."""
    if taken_by is None or taken_by == digest:
        return None
    return (
        f"version {version} of {app} already names the image {taken_by[:19]}…, built from another source tree; "
        "raise the version (only compose files and collections may change under the same number)"
    )


def not_rehearsed(candidate: Release, rehearsed: bool, required: bool) -> str | None:
    """Refuse a release that no rehearsal passed, where the environment asks for one."""
    if rehearsed or not required:
        return None
    return (
        f"release {candidate.version} ({candidate.digest[:19]}…) has not passed a rehearsal; "
        f"run: shipline run stage {candidate.app} --version {candidate.version}"
    )


def quarantined(candidate: Release, barred: Quarantined | None) -> str | None:
    """Refuse a release that is quarantined where it shall go, whoever asks for it."""
    if barred is None:
        return None
    return (
        f"version {candidate.version} ({candidate.digest[:19]}…) is quarantined in {barred.environment} since {barred.since}, "
        f"because {barred.because}; ship a newer version, or lift it with: "
        f"shipline quarantine lift {barred.app} {barred.environment} {barred.version} --reason '…'"
    )


def frozen(app: str, environment: str, until: str, window: str) -> str:
    """Refuse what a person deploys during a freeze without saying that it shall go through it."""
    return (
        f"{environment} of {app} is frozen until {until} ({window}); deploy then, or go through the freeze with: "
        f"--override-freeze --reason '…'"
    )


NEEDS_REASON = "to go through a freeze needs a reason, which is kept with the deployment"
"""Refuse to go through a freeze without a word on why."""


def rehearsal_failed(candidate: Release, environment: str) -> str:
    """Refuse to deploy by itself what has waited for its rehearsal, which did not pass."""
    return (
        f"its rehearsal did not pass, so it is not deployed by itself; a person may: "
        f"shipline deploy {candidate.app} {environment} --version {candidate.version}"
    )


def overtakes(newer_is_automatic: bool, older_is_automatic: bool) -> bool:
    """Whether a deployment takes the place of an older one that waits for the same environment.

    What a person asks for is not given up for what nobody asked for: that one may wait for a freeze to end, or be no more than a merge.
    """
    return older_is_automatic or not newer_is_automatic


def rewritten(branch: str, forced: bool) -> str | None:
    """Refuse that automation deploys a branch that was rewritten: it may be an older state. Its image is made all the same."""
    if not forced:
        return None
    return f"{branch} was rewritten, so its image is made but not deployed by itself; a person may deploy it"

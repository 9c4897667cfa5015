"""Quarantine: releases that an environment shall not get again, folded from what happened to them there. Pure."""

from collections.abc import Iterable, Sequence

from pipeline_defs.release.evidence import Record
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Release
from pipeline_defs.release.version import Version


class QuarantineEntry(Record):
    """A person's word on a release in an environment: it is quarantined there, or (`lifted`) it is no longer.

    `actor` is who says so, `reason` why, `at` when, ISO 8601 in UTC.
    """

    app: str
    environment: str
    version: str
    digest: str
    lifted: bool
    actor: str
    reason: str
    at: str


class Quarantined(Record):
    """A release that is quarantined in an environment.

    Attributes:
        since: when that was said, or the deployment that failed began, ISO 8601.
        because: why, as the end of a sentence.
        actor: who said so; of a deployment that failed, who had asked for it.
        deployment: the id of the deployment that failed; None where a person said it.
        overtaken_by: a newer version that has run there since: nobody needs to lift anything any more.
        configurations: those that it failed with; another one is another release. Empty where a person said it, who means the image.
    """

    app: str
    environment: str
    version: str
    digest: str
    since: str
    because: str
    actor: str
    deployment: str | None = None
    overtaken_by: str | None = None
    configurations: tuple[str, ...] = ()

    def means(self, release: Release) -> bool:
        """Whether this very release failed, or a person means its image, whatever it is run with."""
        known = self.configurations and release.configuration
        return self.digest == release.digest and (not known or release.configuration in self.configurations)


def quarantine(told: Iterable[Deployment | QuarantineEntry]) -> list[Quarantined]:
    """What is quarantined in one environment, newest first. `told` is in the order in which it was stored.

    The newest word on an image's digest counts: a deployment that failed after something was changed quarantines it, one that
    succeeded clears what such a failure has said, and a person's word holds until a person lifts it. A rollback says nothing about
    the release it goes to: it ran there before.
    """
    barred: dict[str, Quarantined] = {}
    for each in told:
        apply(each, barred)
    return list(reversed(barred.values()))


def apply(each: Deployment | QuarantineEntry, barred: dict[str, Quarantined]) -> None:
    """Take one more word into account. `barred` is what was quarantined before it, by digest, and is changed."""
    if isinstance(each, QuarantineEntry):
        barred.pop(each.digest, None)
        if not each.lifted:
            barred[each.digest] = _said(each)
    elif each.kind is DeploymentKind.DEPLOY:
        _heed(each, barred)


def blocking(release: Release, quarantined: Sequence[Quarantined]) -> Quarantined | None:
    """What keeps a release out of the environment; None where nothing does.

    The same image under a newer version is a newer change, and with another configuration another release.
    """
    version = Version.parse(release.version)
    same = (each for each in quarantined if each.means(release))
    return next((each for each in same if version <= Version.parse(each.version)), None)


def _heed(row: Deployment, barred: dict[str, Quarantined]) -> None:
    """Take what a deployment says of releases into account."""
    digest = row.release.digest
    if row.outcome is Outcome.SUCCEEDED:
        if digest in barred and barred[digest].deployment is not None:
            del barred[digest]
        for other, each in barred.items():
            if each.overtaken_by is None and Version.parse(each.version) < Version.parse(row.release.version):
                barred[other] = each.model_copy(update={"overtaken_by": row.release.version})
    elif row.failed_after_change:
        before = barred.pop(digest, None)
        barred[digest] = _failed(row, before.configurations if before else ())


def _failed(row: Deployment, before: tuple[str, ...]) -> Quarantined:
    how = "was rolled back" if row.outcome is Outcome.ROLLED_BACK else "failed"
    return Quarantined(
        app=row.release.app,
        environment=row.environment,
        version=row.release.version,
        digest=row.release.digest,
        since=row.started,
        because=f"its deployment {how}: {row.error or 'it did not say why'}",
        actor=row.actor,
        deployment=row.id,
        configurations=tuple(dict.fromkeys([*before, *filter(None, [row.release.configuration])])),
    )


def _said(word: QuarantineEntry) -> Quarantined:
    return Quarantined(
        app=word.app,
        environment=word.environment,
        version=word.version,
        digest=word.digest,
        since=word.at,
        because=f"{word.actor} said so: {word.reason}",
        actor=word.actor,
    )

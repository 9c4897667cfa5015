"""Environment notifications: what is told of an environment without a run: drift, and a person's word on a release. Pure."""

from pipeline_defs.config import App
from pipeline_defs.notifications.notification import Level, Notification, lines, tame
from pipeline_defs.release.drift_finding import Drift
from pipeline_defs.release.quarantine import QuarantineEntry


def drift_notification(app: App, environment: str, found: Drift) -> Notification:
    """What runs on the servers is not what the lineage says."""
    return Notification(
        happenings=("drift",),
        environment=environment,
        level=Level.WARNING,
        title=f"{app.name} {environment}: something was changed by hand",
        lines=lines(seen=tame("; ".join(found.said)), at=found.at, page=app.environments[environment].url or ""),
    )


def quarantine_notification(app: App, word: QuarantineEntry) -> Notification:
    """A person has put a release into quarantine, or has lifted it."""
    happened = "may be deployed again" if word.lifted else "is quarantined"
    return Notification(
        happenings=("quarantined",),
        environment=word.environment,
        level=Level.SAID if word.lifted else Level.WARNING,
        title=f"{app.name} {word.environment}: {word.version} {happened}",
        lines=lines(who=tame(word.actor), why=tame(word.reason)),
    )

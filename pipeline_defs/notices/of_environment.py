"""Of environment: what is told of an environment without a run: drift, and a person's word on a release. Pure."""

from pipeline_defs.config import App
from pipeline_defs.notices.notice import Level, Notice, lines, tame
from pipeline_defs.release.drift import Drift
from pipeline_defs.release.quarantine import Word


def drifted(app: App, environment: str, found: Drift) -> Notice:
    """What runs on the servers is not what the lineage says."""
    return Notice(
        happenings=("drift",),
        environment=environment,
        level=Level.WARNING,
        title=f"{app.name} {environment}: something was changed by hand",
        lines=lines(seen=tame("; ".join(found.said)), at=found.at, page=app.environments[environment].url or ""),
    )


def said(app: App, word: Word) -> Notice:
    """A person has put a release into quarantine, or has lifted it."""
    happened = "may be deployed again" if word.lifted else "is quarantined"
    return Notice(
        happenings=("quarantined",),
        environment=word.environment,
        level=Level.SAID if word.lifted else Level.WARNING,
        title=f"{app.name} {word.environment}: {word.version} {happened}",
        lines=lines(who=tame(word.actor), why=tame(word.reason)),
    )

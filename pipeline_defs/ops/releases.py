"""Releases: which one a run is about. It is looked up by what the run was given or has made; only a rehearsal takes the newest."""

from collections.abc import Iterable, Sequence

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.history import Lineage
from pipeline_defs.ops.events import IMAGE, image_key, short
from pipeline_defs.ops.log import Log, stop
from pipeline_defs.ops.stored import facts_of_run
from pipeline_defs.release.admission import untrusted
from pipeline_defs.release.going_back import Choice, Settings
from pipeline_defs.release.history import Row
from pipeline_defs.release.images import image_of
from pipeline_defs.release.records import DeploymentKind, Image, Outcome, Release
from pipeline_defs.release.version import Version


class EnvironmentConfig(dg.Config):
    """What an environment is asked to run. Nothing given: the image that this run makes, for a rehearsal by itself the
    newest image, for a rollback what ran before.

    `kind` is deploy or rollback; without it the job decides. `because_of` is the id of the deployment that a rollback answers.
    `override_freeze` lets a deployment go through a freeze, for the reason that has to be given with it.
    `settings` is which ones a rollback's release gets: frozen, those that it had, as without it; or now, those of today.
    `database` is what a rollback does to the database: keep, downgrade or restore; without it the rehearsal's verdict decides.
    """

    version: str = ""
    commit: str = ""
    kind: str = ""
    reason: str = ""
    because_of: str = ""
    database: str = ""
    override_freeze: bool = False
    settings: str = ""

    def kind_in(self, context: dg.OpExecutionContext) -> DeploymentKind:
        """Deploy or rollback."""
        return DeploymentKind(self.kind or context.run.tags.get("kind", DeploymentKind.DEPLOY))

    @property
    def frozen(self) -> bool:
        """True when a rollback's release gets the settings that it had."""
        try:
            return Settings(self.settings or Settings.FROZEN) is Settings.FROZEN
        except ValueError:
            raise stop(f"settings is {self.settings!r}, and may be {', '.join(Settings)}, or nothing") from None

    @property
    def choice(self) -> Choice | None:
        """What a person says shall become of the database; None where nobody says."""
        try:
            return Choice(self.database) if self.database else None
        except ValueError:
            raise stop(f"database is {self.database!r}, and may be {', '.join(Choice)}, or nothing") from None


def image_to_deploy(context: dg.OpExecutionContext, app: App, config: EnvironmentConfig) -> Image:
    """The image of the given version or commit, else the one this very run has made. Without any of them nothing is deployed."""
    image = _trusted(app, _asked_for(context, app, config))
    if image is None:
        raise stop(
            f"this run makes no image; say which one with a version or a commit, or launch the job {app.name}_deploy"
        )
    return image


def image_to_rehearse(context: dg.OpExecutionContext, app: App, config: EnvironmentConfig, log: Log) -> Image:
    """As for a deployment; but as a rehearsal changes nothing that people use, it may be of the newest image there is."""
    image = _trusted(app, _asked_for(context, app, config))
    if image is None:
        image = _trusted(app, next(iter(Lineage(context.instance).images(app)), None))
        if image is None:
            raise stop(f"{app.name} has no image yet; make one with: shipline run integrate {app.name}")
        log.say(f"no version or commit was given; the newest image is {image.version} of commit {short(image.commit)}")
    return image


def _trusted(app: App, image: Image | None) -> Image | None:
    """Untrusted runs write no image where this one was found; should one ever stand there, no server shall see it. Nor one of a
    repository that is not the app's.
    """
    if image is not None:
        expect_usable(app, image)
    return image


def expect_usable(app: App, made: Image | Release) -> None:
    """Stop for an untrusted image, and for one of another repository: no server pulls from anywhere else."""
    refusal = untrusted(made, app.image)
    if refusal:
        raise stop(refusal)


def _asked_for(context: dg.OpExecutionContext, app: App, config: EnvironmentConfig) -> Image | None:
    """What a run names or makes; None where it does neither."""
    if not config.version:
        made = facts_of_run(context.instance, context.run_id, image_key(app.name), IMAGE, Image)
        if made:
            return made[-1]
    if not config.version and not config.commit:
        return None
    return _known_image(Lineage(context.instance).images(app), app, config)


def _known_image(images: Iterable[Image], app: App, config: EnvironmentConfig) -> Image:
    found = image_of(images, version=config.version, commit=config.commit)
    if found is None:
        given = (("version", config.version), ("commit", config.commit))
        what = " and ".join(f"{name} {value[:12]}" for name, value in given if value)
        raise stop(f"{app.name} has no image of {what}; make it with: shipline run integrate {app.name}")
    return found


def live_release(app: App, rows: Sequence[Row]) -> Release | None:
    """What the lineage says that runs in an environment, by its rows; without the configuration it runs with."""
    for row in rows:
        if row.live:
            return Release(app=row.app, version=row.version, repository=app.image, digest=row.digest, commit=row.commit)
    return None


def row_to_go_back_to(app: App, environment: str, rows: Sequence[Row], config: EnvironmentConfig) -> Row:
    """The deployment a person's rollback goes back to: of the given version or commit, else the one before the live one.

    "Before" means before the live release was first deployed, so that a second rollback goes one further and never forwards.
    `rows` are the environment's history, newest first.
    """
    good = [row for row in rows if row.outcome == Outcome.SUCCEEDED]
    where = f"{environment} of {app.name}"
    if config.version or config.commit:
        version = str(Version.parse(config.version)) if config.version else ""
        for row in good:
            if version in ("", row.version) and row.commit.startswith(config.commit):
                return row
        ran = ", ".join(dict.fromkeys(row.version for row in good)) or "none"
        raise stop(f"{version or config.commit[:12]} never ran in {where}; versions that did: {ran}")
    if not good:
        raise stop(f"there is nothing to go back from: no release ran in {where} yet")
    live = good[0]
    first = max(n for n, row in enumerate(good) if (row.version, row.digest) == (live.version, live.digest))
    if first + 1 == len(good):
        raise stop(f"{live.version} is the first release that ran in {where}; there is none to go back to")
    return good[first + 1]


def row_by_which_it_was_left(rows: Sequence[Row], target: Row) -> Row:
    """The deployment that took the place of another one; that one itself where it still runs. `rows` are newest first."""
    good = [row for row in rows if row.outcome == Outcome.SUCCEEDED]
    place = next(number for number, row in enumerate(good) if row.id == target.id)
    return good[max(0, place - 1)]

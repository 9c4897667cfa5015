"""Release choice: which image or release a run is about, by what the run was given or has made; only a rehearsal takes the newest."""

from collections.abc import Iterable, Sequence

from pipeline_defs.config import App
from pipeline_defs.deployments.deployment_request import Wanted
from pipeline_defs.deployments.protocols import DeploymentError, Recording, Telling
from pipeline_defs.lineage.events import short
from pipeline_defs.release.admission_rules import untrusted
from pipeline_defs.release.history import Row
from pipeline_defs.release.image_lookup import image_of
from pipeline_defs.release.records import DeploymentKind, Image, Outcome, Release
from pipeline_defs.release.version import Version


def image_to_deploy(app: App, wanted: Wanted, run: Recording) -> Image:
    """The image of the given version or commit, else the one this very run has made. Without any of them nothing is deployed."""
    image = _trusted(app, _asked_for(app, wanted, run))
    if image is None:
        raise DeploymentError(
            f"this run makes no image; say which one with a version or a commit, or launch the job {app.name}_deploy"
        )
    return image


def image_to_rehearse(app: App, wanted: Wanted, run: Recording, tell: Telling) -> Image:
    """As for a deployment; but as a rehearsal changes nothing that people use, it may be of the newest image there is."""
    image = _trusted(app, _asked_for(app, wanted, run))
    if image is None:
        image = _trusted(app, next(iter(run.lineage.images(app)), None))
        if image is None:
            raise DeploymentError(f"{app.name} has no image yet; make one with: shipline run integrate {app.name}")
        tell.say(f"no version or commit was given; the newest image is {image.version} of commit {short(image.commit)}")
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
    refusal = untrusted(made, app.image, app.repositories)
    if refusal:
        raise DeploymentError(refusal)


def _asked_for(app: App, wanted: Wanted, run: Recording) -> Image | None:
    """What a run names or makes; None where it does neither."""
    if not wanted.version:
        made = run.lineage.image_made_by(app, run.id)
        if made:
            return made
    if not wanted.version and not wanted.commit:
        return None
    return _known_image(run.lineage.images(app), app, wanted)


def _known_image(images: Iterable[Image], app: App, wanted: Wanted) -> Image:
    found = image_of(images, version=wanted.version, commit=wanted.commit)
    if found is None:
        given = (("version", wanted.version), ("commit", wanted.commit))
        what = " and ".join(f"{name} {value[:12]}" for name, value in given if value)
        raise DeploymentError(f"{app.name} has no image of {what}; make it with: shipline run integrate {app.name}")
    return found


def live_release(app: App, rows: Sequence[Row]) -> Release | None:
    """What the lineage says that runs in an environment, by its rows; without the configuration it runs with."""
    for row in rows:
        if row.live:
            return Release(
                app=row.app,
                version=row.version,
                repository=app.image,
                digest=row.digest,
                commit=row.commit,
                images=row.images,
            )
    return None


def row_to_go_back_to(app: App, environment: str, rows: Sequence[Row], wanted: Wanted) -> Row:
    """The deployment a person's rollback goes back to: of the given version or commit, else the one before the live one.

    That may be an older configuration of the version that runs. "Before" means before the live release was first deployed, so
    that a second rollback goes one further and never forwards. `rows` are the environment's history, newest first.
    """
    good = [row for row in rows if row.outcome == Outcome.SUCCEEDED]
    where = f"{environment} of {app.name}"
    if wanted.version or wanted.commit:
        version = str(Version.parse(wanted.version)) if wanted.version else ""
        for row in good:
            if version in ("", row.version) and row.commit.startswith(wanted.commit):
                return row
        ran = ", ".join(dict.fromkeys(row.version for row in good)) or "none"
        raise DeploymentError(f"{version or wanted.commit[:12]} never ran in {where}; versions that did: {ran}")
    if not good:
        raise DeploymentError(f"there is nothing to go back from: no release ran in {where} yet")
    way = _way_here(good)
    if len(way) == 1:
        raise DeploymentError(
            f"{good[0].version} is the first release that ran in {where}; there is none to go back to"
        )
    return way[-2]


def _way_here(good: Sequence[Row]) -> list[Row]:
    """The deployments that led to what runs, oldest first, without those that were gone back from.

    A release that is deployed once more, or gone back to, takes the place that it had, and what came after it is left out.
    """
    way: list[Row] = []
    for row in reversed(good):
        places = [n for n, earlier in enumerate(way) if _same_release(earlier, row)]
        if not places and row.kind == DeploymentKind.ROLLBACK:  # to an older image, with the settings of that day
            places = [n for n, earlier in enumerate(way) if _same_image(earlier, row)]
        way[places[-1] if places else len(way) :] = [row]
    return way


def _same_image(one: Row, other: Row) -> bool:
    return (one.version, one.digest) == (other.version, other.digest)


def _same_release(one: Row, other: Row) -> bool:
    """The same image and configuration; older records do not say which configuration that was."""
    return _same_image(one, other) and (
        one.configuration == other.configuration or "" in (one.configuration, other.configuration)
    )


def row_by_which_it_was_left(rows: Sequence[Row], target: Row) -> Row:
    """The deployment that took the place of another one; that one itself where it still runs. `rows` are newest first."""
    good = [row for row in rows if row.outcome == Outcome.SUCCEEDED]
    place = next(number for number, row in enumerate(good) if row.id == target.id)
    return good[max(0, place - 1)]

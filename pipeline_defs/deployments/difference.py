"""Difference: what a deployment would bring now, asked of the lineage, git, the server and GitHub. Nothing is changed."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from pipeline_defs.config import App, Secret, mask
from pipeline_defs.deployments.planned_image import planned_image
from pipeline_defs.deployments.task_factory import content_of
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.deployment_plan import migrations
from pipeline_defs.release.image_set import changes as image_changes
from pipeline_defs.release.records import Image, Release
from pipeline_defs.release.undeployed_changes import (
    CommitLine,
    Difference,
    PullLine,
    file_changes,
    migration_files,
    variable_changes,
)
from pipeline_defs.resources.git_source import MOST_COMMITS, Source
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.compose.bundle import DATA, FILE, FINGERPRINTS, OVERRIDE, PATHS, PLACED, fingerprints
from pipeline_defs.server.compose.site_settings import Settings
from pipeline_defs.server.core.command import Runner, ServerError, command
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.facts import Facts, inspect_site, lacking
from pipeline_defs.server.state.preview import preview

_READ_SECONDS = 60.0
_OWN = {"APP_VERSION", "APP_COMMIT"}  # variables of every release, which say nothing new

Pulls = Callable[[App, Sequence[CommitLine], Sequence[Image]], tuple[tuple[PullLine, ...], list[str]]]
"""Gives the pull requests that commits belong to, and a sentence where that is not known."""


def difference_of(
    app: App, environment: str, version: str, lineage: Lineage, source: Source, pulls_among: Pulls
) -> Difference:
    """What a deployment of a version would bring; where none is given, of the head of the main branch. Raises ShiplineError."""
    image = planned_image(app, version, lineage, source)
    site = Site.of(app, environment)
    release, content = content_of(site, image, source)
    files, settings = content.files, content.settings
    hidden = [value for value in settings.values() if isinstance(value, Secret)]
    shown = {path: content for path, content in files.items() if path not in (PATHS, PLACED, DATA)}
    after = {path: mask(content.decode(errors="replace"), hidden) for path, content in shown.items()}
    with SshResource().connect(site.config.host, hidden) as server:
        facts = inspect_site(site, server)
        before = _files_there(facts, server, after)
        names = _names_there(site, facts, server)
        secrets = _secrets_there(facts, server)
        live = facts.current
        changed, wrong = _alterations(site, release, files, settings, facts, server)
    changes = file_changes(before, after)
    variables = _variables(names, secrets, settings) if live else {}
    revision = next((row.revision for row in lineage.environment(app, environment) if row.live), None)
    commits, gone, notes = _commits(source, live, release)
    notes += wrong
    if len(site.config.hosts) > 1:
        notes.append(f"this is compared with what {site.config.host} runs; shipline plan tells of the other hosts")
    pulls, more = pulls_among(app, commits, lineage.images(app))
    return Difference(
        environment=environment,
        release=release,
        live=live,
        images=image_changes(live.images, release.images) if live else {},
        commits=commits,
        gone=gone,
        pulls=pulls,
        migrations=migrations(release, lineage.rehearsals(app), revision, migrates=site.config.migrate is not None),
        migration_files=_migration_files(source, live, release),
        files=changes if live else (),
        variables=variables,
        alterations=changed,
        values_changed=_only_values(live, release, changes=bool(changes or variables)),
        notes=(*notes, *more),
    )


def _alterations(
    site: Site,
    release: Release,
    files: Mapping[str, bytes],
    settings: Mapping[str, str | Secret],
    facts: Facts,
    server: Runner,
) -> tuple[tuple[str, ...], list[str]]:
    """What changes besides the app's image, and why that is not known."""
    if lacking(site, facts):
        return (), []
    try:
        return preview(site, release, files, settings, facts, server).alterations, []
    except ServerError as error:
        return (), [str(error)]


def _files_there(facts: Facts, server: Runner, paths: Iterable[str]) -> dict[str, str]:
    """The files of the release that runs, as they are on the server."""
    if facts.folder is None:
        return {}
    read = {path: _text(f"{facts.folder}/{path}", server) for path in paths}
    return {path: text for path, text in read.items() if text is not None}


def _names_there(site: Site, facts: Facts, server: Runner) -> set[str]:
    """The names of the variables that the release that runs was given. Values are never asked for: some are secret."""
    text = _text(f"{facts.folder}/{OVERRIDE}", server) if facts.folder else None
    try:
        services = json.loads(text or "{}").get("services", {})
        return set(services.get(site.config.service, {}).get("environment", {})) - _OWN
    except (ValueError, AttributeError):
        raise ServerError(f"{site}: {facts.folder}/{OVERRIDE} is damaged; deploy anew to write it again") from None


def _secrets_there(facts: Facts, server: Runner) -> dict[str, str]:
    """The fingerprints of the secrets of the release that runs; none of a release from before there were any."""
    text = _text(f"{facts.folder}/{FINGERPRINTS}", server) if facts.folder else None
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return dict(found) if isinstance(found, dict) else {}


def _variables(names: set[str], secrets: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The variables and secret files that come and go, and the secrets that have another value."""
    files = {name for name in secrets if name.startswith(FILE)}
    known = settings if secrets else {name for name in settings if not name.startswith(FILE)}
    other = [name for name, each in fingerprints(settings).items() if secrets.get(name, each) != each]
    return variable_changes(names | files, known) | dict.fromkeys(other, "changed")


def _text(path: str, server: Runner) -> str | None:
    read = server.run(command("cat", "--", path), timeout=_READ_SECONDS)
    return read.stdout if read.ok else None


def _commits(
    source: Source, live: Release | None, release: Release
) -> tuple[tuple[CommitLine, ...], tuple[CommitLine, ...], list[str]]:
    """What comes, what is taken back, and what is not known of both."""
    if live is None:
        return (), (), []
    there = source.ask("cat-file", "-e", f"{live.commit}^{{commit}}", about=(release.commit,)).ok
    if not there:
        why = f"the repository no longer has commit {live.commit[:12]}, which runs; what lies in between is not known"
        return (), (), [why]
    come = _lines(source, live.commit, release.commit)
    gone = _lines(source, release.commit, live.commit)
    notes = [f"only the newest {MOST_COMMITS} commits are told"] if MOST_COMMITS in (len(come), len(gone)) else []
    return come, gone, notes


def _lines(source: Source, since: str, commit: str) -> tuple[CommitLine, ...]:
    return tuple(CommitLine(**commit._asdict()) for commit in source.commits_between(since, commit))


def _migration_files(source: Source, live: Release | None, release: Release) -> tuple[str, ...]:
    """The migrations that the release's commit has and the one that runs has not."""
    if live is None:
        return ()
    between = (live.commit, release.commit)
    listed = source.ask(
        "diff", "--name-only", "--no-renames", "--diff-filter=A", "-z", *between, "--", about=(release.commit,)
    )
    return migration_files(path for path in listed.stdout.split("\0") if path) if listed.ok else ()


def _only_values(live: Release | None, release: Release, *, changes: bool) -> bool:
    """True where the configuration differs, and what could be compared does not show how."""
    return live is not None and bool(live.configuration) and live.configuration != release.configuration and not changes

"""Adoption checks: what the first deployment would make of a compose project that runs already. Nothing is changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_defs.config import App, Secret
from pipeline_defs.config.secret_file import hidden_in
from pipeline_defs.doctor.commit_checks import commit as tried_commit
from pipeline_defs.doctor.finding import Level
from pipeline_defs.doctor.release_to_be import release_to_be
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.release.records import Release
from pipeline_defs.resources.release_files import release_files
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.compose.bundle import secret_files
from pipeline_defs.server.compose.site_settings import settings_of
from pipeline_defs.server.core.command import Runner, ServerError, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.adoption import Running, adoptable
from pipeline_defs.server.state.facts import Facts, inspect_site, lacking
from pipeline_defs.server.state.preview import preview
from pipeline_defs.server.state.service_changes import ServiceChanges

_PROJECTS = r"""
docker ps -a --filter label=com.docker.compose.project --format '{{.Label "com.docker.compose.project"}}{{"\t"}}{{
  .Label "com.docker.compose.service"}}{{"\t"}}{{.Label "com.docker.compose.project.working_dir"}}{{"\t"}}{{.Label "shipline.release"}}'
"""
_SECONDS = 60


@dataclass(frozen=True)
class Project:
    """A compose project of a server that nobody has told Shipline of: its folder and its services."""

    name: str
    folder: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class Adoption:
    """What the first deployment would make of what runs.

    Attributes:
        project: that is taken over, empty where nothing of it runs; others: what else runs on the server.
        folder, files: what it was started from.
        kept: services whose containers stay as they are; replaced: those that get new ones; ended: those that are gone afterwards.
        volumes: of the project, all of which stay.
        alterations: what changes besides the app's image, a phrase each.
        refusals: why the first deployment would be refused, a sentence each; notes: what else to know.
    """

    project: str
    folder: str = ""
    files: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    alterations: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    others: tuple[Project, ...] = ()


def adoption(app: App, environment: str, workspace: Path, name: str = "") -> Adoption:
    """What a deployment of a commit, branch or tag would make of what runs; by default of the main branch's head.

    Raises ServerError, SourceError, EngineError and SecretUnavailable where that cannot be said.
    """
    site, source = Site.of(app, environment), source_of(app, workspace)
    heads = source.heads((app.branches.main, app.branches.development))
    commit = source.resolve(name) if name else heads.get(app.branches.main) or heads.get(app.branches.development)
    if commit is None:
        raise ServerError(f"{app.repository} has neither {app.branches.main} nor {app.branches.development} yet")
    settings = settings_of(site)
    with source.checkout(commit, plain=True) as checkout:
        files = release_files(site, checkout, settings)
    hidden = [part for file in secret_files(settings).values() for part in hidden_in(file)]
    secrets = [value for value in (*settings.values(), *hidden) if isinstance(value, Secret)]
    connection = Connection(site.config.host, secrets)
    try:
        facts = inspect_site(site, connection)
        if lack := lacking(site, facts):
            raise ServerError(f"{site}: {lack}")
        found = adoptable(site, facts, connection)
        if found is None:
            return Adoption("", notes=_nothing(site, facts), others=_projects(site, connection))
        wrong = list(_no_folder(site, connection))
        said = _compared(site, found, release_to_be(app, commit), files, settings, facts, connection)
    finally:
        connection.close()
    tried = tried_commit(app, workspace, commit, [environment])
    wrong += [f"{each.what}: {each.says}" for each in tried if each.level is Level.BROKEN]
    return said if not wrong else _with(said, tuple(wrong))


def _compared(
    site: Site,
    found: Running,
    release: Release,
    files: Mapping[str, bytes],
    settings: Mapping[str, str | Secret],
    facts: Facts,
    server: Runner,
) -> Adoption:
    refusals = list(found.refusals(site))
    change, alterations = ServiceChanges(app=site.services), tuple[str, ...]()
    if not refusals:
        try:
            change, alterations, losses = preview(site, release, files, settings, facts, server)
            refusals += [f"{site.config.compose}: {each}" for each in losses]
        except ServerError as error:
            refusals.append(str(error))
    new = {name for turn in (*change.before, *change.after) for name in turn.services} | set(change.app)
    there = {each.service for each in facts.seen.containers}
    return Adoption(
        project=site.project,
        folder=found.folder,
        files=found.files,
        kept=tuple(sorted(there - new - set(change.gone))),
        replaced=tuple(sorted(there & new)),
        ended=change.gone,
        volumes=tuple(sorted(facts.seen.volumes)),
        alterations=alterations,
        refusals=tuple(refusals),
    )


def _no_folder(site: Site, server: Runner) -> Iterator[str]:
    """Whether the folder that is named for data is there: else the app would begin with empty ones."""
    if site.config.data_folder and not server.run(script('[ -d "$1" ]', site.data), timeout=_SECONDS).ok:
        yield f"data_folder {site.data} is not on this server"


def _nothing(site: Site, facts: Facts) -> tuple[str, ...]:
    if facts.current is not None:
        return (f"{site.project} runs {facts.current.version}, which Shipline deployed: there is nothing to take over",)
    return (f"nothing runs in the compose project {site.project}: the first deployment starts it anew",)


def _projects(site: Site, server: Runner) -> tuple[Project, ...]:
    """The compose projects on a server that Shipline did not start."""
    said = server.run(script(_PROJECTS, says="which compose projects are there?"), timeout=_SECONDS)
    lines = [fields for line in said.stdout.splitlines() if len(fields := line.split("\t")) == 4]
    own = {project for project, _, _, app in lines if app} | {site.project}
    found: dict[str, Project] = {}
    for project, service, folder, _ in lines:
        if project not in own:
            services = found[project].services if project in found else ()
            found[project] = Project(project, folder, tuple(sorted({*services, service})))
    return tuple(found.values())


def _with(found: Adoption, wrong: tuple[str, ...]) -> Adoption:
    return Adoption(**{**vars(found), "refusals": tuple(dict.fromkeys([*found.refusals, *wrong]))})

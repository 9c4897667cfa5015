"""Planning: what a deployment would do now, without doing anything: from the lineage, git, and a look at the server."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline_defs.config import App
from pipeline_defs.deployments.admission import ask
from pipeline_defs.deployments.attempt import new_id
from pipeline_defs.deployments.planned_image import planned_image
from pipeline_defs.deployments.protocols import Place
from pipeline_defs.deployments.task_factory import Asker, content_of, make_task, servers_of
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.admission_rules import HostFacts, Requester
from pipeline_defs.release.deployment_plan import (
    HANDOVER_SECONDS,
    Plan,
    PlannedStep,
    downtime,
    expected,
    going_back,
    migrations,
)
from pipeline_defs.release.history import Row
from pipeline_defs.release.records import Deployment, Rehearsal
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.core.command import Runner, ServerError
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.state.facts import Facts, inspect_site, lacking
from pipeline_defs.server.state.preview import Preview, preview
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.steps.e2e_addresses import refuse_foreign
from pipeline_defs.server.strategies.deploy_procedure import plan
from pipeline_defs.server.strategies.port_handover import gives_ports, lost_ports


def plan_of(app: App, environment: str, version: str, lineage: Lineage, source: Source) -> Plan:
    """What a deployment of a version would do; where none is given, of the head of the main branch.

    Nothing is changed on the server, and Shipline need not run. Raises ShiplineError.
    """
    place, image = Place(app, environment), planned_image(app, version, lineage, source)
    site = place.site
    release, content = content_of(site, image, source)
    notes: list[str] = []
    asker = Asker(run="", actor="", alive=lambda run: False, say=notes.append)
    task = make_task(new_id(), place, asker, content, registry=RegistryResource().of(app))
    first = replace(task, host=site.config.host)
    with servers_of(SshResource(), task, all_there=False) as servers:
        facts = inspect_site(site, servers[0])
        seen, refused = _previewed(first, facts, servers[0])
        others = [
            _seen(Site.of(app, environment, host), server)
            for host, server in zip(site.config.hosts, servers, strict=True)
        ][1:]
    rows = lineage.environment(app, environment)
    deployments, rehearsals = lineage.deployments(app, environment), lineage.rehearsals(app)
    live = facts.current
    lack = lacking(site, facts)
    wrong = [
        *([lack] if lack else []),
        *refused,
        *(f"{site.config.compose}: {each}" for each in seen.losses),
        *_sent_elsewhere(site, content.files),
    ]
    hosts = [HostFacts(str(site.config.host), live, tuple(wrong)), *others]
    admission = ask(app, environment, release, lineage, Requester(), hosts)
    revision = next((row.revision for row in rows if row.live), None)
    steps = _steps(first, facts, seen.change, deployments, rehearsals)
    return Plan(
        release=release,
        environment=environment,
        live=live,
        steps=steps,
        seconds=round(sum(step.seconds or 0.0 for step in steps), 1),
        downtime=downtime(steps),
        migrations=migrations(release, rehearsals, revision, migrates=site.config.migrate is not None),
        way_back=admission.way_back,
        going_back=going_back(release, live, admission.way_back),
        refusals=admission.refusals,
        waits=admission.waits_until.sentence if admission.waits_until else None,
        alterations=seen.alterations,
        notes=(*notes, *_ports(site, facts), *_notes(facts, rows), *_fleet(site, facts, others)),
    )


def _previewed(task: Task, facts: Facts, server: Runner) -> tuple[Preview, list[str]]:
    """What would be replaced and changed besides the image; and why that cannot be said, where the compose file is refused."""
    nothing = Preview(ServiceChanges(app=task.site.services), ())
    if lacking(task.site, facts) or task.release is None:
        return nothing, []
    try:
        return preview(task.site, task.release, task.files, task.settings, facts, server), []
    except ServerError as error:
        return nothing, [str(error)]


def _seen(site: Site, server: Runner) -> HostFacts:
    host = str(site.config.host)
    try:
        facts = inspect_site(site, server)
    except ServerError as error:
        return HostFacts(host, None, (str(error),))
    lack = lacking(site, facts)
    return HostFacts(host, facts.current, (f"{site}: {lack}",) if lack else ())


def _fleet(site: Site, first: Facts, others: Sequence[HostFacts]) -> Iterator[str]:
    """What becomes of the hosts after the first one, and which of them do not run what that one runs."""
    if others:
        names = ", ".join(each.host for each in others)
        yield f"once {site.config.host} is done the same follows on {names}, at most {site.config.parallel} at once"
    for each in others:
        if not each.lacks and each.current != first.current:
            there, here = (found.version if found else "nothing" for found in (each.current, first.current))
            yield f"{each.host} runs {there}, and {site.config.host} {here}; the deployment brings both to one release"


def _steps(
    task: Task, facts: Facts, change: ServiceChanges, deployments: list[Deployment], rehearsals: list[Rehearsal]
) -> tuple[PlannedStep, ...]:
    """The very list that a deployment executes, with the seconds that each step is expected to take."""
    assert task.release is not None
    steps = [PlannedStep(step=str(each.name), does=each.command.shown()) for each in plan(task, facts, change)]
    return tuple(expected(step, task.release.digest, deployments, rehearsals) for step in steps)


def _sent_elsewhere(site: Site, files: Mapping[str, bytes]) -> Iterator[str]:
    """Why its end-to-end tests would be refused."""
    try:
        refuse_foreign(site, files)
    except ServerError as error:
        yield str(error)


def _ports(site: Site, facts: Facts) -> Iterator[str]:
    """What becomes of a port that goes from the app's containers to the router, or back."""
    if ports := lost_ports(site, facts):
        yield (
            f"once the new containers are healthy the port {', '.join(map(str, ports))} goes from the app's own containers to the router: "
            f"people are turned away for about {HANDOVER_SECONDS:.0f} s, and longer where the app takes long to end when it is told to"
        )
    elif gives_ports(site, facts):
        yield (
            "the route ends: the router gives up its ports before the new containers start, and people are turned away until these "
            "are healthy"
        )


def _notes(facts: Facts, rows: list[Row]) -> list[str]:
    """What is not as the lineage says it, and what is taken back first."""
    notes = []
    known = next((row for row in rows if row.live), None)
    there = facts.current
    if there is not None and (known is None or known.digest != there.digest):
        notes.append(f"the server says that {there.version} runs, the history {known.version if known else 'nothing'}")
    elif there is not None and known is not None and known.configuration not in ("", there.configuration):
        notes.append(f"the server runs {there.version} with another configuration than the history says")
    if there is None and known is not None:
        notes.append(f"the server knows of no release, the history says that {known.version} runs")
    if facts.unfinished is not None:
        notes.append(f"a rollback never ended: what it did to the database is taken back first ({facts.unfinished})")
    return notes

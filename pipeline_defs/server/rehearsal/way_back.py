"""Way back: does the release that runs in production work on the database as the rehearsed release leaves it?"""

from collections.abc import Mapping
from dataclasses import replace

from pipeline_defs.config.secret import Secret
from pipeline_defs.release.evidence import Verdict, WayBack
from pipeline_defs.release.records import Release
from pipeline_defs.release.step_name import StepName, StepTitle, titled
from pipeline_defs.server.compose.bundle import configuration_hash
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.health.container_health import healthy
from pipeline_defs.server.state import described_services
from pipeline_defs.server.state.described_services import DESCRIBED, DescribedServices
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.steps.e2e_addresses import refuse_foreign

NAME = "way back"


def way_back(task: Task, procedure: Procedure, facts: Facts, previous: Release) -> WayBack | None:
    """Start the release that runs in production on the migrated copy, and see whether it is healthy and passes its end-to-end tests.

    Where it does not, the migrations are taken back, in the newer image, and it is tried once more. What fails here is evidence,
    not a failure of the rehearsal. `previous` is the release that runs in production; where it cannot be had, nothing is known.
    """
    site = task.site
    assert task.release is not None
    if previous.digest == task.release.digest:
        return WayBack(verdict=Verdict.COMPATIBLE, version=previous.version, digest=previous.digest)
    release, files = _as_rehearsed(task, previous)
    folder = site.folder(release)
    prepare = [
        replace(
            shared_steps.write_files(site, replace(task, files=files), release),
            name=titled(StepName.FILES, before=NAME),
        ),
        replace(shared_steps.pull_image(task, release), name=titled(StepName.PULL, before=NAME)),
        replace(
            described_services.describe_step(site, replace(facts, folder=None), folder),
            name=titled(StepName.SERVICES, before=NAME),
        ),
    ]
    missing = procedure.attempt(prepare)
    if missing is not None:
        task.say(f"the way back to {previous.version} is not known: {missing}")
        return None
    revision = procedure.execution.facts.get("revision_before")
    trying, asked = replace(task, files=files), procedure.execution.facts[DESCRIBED]
    found = described_services.read_description(site, asked, folder)
    failure = procedure.attempt(_try(trying, facts, release, found, NAME))
    verdict, reason = Verdict.COMPATIBLE, ""
    if failure is not None:
        verdict, reason = Verdict.NEEDS_RESTORE, str(failure)
        back = shared_steps.downgrade(
            site, facts, site.folder(task.release), revision or "base", name=titled(StepName.DOWNGRADE, before=NAME)
        )
        if back and _migrated(procedure):
            again = procedure.attempt([*back, *_try(trying, facts, release, found, f"{NAME} downgraded")])
            verdict = Verdict.NEEDS_DOWNGRADE if again is None else Verdict.NEEDS_RESTORE
            reason = reason if again is None else f"{reason}; and after a downgrade: {again}"
    task.say(f"the way back to {previous.version}: {verdict}{f', because {reason}' if reason else ''}")
    return WayBack(verdict=verdict, version=previous.version, digest=previous.digest, revision=revision, reason=reason)


def _migrated(procedure: Procedure) -> bool:
    """False when the revision is known to be the same as before: then there is nothing to take back."""
    facts = procedure.execution.facts
    before, after = facts.get("revision_before"), facts.get("revision")
    return before is None or before != after


def _try(task: Task, facts: Facts, release: Release, found: DescribedServices, name: str) -> list[Step]:
    """Start the older release, without what it would run to its end first: a way back runs no older migrations either."""
    site, folder = task.site, found.folder
    ends = {each for each in found.services if found.ends(each)}
    stays = [each for each in site.services if each not in ends]
    others = [each for each in found.services if each not in ends | set(site.elsewhere)]
    start = shared_steps.start_only(site, facts, folder, others) if ends else [shared_steps.start(site, facts, folder)]
    return [
        *(replace(step, name=titled(step.name, before=name)) for step in start),
        Step(
            titled(StepName.HEALTHY, before=name),
            healthy(site, *stays),
            timeout=site.config.health.timeout * len(stays) + 60,
        ),
        *_end_to_end(task, release, folder, titled(StepName.E2E, before=name)),
    ]


def _end_to_end(task: Task, release: Release, folder: str, name: StepTitle) -> list[Step]:
    """The older release's end-to-end tests; none that would send requests elsewhere, which may be production."""
    try:
        refuse_foreign(task.site, task.files, task.rehearsed)
    except ServerError as error:
        task.say(f"the end-to-end tests of {release.version} are left out: {error}")
        return []
    return shared_steps.end_to_end(task.site, task, release, folder, name=name)


def _as_rehearsed(task: Task, previous: Release) -> tuple[Release, Mapping[str, bytes]]:
    """The release with staging's files of its own commit; with those of the rehearsed release where git has them no longer."""
    files = task.files_at(previous.commit) if task.files_at else None
    if files is None:
        task.say(f"staging's files of {previous.version} are not known: those of the rehearsed release are used for it")
        files = task.files
    plain: Mapping[str, str | Secret] = task.settings
    return previous.model_copy(update={"configuration": configuration_hash(task.site, files, plain)}), files

"""Rehearsal preflight: what a rehearsal finds out before it starts anything."""

from pipeline_defs.config.pull_place import PullEnvironment
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.compose_commands import compose
from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.compose_rules.preflight import preflight
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.journal import log_path
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.database import PostgresElsewhere, driver
from pipeline_defs.server.rehearsal.copy_location import copy_stays
from pipeline_defs.server.rehearsal.isolation_check import ask_other_projects, clashes, read_other_projects
from pipeline_defs.server.rehearsal.pull_confinement import too_much
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.steps import shared_steps

_LOG = 'umask 077; : >>"$1"; echo "$1"'
_VERSIONS = 'echo "Engine $1 on $2"; shift 2; "$@" version'


def rehearsal_preflight(task: Task, facts: Facts, production: Site) -> list[Step]:
    """Versions, platform, and that the rehearsal shares nothing with production. Refuses before anything is started."""
    site, release = task.site, task.release
    assert release is not None
    known: dict[str, str] = {}

    def remember(output: str) -> dict[str, str]:
        known["others"] = output
        return {}

    def refuse(config: str) -> str | None:
        if isinstance(site.config, PullEnvironment) and (found := too_much(site, config)):
            return f"{site.config.compose} may not have this before it is merged: {', '.join(found[:8])}"
        shared = clashes(site, config, read_other_projects(known["others"], production))
        if shared:
            return f"{site.config.compose} would share with {production.environment} or others: {'; '.join(shared)}"
        stays = list(copy_stays(site, read_model(config, site.project)))
        return (
            f"{site.config.compose}: the copy of the database could not be removed from {'; '.join(stays)}"
            if stays
            else None
        )

    config = compose(
        site, facts.compose, site.folder(release), "config", says=f"does {site.config.compose} share anything?"
    )
    return [
        Step(StepName.TIME_STAMP, script("date -u +%Y-%m-%dT%H:%M:%SZ", says="date")),
        Step(StepName.LOG, script(_LOG, log_path(site, task), says=f"the log is {log_path(site, task)}")),
        Step(
            StepName.FACTS,
            _versions(facts),
            check=lambda _: _wrong_platform(task, facts) or _same_database(task, production),
        ),
        shared_steps.write_files(site, task, release),
        Step(StepName.OTHERS, ask_other_projects(site), secret=True, learn=remember),
        Step(StepName.APART, config, secret=True, check=refuse),
        *preflight(site, task, facts.compose, release),
    ]


def _versions(facts: Facts) -> Command:
    return script(_VERSIONS, facts.engine, facts.platform, *facts.compose, says="versions of Engine and Compose")


def _wrong_platform(task: Task, facts: Facts) -> str | None:
    """An image that was built for other machines fails only as it starts, with words that few people understand."""
    if not task.platforms or not facts.platform:
        return None
    if any(_same_machine(platform, facts.platform) for platform in task.platforms):
        return None
    assert task.release is not None
    built = ", ".join(task.platforms)
    return (
        f"the image of {task.release.version} is for {built} and the server's Engine runs {facts.platform}; "
        "name the server's platform under build.platforms"
    )


def _same_machine(image: str, host: str) -> bool:
    """Compares `linux/arm/v7` by system and processor: the Engine does not tell its variant."""
    return image.split("/")[:2] == host.split("/")[:2]


def _same_database(task: Task, production: Site) -> str | None:
    """The copy is dropped before each rehearsal, so its address must be another one than production's."""
    copied, original = driver(task.site, task.addresses), driver(production, task.addresses)
    if not (isinstance(copied, PostgresElsewhere) and isinstance(original, PostgresElsewhere)):
        return None
    if not copied.address.same_database(original.address):
        return None
    return (
        f"database.url is that of {production.environment} ({original.address}); the copy needs a database of its own"
    )

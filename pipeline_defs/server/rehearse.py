"""Rehearse: a release proves itself on a copy of production's database, beside production and apart from it."""

from pipeline_defs.release.records import Outcome
from pipeline_defs.server import database, steps
from pipeline_defs.server.command import Command, Runner, ServerError, command, script
from pipeline_defs.server.compose import FIND, compose, diagnose, healthy
from pipeline_defs.server.facts import Facts, learn
from pipeline_defs.server.lock import locked
from pipeline_defs.server.procedure import LONG_SECONDS, Execution, Procedure, Step
from pipeline_defs.server.report import report
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Report, Task

_REMOVE_CONTAINERS = """
for id in $(docker ps -aq --filter "label=com.docker.compose.project=$1"); do docker rm -f "$id"; done
"""
_STATUS = FIND + 'id=$(found "$1" "$2"); if [ -n "$id" ]; then echo "runs as $id"; else echo "does not run"; fi'


def rehearse(task: Task, server: Runner, production: Site) -> Report:
    """Run the rehearsal. An expected failure is a report with its sentence, not an exception.

    Raises nothing but what interrupts the run (BaseException), after staging was taken down.
    """
    site, execution = task.site, Execution()
    assert task.release is not None
    try:
        with locked(site, task, server):
            facts, live = learn(site, server), learn(production, server)
            procedure = Procedure(site, task, server, execution)
            procedure.run(plan(task, facts, production, live), on_failure=diagnose(site))
    except ServerError as error:
        return report(task, execution, Outcome.FAILED, str(error))
    return report(task, execution, Outcome.SUCCEEDED, None, live=task.release)


def plan(task: Task, facts: Facts, production: Site, live: Facts) -> list[Step]:
    """The rehearsal's steps, from facts alone: nothing is executed here."""
    site, release = task.site, task.release
    assert release is not None and site.config.database is not None
    folder = site.folder(release)
    leave = _take_down(site)
    return steps.in_order(
        _copy_of_production(task, production, live),
        Step("down", leave),
        steps.write_files(site, task, release),
        steps.pull_image(task, release),
        _fresh_database(site, facts, folder, leave),
        _restore(task, production, live),
        steps.start(site, facts, folder, undo=leave),
        steps.wait_healthy(site),
        steps.migrate(site),
        steps.ask_revision(site),
        steps.verify(site, task, release, folder),
        [] if site.config.keep_running else [Step("stop", leave)],
        steps.tidy(site),
    )


def _copy_of_production(task: Task, production: Site, live: Facts) -> list[Step]:
    """The status of production's database, its start where it stands still, and its backup; nothing where there is none yet."""
    config = production.config.database
    if config is None or not _has_data(live):
        lacks = "database" if live.current else "release"
        text = f"{production.environment} has no {lacks} yet: the rehearsal runs on an empty database"
        return [Step("database status", _say(text))]
    status = script(
        _STATUS, production.project, config.service, says=f"does {config.service} of {production.environment} run?"
    )
    return [Step("database status", status), *steps.back_up(production, task, live)]


def _has_data(live: Facts) -> bool:
    """What a first release that failed has left behind in production is nothing to rehearse on."""
    return live.current is not None and steps.has_data(live)


def _fresh_database(site: Site, facts: Facts, folder: str, leave: Command) -> list[Step]:
    config = site.config.database
    assert config is not None
    create = compose(site, facts.compose, folder, "up", "--no-start", "--no-build", config.service)
    up = compose(site, facts.compose, folder, "up", "-d", "--no-build", config.service)
    wait = healthy(site, config.service)
    return [
        Step("volume removed", database.remove_volume(site, config)),
        Step("volume created", create, undo=leave, timeout=LONG_SECONDS),
        Step("database up", up, timeout=LONG_SECONDS),
        Step("wait", wait, timeout=site.config.health.timeout + 60),
    ]


def _restore(task: Task, production: Site, live: Facts) -> list[Step]:
    site = task.site
    assert site.config.database is not None
    if production.config.database is None or not _has_data(live):
        return [Step("restore", _say("nothing to restore: the database stays empty"))]
    restore = database.restore(site, site.config.database, steps.backup_path(task))
    return [Step("restore", restore, timeout=LONG_SECONDS)]


def _take_down(site: Site) -> Command:
    """Remove staging's containers by their own project's label; needs no compose file, so it also cleans after a killed run."""
    return script(_REMOVE_CONTAINERS, site.project, says=f"remove the containers of {site.project}")


def _say(text: str) -> Command:
    return command("echo", text, says=text)

"""Steps that rehearsal, deploy and rollback share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from pipeline_defs.config.environment import REVISION
from pipeline_defs.release.records import Release
from pipeline_defs.release.step_name import StepName, StepTitle, titled
from pipeline_defs.server.compose import bundle
from pipeline_defs.server.compose.compose_commands import compose, execute, once, pull
from pipeline_defs.server.core.command import Command, both, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.database import Driver, driver, learn_backup
from pipeline_defs.server.health.container_health import healthy
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.steps.e2e_addresses import production_names, uploads
from pipeline_defs.server.steps.verification import e2e, judged, test

_STOP_GRACE = 10
"""Seconds that Compose itself gives a container to end."""

# A link's target is compared with paths below the root, which may itself lie behind a link.
_SWITCH = """
root=$(readlink -f "$1") folder=$(readlink -f "$2")
if [ -e "$root/current" ] && [ "$(readlink -f "$root/current")" != "$folder" ]; then
  ln -sfn "$(readlink -f "$root/current")" "$root/previous.new"; mv -T "$root/previous.new" "$root/previous"; fi
if [ -f "$3" ]; then ln -sfn "$(readlink -f "$3")" "$root/way-back.new"; mv -T "$root/way-back.new" "$root/way-back"
else rm -f "$root/way-back"; fi
ln -sfn "$folder" "$root/current.new"; mv -T "$root/current.new" "$root/current"
sync "$root"
"""


def write_files(site: Site, task: Task, release: Release) -> Step:
    """Put the release's compose file, override and settings on the server."""
    return Step(StepName.FILES, bundle.install(site, release, task.files, task.settings, frozen=task.frozen))


def pull_image(task: Task, release: Release) -> Step:
    """Bring the image, or each of several, by digest."""
    first, *others = release.references
    return Step(StepName.PULL, pull(first, task.registry_login, *others), timeout=LONG_SECONDS)


def back_up(site: Site, task: Task, facts: Facts) -> list[Step]:
    """Back up a site's database into the task's own site.

    Nothing where there is none yet: for an app without a database, or before the first release that has one.
    """
    database = driver(site, task.addresses)
    if database is None or not has_data(site, facts):
        return []
    return [*start_database(site, task, facts), dump(task, database)]


def dump(task: Task, database: Driver) -> Step:
    """Back up a database that runs into the task's own site."""
    path = backup_path(task)
    return Step(
        StepName.BACKUP,
        database.backup(path),
        timeout=LONG_SECONDS,
        learn=lambda output: {"backup": path, "dump": learn_backup(output)},
    )


def has_data(site: Site, facts: Facts) -> bool:
    """True when there is a database that answers, or one that the release that runs can start."""
    config = site.config.database
    if config is None:
        return False
    if config.url is not None:
        return facts.current is not None
    return facts.database_up or (facts.database_there and facts.folder is not None)


def start_database(site: Site, task: Task, facts: Facts) -> list[Step]:
    """Start a database that stands still, and wait for it; nothing where it runs, or is no container here."""
    config = site.config.database
    if config is None or config.url is not None or facts.database_up or facts.folder is None:
        return []
    task.say(f"the database of {site.environment} does not run: it is started")
    return database_up(site, facts, facts.folder)


def database_up(site: Site, facts: Facts, folder: str) -> list[Step]:
    """Have the database run as the release in `folder` describes it, and wait for it; nothing where it is no container here."""
    config = site.config.database
    if config is None or config.url is not None:
        return []
    up = compose(site, facts.compose, folder, "up", "-d", "--no-build", "--no-deps", config.service)
    return [
        Step(StepName.DATABASE_START, up, timeout=LONG_SECONDS),
        *wait_for_database(site, name=StepName.DATABASE_READY),
    ]


def wait_for_database(site: Site, *, name: StepName | StepTitle = StepName.WAIT) -> list[Step]:
    """Wait until a database that was started is healthy, as far as it has a health check, and takes connections over the network.

    Nothing where it is no container here.
    """
    config = site.config.database
    if config is None or config.url is not None:
        return []
    database, seconds = driver(site, {}), 2 * site.config.health.timeout + 60
    ready = database.ready() if database else None
    well = healthy(site, config.service)
    return [Step(name, both(well, ready) if ready else well, timeout=seconds)]


def backup_path(task: Task) -> str:
    """Where a task keeps the database as it was before."""
    return task.site.path("backups", f"{task.id}.dump")


def start(
    site: Site, facts: Facts, folder: str, *, name: StepName | StepTitle = StepName.START, undo: Command | None = None
) -> Step:
    """Make all containers those of the release in `folder`; only what differs is created anew."""
    up = compose(site, facts.compose, folder, "up", "-d", "--no-build", "--remove-orphans", *longest_grace(site))
    return Step(name, up, undo=undo, timeout=LONG_SECONDS, writes=True)


def start_only(site: Site, facts: Facts, folder: str, services: Sequence[str]) -> list[Step]:
    """Make the containers of these services those of the release in `folder`, and of no others; only what differs is created anew."""
    if not services:
        return []
    up = ("up", "-d", "--no-build", "--no-deps", *longest_grace(site), *services)
    return [Step(StepName.START, compose(site, facts.compose, folder, *up), timeout=LONG_SECONDS, writes=True)]


def longest_grace(site: Site) -> tuple[str, ...]:
    """Compose's option for how long an old container may take to end, where any service says more than Compose itself."""
    graces = site.config.stop_graces.values()
    return ("--timeout", str(max(_STOP_GRACE, *graces))) if graces else ()


def wait_healthy(site: Site, *, name: StepName | StepTitle = StepName.HEALTHY) -> Step:
    """Wait for the health of every service that runs the app's image."""
    return Step(name, healthy(site, *site.services), timeout=site.config.health.timeout * len(site.services) + 60)


def migrate(site: Site, facts: Facts, folder: str, *, name: StepName | StepTitle = StepName.MIGRATE) -> list[Step]:
    """Migrate the database in the image of the release in `folder`, once, in a container of its own; nothing without migrations."""
    if site.config.migrate is None:
        return []
    migration = once(site, facts.compose, folder, *site.config.migrate)
    return [Step(name, migration, timeout=LONG_SECONDS, migrates=True, writes=True)]


def ask_revision_before(site: Site, facts: Facts, folder: str) -> list[Step]:
    """Ask for the revision from before a migration, in the image that will migrate, where it is needed to come back to it."""
    if site.config.migrate is None or site.config.downgrade is None:
        return []
    return ask_revision(site, facts, folder, key="revision_before")


def secure(site: Site, task: Task, facts: Facts, folder: str) -> list[Step]:
    """Back up the database and, beside that, ask for its revision: what leads back from a migration."""
    kept = back_up(site, task, facts)
    before = ask_revision(site, facts, folder, key="revision_before") if kept else []
    return [*kept, *(replace(step, runs_with_previous=True) for step in before)]


def downgrade(
    site: Site, facts: Facts, folder: str, revision: str, *, name: StepName | StepTitle = StepName.DOWNGRADE
) -> list[Step]:
    """Take migrations back to a revision, in the image of the release in `folder`, which knows them; nothing without the means."""
    if site.config.downgrade is None:
        return []
    words = [word.replace(REVISION, revision) for word in site.config.downgrade]
    return [Step(name, once(site, facts.compose, folder, *words), timeout=LONG_SECONDS, writes=True)]


def ask_revision(site: Site, facts: Facts, folder: str, *, key: str = "revision") -> list[Step]:
    """Ask the app for the database's migration revision: the first word of the last line that it prints.

    `key` is what it is kept as: `revision_before` is asked of a container of its own, since the app's own one may not run yet.
    """
    if site.config.revision is None:
        return []

    def learned(output: str) -> Mapping[str, str | None]:
        return {key: revision_in(output)}

    words = site.config.revision
    if key == "revision":
        return [Step(StepName.REVISION, execute(site, site.config.service, *words), learn=learned)]
    return [Step(StepName.REVISION_BEFORE, once(site, facts.compose, folder, *words), learn=learned)]


def revision_in(output: str) -> str | None:
    """The revision that the app's command printed."""
    lines = output.strip().splitlines()
    return lines[-1].split()[0] if lines and lines[-1].split() else None


def verify(site: Site, task: Task, facts: Facts, release: Release, folder: str) -> list[Step]:
    """Tests inside the running container, then each end-to-end test; beside the first of them the database's revision is asked."""
    tests, revision = _tests(site, task, release, folder), ask_revision(site, facts, folder)
    if not tests:
        return revision
    return [tests[0], *(replace(step, runs_with_previous=True) for step in revision), *tests[1:]]


def _tests(site: Site, task: Task, release: Release, folder: str) -> list[Step]:
    steps = []
    config = site.config
    if config.test is not None:
        results = site.path("results", task.id, "tests.xml")
        step = test(site, config.test, results)
        judge = partial(judged, tests=config.test)
        steps.append(
            Step(StepName.TEST, step, timeout=config.test.timeout, results=results, counts="tests", judge=judge)
        )
    return [*steps, *end_to_end(site, task, release, folder)]


def end_to_end(
    site: Site, task: Task, release: Release, folder: str, *, name: StepName | StepTitle = StepName.E2E
) -> list[Step]:
    """Each collection and each further command."""
    steps = []
    for number, tests in enumerate(site.config.e2e, start=1):
        title = name if len(site.config.e2e) == 1 else titled(name, after=number)
        results = site.path("results", task.id, f"{title.replace(' ', '-')}.xml")
        files, blocked = uploads(tests, task.files), production_names(site, task.rehearsed)
        made = e2e(site, tests, release, folder, results, files=files, blocked=blocked)
        judge = partial(judged, tests=tests)
        steps.append(Step(title, made, timeout=tests.timeout, results=results, counts=name, judge=judge))
    return steps


def switch(task: Task, folder: str) -> Step:
    """Make the release the one that the environment says it runs: the point of no return. Its backup is what leads back."""
    site = task.site
    words = (site.path(), folder, backup_path(task))
    return Step(StepName.SWITCH, script(_SWITCH, *words, says=f"{site.current} -> {folder}"))


def down(site: Site, facts: Facts, folder: str) -> Command:
    """Stop and remove the site's containers and networks; volumes stay."""
    return compose(site, facts.compose, folder, "down", "--remove-orphans", "--timeout", "10")


def in_order(*parts: Step | list[Step]) -> list[Step]:
    """One list of steps from single steps and lists of them."""
    return [step for part in parts for step in (part if isinstance(part, list) else [part])]

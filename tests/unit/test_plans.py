"""Plans: which steps a rehearsal, a deployment and a rollback are, from facts alone; and that every command is a right one."""

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App, Database, Secret, SecretSource, mask
from pipeline_defs.config.database import DatabaseCommands, Sanitize
from pipeline_defs.config.replacement import Replacement
from pipeline_defs.config.route import Route
from pipeline_defs.config.watch import OFF, Watch
from pipeline_defs.release.evidence import Verdict, WayBack
from pipeline_defs.server.core.command import Command
from pipeline_defs.server.core.journal import journalled
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.rehearsal import rehearse_procedure
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.service_changes import ServiceChanges, ServiceTurn
from pipeline_defs.server.strategies import deploy_procedure, rollback_procedure, strategy
from tests.unit.sample import LOGIN, PASSWORD, SHELLS, URL_PASSWORD, example, facts, release, task, with_environment

LIVE = facts(
    database_up=True,
    database_there=True,
    running=release("1.4.1").reference,
    current=release("1.4.1"),
    folder="/opt/shipline/shop/production/releases/1.4.1",
)
STOPPED = facts(database_there=True, current=LIVE.current, folder=LIVE.folder)
FIRST = facts()
ELSEWHERE = Database(url=SecretSource(env="A"))
BY_COMMANDS = Database(
    commands=DatabaseCommands(backup=("dump", "it's $(x)"), restore=("load",), counts=("count",), ready=("ping",))
)
BARE: dict[str, Any] = {"database": None, "migrate": None, "revision": None, "downgrade": None, "test": None, "e2e": ()}


def deployment(production: dict[str, Any] | None = None, about: Facts = LIVE) -> list[Step]:
    """A deployment's plan, with some of the environment's settings changed."""
    app = with_environment(example(), "production", **(production or {}))
    return deploy_procedure.plan(task(app, "production"), about)


def going_back(production: dict[str, Any] | None = None, about: Facts = LIVE) -> list[Step]:
    """A rollback's plan, with some of the environment's settings changed."""
    app = with_environment(example(), "production", **(production or {}))
    return rollback_procedure.plan(task(app, "production"), about)


def rehearsal(
    staging: dict[str, Any] | None = None, production: dict[str, Any] | None = None, live: Facts = LIVE
) -> list[Step]:
    """A rehearsal's plan, with some of both environments' settings changed."""
    app = with_environment(example(), "staging", **(staging or {}))
    app = with_environment(app, "production", **(production or {}))
    return rehearse_procedure.plan(task(app, "staging"), facts(compose=live.compose), Site.of(app, "production"), live)


def names(plan: list[Step]) -> str:
    return ", ".join(step.name for step in plan)


LOOKED = "time stamp, log, facts, files, others, apart, compose file, images, database status"
STAGED = "down, pull, volume removed, volume created, database up, wait"
ASKED = "outside before"
END = "reached, switch, tidy"
LAID = "snapshot, files, compose file, images, data, services"
SECURED = "wait, migrate, start, healthy, test, revision, e2e"
CHECKED = "wait, revision before, migrate, start, healthy, test, revision, e2e"
REHEARSED = "rest up, revision before, migrate, healthy, test, revision, e2e"
RESTARTED = "database start, database ready"
PROVED = "test, revision, e2e"
ROUTE = Route(hosts=("shop.example.org",), health="/health")
IN_PLACE = {"route": ROUTE, "services": {"web": Replacement(strategy="recreate")}}
EVERYTHING = ServiceChanges(
    before=(ServiceTurn(("db",)), ServiceTurn(("migrate",), ends=True)),
    app=("web",),
    after=(ServiceTurn(("proxy",), anew=True),),
    gone=("old",),
)
WITH_OTHERS = {"also": ("mail", "worker"), "services": {"worker": Replacement(stop_grace=60)}}


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (deployment(), f"{LAID}, {ASKED}, pull, backup, revision before, {SECURED}, {END}"),
        (deployment(about=FIRST), f"{LAID}, {ASKED}, pull, {CHECKED}, {END}"),
        (deployment(about=STOPPED), f"{LAID}, {ASKED}, pull, {RESTARTED}, backup, revision before, {SECURED}, {END}"),
        # a database that comes with this very release has nothing to back up
        (deployment(about=facts(current=LIVE.current, folder=LIVE.folder)), f"{LAID}, {ASKED}, pull, {CHECKED}, {END}"),
        (deployment({"database": None}), f"{LAID}, {ASKED}, pull, {CHECKED.replace('wait, ', '')}, {END}"),
        (deployment({"migrate": None}), f"{LAID}, {ASKED}, pull, backup, revision before, start, healthy, test, revision, e2e, {END}"),
        (deployment({"revision": None}), f"{LAID}, {ASKED}, pull, backup, wait, migrate, start, healthy, test, e2e, {END}"),
        (
            deployment({"downgrade": None}),
            f"{LAID}, {ASKED}, pull, backup, revision before, wait, migrate, start, healthy, test, revision, e2e, {END}",
        ),
        (
            deployment({"test": None}),
            f"{LAID}, {ASKED}, pull, backup, revision before, wait, migrate, start, healthy, e2e, revision, {END}",
        ),
        (
            deployment({"e2e": ()}),
            f"{LAID}, {ASKED}, pull, backup, revision before, wait, migrate, start, healthy, test, revision, {END}",
        ),
        (
            deployment({"e2e": example().environments["production"].e2e * 2}),
            f"{LAID}, {ASKED}, pull, backup, revision before, wait, migrate, start, healthy, test, revision, e2e 1, e2e 2, {END}",
        ),
        (deployment(BARE), f"{LAID}, {ASKED}, pull, start, healthy, {END}"),
        (going_back(), f"{LAID}, {ASKED}, backup, pull, start, healthy, test, revision, e2e, {END}"),
        (
            going_back(about=STOPPED),
            f"{LAID}, {ASKED}, {RESTARTED}, backup, pull, start, healthy, test, revision, e2e, {END}",
        ),
        (going_back(BARE), f"{LAID}, {ASKED}, pull, start, healthy, {END}"),
        (
            deployment({"route": ROUTE, **WITH_OTHERS}),
            f"{LAID}, router, pull, backup, revision before, leftovers, wait, migrate, beside, healthy, {PROVED}, "
            "route, outside, also up, worker up, also healthy, watch, switch, drain, tidy",
        ),
        (
            deployment(IN_PLACE),
            f"{LAID}, router, pull, backup, revision before, wait, migrate, start, healthy, {PROVED}, route, outside, watch, "
            "switch, tidy",
        ),
        (deployment({**BARE, "watch": Watch(seconds=5)}), f"{LAID}, {ASKED}, pull, start, healthy, watch, {END}"),
        (
            deployment({**BARE, "route": ROUTE, "watch": OFF}),
            f"{LAID}, router, pull, leftovers, beside, healthy, route, outside, switch, drain, tidy",
        ),
        (
            going_back({**IN_PLACE, "also": ("mail",)}),
            f"{LAID}, router, backup, pull, wait, start, healthy, also healthy, {PROVED}, route, outside, switch, tidy",
        ),
        (rehearsal(), f"{LOOKED}, room, backup, {STAGED}, restore, counts, {REHEARSED}"),
        (rehearsal(live=STOPPED), f"{LOOKED}, {RESTARTED}, room, backup, {STAGED}, restore, counts, {REHEARSED}"),
        (rehearsal(live=FIRST), f"{LOOKED}, {STAGED}, {REHEARSED}"),
        (
            rehearsal({"sanitize": Sanitize(sql="a.sql")}),
            f"{LOOKED}, room, backup, {STAGED}, restore, counts, sanitize, {REHEARSED}",
        ),
        (
            rehearsal({"migrate": None, "e2e": ()}, {"database": None}),
            f"{LOOKED}, {STAGED}, rest up, healthy, test, revision",
        ),
        (rehearsal(BARE, BARE), f"{LOOKED}, down, pull, rest up, healthy"),
        (
            rehearsal({"database": ELSEWHERE}, {"database": ELSEWHERE}),
            f"{LOOKED}, room, backup, down, pull, volume removed, wait, restore, counts, {REHEARSED}",
        ),
        (
            rehearsal({"database": BY_COMMANDS}, {"database": BY_COMMANDS}),
            f"{LOOKED}, backup, {STAGED}, restore, counts, {REHEARSED}",
        ),
    ],
)  # fmt: skip
def test_the_steps_and_their_order(plan: list[Step], expected: str) -> None:
    assert names(plan) == expected


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (rehearsal(live=FIRST), "production has no release yet: the rehearsal runs on an empty database"),
        (rehearsal(production={"database": None}), "production has no database yet: the rehearsal runs on an empty"),
        # what a first release that failed has left behind is no release
        (rehearsal(live=facts(database_up=True, database_there=True)), "production has no release yet"),
    ],
)
def test_a_rehearsal_on_an_empty_database_says_so_and_restores_nothing(plan: list[Step], said: str) -> None:
    by_name = {step.name: step.command.shown() for step in plan}
    assert by_name["database status"].startswith(said)
    assert "restore" not in by_name


def test_a_database_that_stands_still_is_started_from_the_release_that_runs() -> None:
    said: list[str] = []
    plan = deploy_procedure.plan(task(example(), "production", say=said.append), STOPPED)
    start = next(step for step in plan if step.name == "database start")
    assert f"{LIVE.folder}/production.yml:{LIVE.folder}/shipline.override.yml" in start.command.argv
    assert start.command.argv[-1] == "db"
    assert said == ["the database of production does not run: it is started"]


def test_a_rehearsal_that_stays_is_reached_by_its_route() -> None:
    app = with_environment(example(), "staging", keep_running=True, route=Route(hosts=("staging.example.org",)))
    assert names(rehearse_procedure.end_rehearsal(task(app, "staging"), facts(), None)) == "router, route, tidy"


def test_what_a_deployment_behind_a_route_began_is_taken_back_when_it_fails() -> None:
    behind = {"route": Route(hosts=("shop.example.org",))}
    undone = [(step.name, step.undo.shown()) for step in deployment(behind) if step.undo]
    leave = ("beside", "remove what is left beside the live web")
    assert undone == [leave, ("route", f"requests to the {release('1.4.1').name} web")]
    undone = [(step.name, step.undo.shown()) for step in deployment(behind, FIRST) if step.undo]
    assert undone == [leave, ("route", "no route to shop-production")]


flags = st.fixed_dictionaries({name: st.booleans() for name in BARE})
abouts = st.sampled_from([LIVE, STOPPED, FIRST])


@given(flags, abouts, st.sampled_from([deployment, going_back]))
def test_all_that_can_fail_comes_before_the_switch_and_the_backup_before_any_change(
    without: dict[str, bool], about: Facts, make: Callable[..., list[Step]]
) -> None:
    plan = make({name: BARE[name] for name, left_out in without.items() if left_out}, about)
    order = [step.name for step in plan]
    assert order[-2:] == ["switch", "tidy"]
    assert len(set(order)) == len(order)
    first_change = next(number for number, step in enumerate(plan) if step.writes)
    assert order[first_change] == ("migrate" if "migrate" in order else "start")
    assert all(order.index(name) < first_change for name in ("files", "backup", "pull") if name in order)
    assert "migrate" not in order or make is deployment


@given(flags, abouts)
def test_a_rehearsal_touches_nothing_of_production_but_its_database_to_read_it(
    without: dict[str, bool], live: Facts
) -> None:
    changes = {name: BARE[name] for name, left_out in without.items() if left_out and name != "database"}
    for step in rehearsal(changes, {"database": None} if without["database"] else {}, live):
        if "shop-production" in step.command.rendered():
            assert step.name in ("database status", "database start", "database ready", "room", "backup")
        assert step.undo is None or "shop-staging" in step.undo.rendered()


def test_what_a_rehearsal_started_is_taken_down_and_the_copy_removed_when_it_fails() -> None:
    undone = [(step.name, step.undo.shown()) for step in rehearsal() if step.undo]
    assert undone == [
        ("volume removed", "docker volume rm shop-staging_db-data"),
        ("volume created", "remove containers, networks and volumes of shop-staging"),
        ("rest up", "remove containers, networks and volumes of shop-staging"),
    ]


@pytest.mark.parametrize(
    ("keep", "tried", "expected"),
    [
        (False, None, "down, copy removed, tidy"),
        (False, Verdict.NEEDS_RESTORE, "down, copy removed, tidy"),
        (True, None, "tidy"),
        (True, Verdict.COMPATIBLE, "up again, healthy again, tidy"),
        (True, Verdict.NEEDS_DOWNGRADE, "up again, migrate again, healthy again, tidy"),
    ],
)
def test_a_rehearsal_ends_with_nothing_left_or_with_the_release_itself_running(
    keep: bool, tried: Verdict | None, expected: str
) -> None:
    app = with_environment(example(), "staging", keep_running=keep)
    back = WayBack(verdict=tried, version="1.4.1", digest=f"sha256:{'cd' * 32}") if tried else None
    assert names(rehearse_procedure.end_rehearsal(task(app, "staging"), facts(), back)) == expected


def test_steps_with_results_say_where_they_are() -> None:
    kept = {step.name: (step.counts, step.results) for step in deployment() if step.results}
    folder = "/opt/shipline/shop/production/results/20260131T120000Z-1a2b3c4d"
    assert kept == {"test": ("tests", f"{folder}/tests.xml"), "e2e": ("e2e", f"{folder}/e2e.xml")}


def test_a_service_gets_as_long_to_end_as_it_was_given() -> None:
    by_name = {step.name: step.command.argv for step in deployment({"route": ROUTE, **WITH_OTHERS})}
    assert by_name["also up"][-2:] == ("--no-deps", "mail")
    assert by_name["worker up"][-3:] == ("--timeout", "60", "worker")
    start = next(step.command.argv for step in deployment(WITH_OTHERS) if step.name == "start")
    assert start[-6:] == ("--no-deps", "--timeout", "60", "web", "mail", "worker")


def test_a_plan_is_the_same_from_the_same_facts() -> None:
    rendered = [[step.command.rendered() for step in deployment()] for _ in range(2)]
    assert rendered[0] == rendered[1]


def test_the_image_is_pulled_and_named_by_its_digest() -> None:
    pull = next(step for step in deployment() if step.name == "pull")
    assert pull.command.shown() == f"docker pull {release().reference}"


@pytest.mark.parametrize("program", [("docker", "compose"), ("docker-compose",)])
def test_compose_is_called_as_the_server_has_it(program: tuple[str, ...]) -> None:
    plan = [*deployment(about=facts(compose=program)), *rehearsal(live=facts(compose=program))]
    calls = [
        command.argv for command in commands(plan) if any(word.endswith("/shipline.compose") for word in command.argv)
    ]
    assert len(calls) == 9
    for argv in calls:
        project = argv.index("-p", argv.index("compose"))
        assert argv[project - len(program) : project] == program


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("backup of 12345 bytes, 99 database bytes, 3 tables, 7 rows, sha256 ab\n", 12345),
        ("a notice\nbackup of 7 bytes, 0 tables\n", 7),
        ("", None),
        ("backup of many bytes", None),
    ],
)
def test_a_backups_size_is_learnt_from_what_it_says(output: str, expected: int | None) -> None:
    backup = next(step for step in deployment() if step.name == "backup")
    assert backup.learn is not None
    said = backup.learn(output)
    assert said["backup"] == "/opt/shipline/shop/production/backups/20260131T120000Z-1a2b3c4d.dump"
    assert said["dump"]["dump_bytes"] == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [("0003 (head)\n", "0003"), ("INFO [alembic] PostgreSQL\n0002\n\n", "0002"), ("", None), ("\n \n", None)],
)
def test_a_revision_is_the_first_word_of_the_last_line(output: str, expected: str | None) -> None:
    asked = next(step for step in deployment() if step.name == "revision")
    assert asked.learn is not None
    assert asked.learn(output) == {"revision": expected}


# Every command of every plan


def commands(plan: list[Step]) -> Iterator[Command]:
    for step in plan:
        yield step.command
        if step.undo:
            yield step.undo


def nasty() -> App:
    """The example with all that an app's file may hold, in words that a shell would take for something else."""
    app = example()
    for name in app.environments:
        app = with_environment(
            app,
            name,
            migrate=("sh", "-c", "alembic upgrade \"$HEAD\" && echo 'done'"),
            revision=("it's", "`id`", "$(id)", "a\nb"),
            also=("worker",),
            e2e=(
                app.environments[name]
                .e2e[0]
                .model_copy(
                    update={"variables": {"quote": 'it\'s "x"', "dollar": "$(id) `id`", "empty": "", "line": "a\nb"}}
                ),
            ),
        )
    return app


def every_command() -> dict[str, Command]:
    """The commands of all plans, plain and journalled, by a name."""
    plans = {
        "deploy": deployment(),
        "first deploy": deployment(about=FIRST),
        "deploy on a stopped database": deployment(about=STOPPED),
        "rollback": going_back(),
        "deploy with all services": deploy_procedure.plan(task(example(), "production"), LIVE, EVERYTHING),
        "routed deploy": deployment({"route": ROUTE, **WITH_OTHERS}),
        "first routed deploy": deployment({"route": Route()}, FIRST),
        "deploy in place": deployment({**IN_PLACE, **WITH_OTHERS}),
        "bring back": strategy.bring_back(task(example(), "production"), LIVE, ServiceChanges(app=("web",))),
        "bring back in place": strategy.bring_back(
            task(with_environment(example(), "production", **IN_PLACE), "production"), LIVE, EVERYTHING
        ),
        "bring back beside": strategy.bring_back(
            task(with_environment(example(), "production", route=ROUTE), "production"), LIVE, EVERYTHING
        ),
        "rehearse": rehearsal(),
        "first rehearse": rehearsal(live=FIRST),
        "rehearse elsewhere": rehearsal({"database": ELSEWHERE}, {"database": ELSEWHERE}),
        "rehearse by commands": rehearsal({"database": BY_COMMANDS}, {"database": BY_COMMANDS}),
        "sanitize": rehearsal({"sanitize": Sanitize(script="it's.sh")}),
        "nasty deploy": deploy_procedure.plan(task(nasty(), "production"), LIVE),
        "nasty rehearse": rehearse_procedure.plan(
            task(nasty(), "staging"), facts(compose=("docker-compose",)), Site.of(nasty(), "production"), STOPPED
        ),
    }
    of = task(example(), "production")
    return {
        f"{plan}: {step.name}{end}": made
        for plan, all_steps in plans.items()
        for step in all_steps
        for number, command in enumerate(commands([step]))
        for end, made in (
            (" undo" * number, command),
            (f"{' undo' * number} journalled", journalled(of.site, of, step.name, command, seconds=step.timeout)),
        )
    }


def test_no_command_shows_a_secret() -> None:
    secrets = [Secret(PASSWORD), Secret(URL_PASSWORD), Secret(LOGIN), Secret("YWRhOnIzZzFzdHJ5LXc=")]
    for name, command in every_command().items():
        for text in (*command.argv, *command.environment.values(), command.rendered(), command.shown(), repr(command)):
            assert mask(text, secrets) == text, name


def shell_texts(text: str, argv: tuple[str, ...]) -> Iterator[str]:
    """A rendered command, and every shell program within it."""
    yield text
    for place, word in enumerate(argv):
        if word == "sh" and argv[place + 1 : place + 2] == ("-euc",):
            yield argv[place + 2]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_command_is_one_that_a_shell_can_read(shell: tuple[str, ...]) -> None:
    texts = {
        text: name
        for name, command in every_command().items()
        for text in shell_texts(command.rendered(), command.argv)
    }
    for text, name in texts.items():
        read = subprocess.run([*shell, "-n"], input=text, capture_output=True, text=True, check=False)
        assert (read.returncode, read.stderr) == (0, ""), f"{name}: {read.stderr}\n{text}"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_shell_that_reads_a_command_finds_the_same_words(shell: tuple[str, ...]) -> None:
    for name, command in every_command().items():
        read = subprocess.run([*shell, "-c", f"printf '%s\\0' {command.rendered()}"], capture_output=True, check=True)
        settings = [f"{key}={value}" for key, value in command.environment.items()]
        words = (*(["env", *settings] if settings else []), *command.argv)
        assert tuple(read.stdout.decode().split("\0")[:-1]) == words, name

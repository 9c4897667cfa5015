"""Hooks: where they may stand, what they come to in each stage, and how they are executed on the machine that runs Shipline."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import ConfigError, Secret
from pipeline_defs.config.pull_place import with_pull_place
from pipeline_defs.config.route import Route
from pipeline_defs.config.stage_hooks import Hook, Hooks
from pipeline_defs.doctor import app_checks as doctor
from pipeline_defs.doctor.finding import Level
from pipeline_defs.resources.hook_runner import HookRunner
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.command import CommandTimeout, command
from pipeline_defs.server.core.execution import FAILED_HOOKS, Execution
from pipeline_defs.server.core.journal import journal_path
from pipeline_defs.server.core.procedure import Procedure, StepFailed
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.rehearsal import rehearse_procedure
from pipeline_defs.server.steps.hook_steps import before, run_after
from pipeline_defs.server.strategies import deploy_procedure, rollback_procedure
from tests.unit.sample import PASSWORD, SHELLS, example, facts, release, task, with_environment
from tests.unit.test_config_mistakes import load

ONE = "true"
WORDS = ("/app/up load", "--to", 'a\'b "c" $(id) `id` \n é', "")
REPLACES = {"others up", "migrate", "start", "beside", "leftovers", "rest up", "downgrade", "route", "handover"}
LIVE = facts(
    database_up=True,
    database_there=True,
    running=release("1.4.1").reference,
    current=release("1.4.1"),
    folder="/opt/shipline/shop/production/releases/1.4.1",
)


def hooks(stage: str, *given: Hook) -> Hooks:
    return Hooks.model_validate({f"before_{stage}": given, f"after_{stage}": given})


# In the app's file


def test_a_hook_is_a_command_or_says_where_and_how_long(tmp_path: Path) -> None:
    given = {
        "before_deploy": "python manage.py 'collect static'",
        "after_deploy": [{"command": ["curl", "-f", "x"], "where": "shipline", "timeout": 5}, {"command": "warm up"}],
    }
    app = load(tmp_path, {"environments/production/hooks": given})
    found = app.environments["production"].hooks
    assert found.before_deploy == (Hook(command=("python", "manage.py", "collect static")),)
    assert [(each.command, each.where, each.timeout) for each in found.after_deploy] == [
        (("curl", "-f", "x"), "shipline", 5),
        (("warm", "up"), "release", 300),
    ]
    assert app.environments["staging"].hooks == Hooks(), "what touches production is not repeated by a rehearsal"


@pytest.mark.parametrize(
    ("place", "given", "named"),
    [
        ("staging", {"before_deploy": ONE}, "hooks.before_deploy"),
        ("staging", {"after_rollback": ONE}, "hooks.after_rollback"),
        ("production", {"before_stage": ONE}, "hooks.before_stage"),
        ("production", {"before_deploy": ["python", "manage.py"]}, "hooks.before_deploy"),
        ("production", {"before_deploy": {"command": ONE, "where": "elsewhere"}}, "where"),
        ("production", {"before_deploy": {"command": ONE, "timeout": 0}}, "timeout"),
        ("production", {"before_deploy": {"command": []}}, "command"),
        ("production", {"deploy": ONE}, "hooks.deploy"),
    ],
)
def test_a_hook_that_never_runs_as_it_is_meant_is_refused(
    tmp_path: Path, place: str, given: dict[str, object], named: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, {f"environments/{place}/hooks": given})
    assert f"environments.{place}.hooks" in str(refused.value) and named in str(refused.value)


def test_nothing_runs_for_a_pull_request() -> None:
    app = with_environment(example(), "staging", hooks=hooks("stage", Hook(command=("true",), where="shipline")))
    there, name = with_pull_place(app, 12, "development")
    assert there.environments[name].hooks == Hooks()


def test_a_program_that_is_not_on_this_machine_is_found_by_doctor() -> None:
    wanted = Hooks(
        before_deploy=(Hook(command=("sh", "-c", ":"), where="shipline"), Hook(command=("no-such-program",))),
        after_deploy=(Hook(command=("no-such-cdn", "sync"), where="shipline"),),
    )
    app = with_environment(example(), "production", hooks=wanted)
    assert [(each.level, each.says.partition(",")[0]) for each in doctor.hooks(app)] == [
        (Level.OK, "sh is there"),
        (Level.BROKEN, "environments.production.hooks.after_deploy runs no-such-cdn on this machine"),
    ]


# In the plans


@st.composite
def given_hooks(draw: st.DrawFn) -> tuple[Hook, ...]:
    made = st.builds(
        Hook,
        command=st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5), min_size=1).map(
            tuple
        ),
        where=st.sampled_from(["release", "shipline"]),
    )
    return tuple(draw(st.lists(made, min_size=1, max_size=3)))


def planned(stage: str, given: tuple[Hook, ...], routed: bool) -> list[Step]:
    if stage == "stage":
        app = with_environment(example(), "staging", hooks=hooks(stage, *given))
        return rehearse_procedure.plan(task(app, "staging"), facts(), Site.of(app, "production"), LIVE)
    route = Route(hosts=("shop.example.org",)) if routed else None
    app = with_environment(example(), "production", hooks=hooks(stage, *given), route=route)
    make = deploy_procedure.plan if stage == "deploy" else rollback_procedure.plan
    return make(task(app, "production"), LIVE)


@given(st.sampled_from(["stage", "deploy", "rollback"]), given_hooks(), st.booleans())
def test_hooks_before_come_before_any_change_and_hooks_after_come_last(
    stage: str, given: tuple[Hook, ...], routed: bool
) -> None:
    steps = planned(stage, given, routed)
    names = [str(step.name) for step in steps]
    assert len(set(names)) == len(names)
    numbers = [number for number, name in enumerate(names) if name.startswith(f"before {stage}")]
    assert len(numbers) == len(given)
    assert not REPLACES & set(names[: numbers[-1]])
    assert "pull" in names[: numbers[0]] and "backup" in names[: numbers[0]]
    assert [name.startswith(f"after {stage}") for name in names[-len(given) :]] == [True] * len(given)
    if stage != "stage":
        assert names.index("switch") < len(names) - len(given)
    for hook, step in zip(given * 2, [step for step in steps if " ".join(str(step.name).split()[:2]) in
                                      (f"before {stage}", f"after {stage}")], strict=True):  # fmt: skip
        assert step.here == (hook.where == "shipline")
        assert step.timeout == hook.timeout
        assert all(word in step.command.argv or word == hook.command[0] for word in hook.command)
        assert PASSWORD not in step.command.rendered()


def test_one_of_several_hosts_leaves_the_hooks_to_the_fleet() -> None:
    app = with_environment(example(), "production", hooks=hooks("deploy", Hook(command=("true",))))
    part = task(app, "production", without_hooks=True)
    assert not [step for step in deploy_procedure.plan(part, LIVE) if "deploy" in step.name]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_words_of_a_hook_in_the_release_reach_compose_as_they_are(shell: Sequence[str], tmp_path: Path) -> None:
    tool = tmp_path / "compose"
    tool.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    tool.chmod(0o755)
    app = with_environment(example(), "production", directory=tmp_path, hooks=hooks("deploy", Hook(command=WORDS)))
    site = Site.of(app, "production")
    folder = Path(site.folder(release()))
    folder.mkdir(parents=True)
    (folder / "settings.env").touch()
    [step] = before(site, task(app, "production"), (str(tool),), "deploy")
    settings = next(word for word in step.command.argv if word.startswith(str(folder)))
    Path(settings).touch()
    said = LocalRunner().run(command(*shell, *step.command.argv[1:]), timeout=30)
    assert said.ok, said.stderr
    words = json.loads(said.stdout)
    assert words[words.index("web") + 1 :] == list(WORDS[1:])
    assert words[words.index("--entrypoint") + 1] == "'/app/up load'", "Compose splits it once more"
    assert f"SHIPLINE_IMAGE={release().reference}" in words and "--rm" in words


# On this machine


def runner(**variables: str | Secret) -> HookRunner:
    return HookRunner(variables, [Secret(PASSWORD)])


def test_a_program_has_the_variables_of_its_release_and_none_of_shiplines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_PASSWORD", "of-another-app")
    done = runner(TOKEN=Secret(PASSWORD), PATH="/nowhere").run(
        command("sh", "-c", 'env; pwd; ls -A; printf "<%s>" "$@"; cat', *WORDS, SHIPLINE_VERSION="1.4.2"), timeout=30
    )
    assert done.ok, done.stderr
    assert "of-another-app" not in done.stdout and "TOKEN=***" in done.stdout and PASSWORD not in done.stdout
    assert "SHIPLINE_VERSION=1.4.2" in done.stdout and f"PATH={os.environ['PATH']}" in done.stdout
    assert "/shipline-hook-" in done.stdout
    assert done.stdout.endswith("".join(f"<{word}>" for word in WORDS[1:]))


def test_its_exit_status_is_kept_and_one_that_is_not_there_is_named() -> None:
    assert runner().run(command("sh", "-c", "echo why >&2; exit 7"), timeout=30).status == 7
    missing = runner().run(command("no-such-program"), timeout=30)
    assert (missing.status, "no-such-program" in missing.stderr) == (127, True)


def running(mark: str) -> bool:
    return any(mark.encode() in path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())


def ended(mark: str) -> bool:
    end = time.monotonic() + 20
    while running(mark) and time.monotonic() < end:
        time.sleep(0.2)
    return not running(mark)


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    mark = f"hook-{os.getpid()}-late"
    with pytest.raises(CommandTimeout):
        runner().run(command("sh", "-c", f"trap '' TERM; sh -c 'sleep 600; : {mark}' & wait"), timeout=1)
    assert ended(mark)


def test_it_ends_with_the_run_that_was_killed() -> None:
    mark = f"hook-{os.getpid()}-killed"
    text = (
        "from pipeline_defs.resources.hook_runner import HookRunner\n"
        "from pipeline_defs.server.core.command import command\n"
        f"HookRunner({{}}).run(command('sh', '-c', 'echo begun; sleep 600; : {mark}'), timeout=600, listen=print)"
    )
    words = [sys.executable, "-u", "-c", text]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env={**os.environ, "X": ""}) as run:
        assert run.stdout is not None and run.stdout.readline() == b"begun\n"
        run.send_signal(signal.SIGKILL)
        run.wait(30)
    assert ended(mark)


# Journalled


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("journal", "logs", "results"):
        (tmp_path / name).mkdir()
    (tmp_path / "lock.token").write_text("7\n")
    return tmp_path


def journal(place: Path, given: Any) -> list[tuple[str, str]]:
    file = Path(journal_path(Site.of(given.app, "production"), given))
    entries = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [(entry["step"], entry["state"]) for entry in entries if entry["state"] != "said"]


def hooked(place: Path, *given: Hook) -> tuple[Site, Any]:
    app = with_environment(example(), "production", directory=place, hooks=hooks("deploy", *given))
    made = task(app, "production", here=runner())
    return Site.of(app, "production"), made


def here(*words: str, timeout: int = 30) -> Hook:
    return Hook(command=words, where="shipline", timeout=timeout)


def test_a_hook_here_is_journalled_on_the_server_and_those_that_follow_a_failure_do_not_run(place: Path) -> None:
    site, given = hooked(place, here("true"), here("sh", "-c", "echo the bucket is gone >&2; exit 3"), here("true"))
    execution = Execution(token="7")
    with pytest.raises(StepFailed, match="step before deploy 2: the bucket is gone"):
        Procedure(site, given, LocalRunner(), execution).run(before(site, given, ("x",), "deploy"))
    assert journal(place, given) == [
        ("before deploy 1", "doing"),
        ("before deploy 1", "done"),
        ("before deploy 2", "doing"),
        ("before deploy 2", "failed"),
    ]
    assert [(step.step, step.outcome) for step in execution.steps] == [
        ("before deploy 1", "done"),
        ("before deploy 2", "failed"),
    ]


def test_a_hook_that_takes_too_long_fails_and_whoever_lost_the_lock_begins_none(place: Path) -> None:
    site, given = hooked(place, here("sleep", "60", timeout=1))
    with pytest.raises(StepFailed, match="did not end within 1 s and was stopped"):
        Procedure(site, given, LocalRunner(), Execution(token="7")).run(before(site, given, ("x",), "deploy"))
    touched = place / "touched"
    site, given = hooked(place, here("touch", str(touched)))
    with pytest.raises(Exception, match="another run has taken over the lock"):
        Procedure(site, given, LocalRunner(), Execution(token="6")).run(before(site, given, ("x",), "deploy"))
    assert not touched.exists()


def test_after_a_failure_once_the_release_is_final_the_next_hook_runs(place: Path) -> None:
    site, given = hooked(place, here("false"), here("true"))
    execution = Execution(token="7")
    run_after(site, given, LocalRunner(), execution, ("x",), "deploy")
    [failed] = execution.facts[FAILED_HOOKS]
    assert "step after deploy 1: exit status 1" in failed
    assert journal(place, given)[-1] == ("after deploy 2", "done")

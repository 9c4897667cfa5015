"""The lint stage on real commits, with the real flake8; and how a stage tells what it does."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline_defs.config import load_app
from pipeline_defs.deployments.stage_log import open_log, stop
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.orchestration.ops.lint_op import lint_op
from pipeline_defs.release.records import Image
from pipeline_defs.resources.source_errors import SourceError
from tests.support.shop import git

APP = """
repository: {repository}
image: 127.0.0.1:9/team/shop
environments:
  production: {{hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}}
"""

Lint = Callable[..., Image]
GOOD = "print('hello')\n"
UNDEFINED = "print(nobody_knows_this)\n"


@pytest.fixture
def lint(tmp_path: Path, instance: dg.DagsterInstance) -> Lint:
    """Commits these files (and a version.txt) to development and gives what the stage makes of the commit."""
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=development")

    def run(more: str = "", config: dict[str, Any] | None = None, change: str = "", **files: str) -> Image:
        for name, text in {"version_txt": "1.2.3\n", **files}.items():
            (repository / name.replace("_", ".")).write_text(text)
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "a change")
        (tmp_path / "shop.yaml").write_text(APP.format(repository=repository) + more)
        stage = lint_op(load_app(tmp_path / "shop.yaml"))

        resources = {"source": SourceResource(workspace=str(tmp_path / "workspace")), "github": GitHubResource()}

        @dg.job(resource_defs=resources)
        def lint_alone() -> None:
            stage()

        given = {"ops": {"shop_lint": {"config": config or {}}}}
        tags = {"change": change} if change else {}
        ended = lint_alone.execute_in_process(run_config=given, instance=instance, tags=tags)
        image = ended.output_for_node("shop_lint")
        assert isinstance(image, Image)
        return image

    return run


def test_without_configuration_it_is_the_head_of_development(lint: Lint) -> None:
    image = lint(good_py=GOOD)
    assert (image.version, image.branch, len(image.commit)) == ("1.2.3", "development", 40)
    assert image.lint is not None
    assert (image.lint.command, image.lint.errors, image.lint.warnings) == ("flake8", 0, 0)


def test_a_bare_commit_belongs_to_the_branch_whose_head_it_is_else_to_none(lint: Lint) -> None:
    first = lint().commit
    assert lint(config={"commit": first}).branch == ""
    head = lint().commit
    assert lint(config={"commit": first[:10]}).commit == first
    assert head != first


def test_a_commit_of_a_fork_is_not_taken_for_ones_own(lint: Lint, tmp_path: Path) -> None:
    """However the run was launched: the op itself looks, after the commit has been fetched by its id."""
    lint()
    repository = tmp_path / "repository"
    git(repository, "checkout", "--quiet", "--detach")
    ran = tmp_path / "ran"
    (repository / "evil.py").write_text(GOOD)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "of a fork")
    fork = git(repository, "rev-parse", "HEAD")
    git(repository, "update-ref", "refs/pull/7/head", fork)
    git(repository, "checkout", "--quiet", "development")
    own = f'lint: ["touch", "{ran}"]\n'
    tries = [
        {"commit": fork},
        {"commit": fork[:10]},
        {"commit": fork, "branch": "development"},
        {"commit": fork, "pull": 7},
        {"commit": "refs/pull/7/head"},
        {"branch": "refs/pull/7/head"},
    ]
    for config in tries:
        with pytest.raises((SourceError, dg.Failure), match=r"no branch or tag|is no branch, tag or commit"):
            lint(own, config=config)
    assert not ran.exists()
    git(repository, "branch", "topic", fork)
    assert lint(own, config={"commit": fork}).commit == fork
    assert ran.exists()


def test_a_pull_request_runs_no_command_of_its_own_before_it_is_merged(lint: Lint, tmp_path: Path) -> None:
    """However the run was launched: nothing says `untrusted` here."""
    ran = tmp_path / "ran"
    own = f'lint: ["touch", "{ran}"]\ngithub: {{repository: acme/shop, token: {{env: NOT_SET}}%s}}\n'
    head = lint().commit
    pull = {"commit": head, "branch": "development", "pull": 7}
    confined = lint(own % "", config=pull, change=f"pull:shop:7:{head}:development")
    assert confined.untrusted
    assert confined.lint is not None
    assert confined.lint.command.startswith("flake8, as `touch ")
    assert not ran.exists()
    merged = lint(own % "", config=pull, change=f"merge:shop:development:{head}")
    assert (merged.untrusted, ran.exists()) == (False, True)
    ran.unlink()
    trusted = lint(own % ", pulls: trusted", config=pull, change=f"pull:shop:7:{head}:development")
    assert (trusted.untrusted, ran.exists()) == (False, True)


LOOKS_AROUND = """
test "$(id -u)" != 0 || { echo it is root; exit 1; }
test -z "$(printenv SHOP_DB_PASSWORD)" || { echo it has a secret; exit 1; }
! touch /checkout/new /usr/new 2>/dev/null || { echo it can write; exit 1; }
test "$(cat /proc/net/route | wc -l)" = 1 || { echo it has a network; exit 1; }
! grep -q SHOP_DB_PASSWORD /proc/[0-9]*/environ 2>/dev/null || { echo it sees the processes of this machine; exit 1; }
grep -q '^CapBnd:.*0000000000000000$' /proc/self/status || { echo it has capabilities; exit 1; }
test ! -e /var/run/docker.sock || { echo it has the Engine; exit 1; }
touch /tmp/mine && cat /checkout/look.sh >/dev/null
"""


@pytest.mark.parametrize(
    "change",
    ["pull:shop:7:head:development", pytest.param("merge:shop:development:head", marks=pytest.mark.thorough)],
)
def test_in_an_image_a_command_has_the_files_and_nothing_else(
    lint: Lint, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setenv("SHOP_DB_PASSWORD", "the-secret")
    own = "lint: {command: sh look.sh, image: 'debian:bookworm-slim'}\ngithub: {repository: acme/shop, token: {env: NOT_SET}}\n"
    head = lint(look_sh=LOOKS_AROUND).commit
    image = lint(own, config={"commit": head, "branch": "development", "pull": 7}, change=change)
    assert image.lint is not None
    assert (image.untrusted, image.lint.command) == (change.startswith("pull"), "sh look.sh")
    if image.untrusted:
        failing = lint(look_sh="echo nothing is right; exit 3").commit
        with pytest.raises(dg.Failure, match=r"^lint failed: `sh look.sh` ended with status 3: nothing is right$"):
            lint(own, config={"commit": failing, "branch": "development", "pull": 7}, change=change)


def test_what_can_never_run_stops_the_stage(lint: Lint) -> None:
    with pytest.raises(dg.Failure, match=r"^lint failed: flake8 found 1 error \(F821\), shown in the log$"):
        lint(bad_py=UNDEFINED)


def test_the_apps_own_configuration_cannot_hide_errors_nor_bring_code(lint: Lint, tmp_path: Path) -> None:
    own = f"[flake8]\nextend-ignore = F821\n[flake8:local-plugins]\nextension =\n    X1 = spy:Spy\npaths = {tmp_path}\n"
    (tmp_path / "spy.py").write_text(f"open({str(tmp_path / 'spied')!r}, 'w')\nclass Spy: pass\n")
    with pytest.raises(dg.Failure, match="F821"):
        lint(bad_py=UNDEFINED, setup_cfg=own, _flake8=own, flake8_py=f"open({str(tmp_path / 'spied')!r}, 'w')\n")
    assert not (tmp_path / "spied").exists()


def test_style_is_counted_by_code_and_stops_nothing(lint: Lint) -> None:
    image = lint(style_py="import os\nimport sys\nx=1\n" + f"y = {'1' * 200}\n")
    assert image.lint is not None
    assert image.lint.by_code == {"E225": 1, "E501": 1, "F401": 2}
    assert image.lint.warnings == 4


def test_an_own_command_takes_the_place_of_flake8(lint: Lint) -> None:
    assert lint("lint: test -f bad.py", bad_py=UNDEFINED).lint is not None
    with pytest.raises(dg.Failure, match=r"^lint failed: `test -f none.py` ended with status 1: it said nothing$"):
        lint("lint: test -f none.py")


def test_an_own_command_sees_no_secret_of_this_machine(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB_PASSWORD", "the-secret")
    with pytest.raises(dg.Failure, match=r"ended with status 1"):
        lint("lint: printenv SHOP_DB_PASSWORD")
    assert os.environ["SHOP_DB_PASSWORD"] == "the-secret"


def test_a_version_file_that_names_no_version_is_said_with_its_place(lint: Lint) -> None:
    with pytest.raises(dg.Failure, match=r"version\.txt at commit [0-9a-f]{12} of .*: 'soon' is not a version"):
        lint(version_txt="soon\n")


@pytest.fixture
def logged(instance: dg.DagsterInstance) -> Callable[..., list[str]]:
    """Runs a stage of one op, and gives what it told, one text for each event."""

    def run(stage: Callable[[dg.OpExecutionContext], None]) -> list[str]:
        @dg.op
        def alone(context: dg.OpExecutionContext) -> None:
            stage(context)

        @dg.job
        def job() -> None:
            alone()

        result = job.execute_in_process(instance=instance, raise_on_error=False)
        return [event.user_message for event in instance.all_logs(result.run_id) if event.dagster_event is None]

    return run


def test_what_is_told_has_no_secret_of_the_app(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cr3t-w0rd")
    (tmp_path / "shop.yaml").write_text(
        APP.format(repository=tmp_path) + "registry: {username: {env: NOT_SET}, password: {env: SHOP_TOKEN}}\n"
    )
    app = load_app(tmp_path / "shop.yaml")

    @dg.op
    def fails(context: dg.OpExecutionContext) -> None:
        with open_log(context, hides=app) as log:
            log.listen("a program said \x1b[31ms3cr3t\x1b[0m-w0rd")
            log.say(f"the login is {os.environ['SHOP_TOKEN']}")
            raise stop(f"the tests failed: {os.environ['SHOP_TOKEN']}")

    @dg.job
    def job() -> None:
        fails()

    result = job.execute_in_process(instance=instance, raise_on_error=False)
    told = "\n".join(event.to_json() for event in instance.all_logs(result.run_id))
    assert "s3cr3t" not in told
    assert "a program said \\u001b[31m***" in told or "a program said ***" in told
    assert ("the login is ***" in told, "the tests failed: ***" in told) == (True, True)


def test_output_is_told_whole_and_in_portions(logged: Callable[..., list[str]]) -> None:
    def talk(context: dg.OpExecutionContext) -> None:
        with open_log(context) as log:
            for number in range(1000):
                log.listen(f"line {number}")
            log.say("done")

    told = logged(talk)
    assert "\n".join(told).splitlines() == [*(f"line {number}" for number in range(1000)), "done"]
    assert len(told) < 50


def test_a_line_is_told_while_the_program_is_silent(
    logged: Callable[..., list[str]], instance: dg.DagsterInstance
) -> None:
    seen: list[bool] = []

    def work(context: dg.OpExecutionContext) -> None:
        with open_log(context) as log:
            log.listen("this takes a while")
            end = time.monotonic() + 60
            while time.monotonic() < end and not seen:
                if any(event.user_message == "this takes a while" for event in instance.all_logs(context.run_id)):
                    seen.append(True)
                time.sleep(0.1)

    logged(work)
    assert seen


def test_an_expected_error_ends_a_stage_with_its_sentence_alone(instance: dg.DagsterInstance) -> None:
    @dg.op
    def fails(context: dg.OpExecutionContext) -> None:
        with open_log(context):
            raise SourceError("the repository cannot be read; look there")

    @dg.job
    def job() -> None:
        fails()

    with pytest.raises(dg.Failure) as failure:
        job.execute_in_process(instance=instance)
    assert failure.value.description == "the repository cannot be read; look there"
    assert failure.value.allow_retries is False
    assert failure.value.__cause__ is None

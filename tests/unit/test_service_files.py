"""The files in docker/: what they let through, and that they say the same as those that they stand beside."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_defs.config.home import PROJECT
from pipeline_defs.runtime.container_launcher import LABEL, files

FOLDER = PROJECT / "docker"


def allowed(who: str, call: str) -> bool:
    """True where a line of the list matches, as HAProxy compares it."""
    lines = (FOLDER / "engine" / who).read_text().splitlines()
    return any(re.search(line, call) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("who", ["launch", "stop", "runs"])
@pytest.mark.parametrize(
    "call",
    [
        "POST /containers/ab12/exec",
        "POST /exec/ab12/start",
        "PUT /containers/ab12/archive",
        "POST /swarm/init",
        "POST /plugins/pull",
        "POST /containers/prune",
        "POST /containers/ab12/update",
        "GET /secrets",
        "POST /commit",
        "GET /containers/ab12/jsonx",
        "GET /v1.41/version",
    ],
)
def test_nobody_may_ask_for_what_nobody_needs(who: str, call: str) -> None:
    assert not allowed(who, call)


@pytest.mark.parametrize(
    ("call", "who"),
    [
        ("GET /_ping", {"launch", "stop", "runs"}),
        ("POST /containers/create", {"launch", "runs"}),
        (f"POST /containers/{'ab12' * 16}/kill", {"launch", "stop", "runs"}),
        ("POST /containers/ab12/kill", {"launch", "runs"}),
        ("DELETE /containers/ab12", {"launch", "runs"}),
        ("POST /build", {"runs"}),
        ("POST /build/prune", {"runs"}),
        ("POST /images/prune", set()),
        ("GET /system/df", {"runs"}),
        ("POST /images/127.0.0.1:5000/team/blog/push", {"runs"}),
        ("GET /images/json", {"runs"}),
        ("POST /networks/create", {"runs"}),
    ],
)
def test_each_may_ask_for_what_it_needs(call: str, who: set[str]) -> None:
    assert {name for name in ("launch", "stop", "runs") if allowed(name, call)} == who


def test_each_program_sees_the_secrets_that_it_needs() -> None:
    """Its mounts below the service's folder, and whether it is in a network with the internet, the database or the Engine."""
    services = read(FOLDER / "compose.yaml")["services"]
    secrets = {name for name, each in services.items() if any("/secrets" in source for source in sources(each))}
    assert secrets == {"code", "deliveries"}  # and each run's container
    database = {name for name, each in services.items() if any(source.endswith("/pgpass") for source in sources(each))}
    assert database == {"storage", "code", "daemon", "webserver", "deliveries", "observe", "worker"}
    assert sources(services["webhooks"]) == ["${SHIPLINE_SERVICE}/home/deliveries"]
    assert services["webhooks"]["networks"] == ["hooks"]
    assert [name for name, each in services.items() if "hooks" in each["networks"]] == ["webhooks", "caddy"]
    assert set(services["webhooks"]["environment"]) == {"SHIPLINE_DELIVERIES", "SHIPLINE_LOG_FORMAT"}
    assert sources(services["keeper"]) == []


def sources(service: dict[str, Any]) -> list[str]:
    return [each["source"] for each in service.get("volumes", []) if isinstance(each, dict)]


def test_a_run_finds_home_and_secrets_where_the_engine_does() -> None:
    variables = {
        "SHIPLINE_SERVICE": "/srv/s",
        "SHIPLINE_HOME": "/srv/s/home",
        "SHIPLINE_RUNS_KEY": "k",
        "PGPASSFILE": "/p",
    }
    assert files(variables) == {
        "volumes": ["/srv/s/home:/srv/s/home", "/srv/s/secrets:/run/secrets:ro", "/srv/s/own/pgpass:/p:ro"],
        "labels": {LABEL: "k"},
    }


def test_the_service_queues_and_watches_runs_as_a_checkout_does() -> None:
    own, checkout = (read(folder / "dagster.yaml") for folder in (FOLDER, PROJECT))
    assert {name: value for name, value in own.items() if name not in ("storage", "run_launcher")} == checkout


def test_with_workers_only_launcher_and_places_in_the_queue_differ() -> None:
    workers, alone = read(FOLDER / "dagster-workers.yaml"), read(FOLDER / "dagster.yaml")
    assert workers.pop("run_launcher") != alone.pop("run_launcher")
    assert workers["run_coordinator"].pop("config") == {"max_concurrent_runs": {"env": "SHIPLINE_RUNS"}}
    assert alone["concurrency"]["runs"].pop("max_concurrent_runs") == 8
    assert alone["concurrency"]["runs"]["tag_concurrency_limits"].pop() == {"key": "share", "limit": 6}
    assert workers["run_monitoring"].pop("start_timeout_seconds") > alone["run_monitoring"].pop("start_timeout_seconds")
    assert workers == alone


def test_the_image_has_the_versions_that_are_tested() -> None:
    own, all_of_them = (pinned(folder / "requirements.txt") for folder in (FOLDER, PROJECT))
    assert own <= all_of_them
    assert not {"pytest", "mypy", "mkdocs-material"} & {name.partition("==")[0] for name in own}


SETTINGS = r"""SHIPLINE_A=1
# a comment

SHIPLINE_B="two words"
SHIPLINE_C='q'
SHIPLINE_D=
"""


def read_settings(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What bash makes of a file of settings: the variables, one a line."""
    (folder / "settings").write_text(text)
    (function,) = re.findall(r"^read_values\(\) \{.*?^\}", (PROJECT / "scripts/service").read_text(), re.M | re.S)
    script = (
        f'fail() {{ echo "$*" >&2; exit 1; }}\n{function}\nread_values settings; env | grep ^SHIPLINE_[A-D]= | sort'
    )
    return subprocess.run(
        ["bash", "-euc", script], cwd=folder, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}
    )


def test_settings_are_data(tmp_path: Path) -> None:
    assert read_settings(SETTINGS, tmp_path).stdout.splitlines() == [
        "SHIPLINE_A=1", "SHIPLINE_B=two words", "SHIPLINE_C=q", "SHIPLINE_D=",
    ]  # fmt: skip
    shipped = read_settings((FOLDER / "settings").read_text(), tmp_path)
    assert shipped.returncode == 0 or not shipped.stderr, shipped.stderr


@pytest.mark.parametrize(
    "line",
    [
        "PATH=/evil",
        "SHIPLINE_A=$(touch evil)",
        "SHIPLINE_A=`touch evil`",
        "touch evil",
        "SHIPLINE_A=$HOME",
        'SHIPLINE_A="a"; touch evil',
    ],
)
def test_a_line_of_settings_that_a_shell_would_execute_is_refused(line: str, tmp_path: Path) -> None:
    said = read_settings(f"SHIPLINE_B=1\n{line}\n", tmp_path)
    assert (said.returncode, line in said.stderr) == (1, True)
    assert not (tmp_path / "evil").exists()


def read(file: Any) -> Any:
    return yaml.safe_load(file.read_text())


def pinned(file: Any) -> set[str]:
    """Each package as name==version."""
    return set(re.findall(r"^([a-z][\w.\[\]-]*==[^ ;\\]+)", file.read_text(), re.MULTILINE))

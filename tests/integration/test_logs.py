"""Logs of containers on a real server, over SSH: the last lines, what comes then, and no secret in any of them."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.config.home import PROJECT
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from tests.integration.containers import bare_place, start
from tests.support.shop import Shop

SECRET = "s3cr3t-of-the-shop"
SPEAKS = "for each in 1 2 3; do echo line $each; done; echo the password is $0 >&2; exec sleep 1000"
COUNTS = "number=0; while :; do number=$((number + 1)); echo tick $number; sleep 0.2; done"

APP = """
repository: team/shop
image: registry.example.org/team/shop
environments:
  production:
    hosts: {{address: "{host.address}", port: {host.port}, key: "{host.key}", known_hosts: "{host.known_hosts}"}}
    directory: {directory}
    compose: production.yml
    secrets: {{SHOP_PASSWORD: {{env: SHOP_TEST_PASSWORD}}}}
"""
_FOLLOWED = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '[d]ocker logs [^|]*--follow' || :"


@pytest.fixture
def server(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A server on which containers of the shop can be started, and a home that knows the shop."""
    with bare_place(shop) as (server, site):
        for name, folder in {"HOME": "home", "APPS": "apps"}.items():
            monkeypatch.setenv(f"SHIPLINE_{name}", str(tmp_path / folder))
        monkeypatch.setenv("SHOP_TEST_PASSWORD", SECRET)
        (tmp_path / "apps").mkdir()
        text = APP.format(host=site.config.host, directory=site.config.directory)
        (tmp_path / "apps" / "shop.yaml").write_text(text)
        yield server


def heard(capsys: pytest.CaptureFixture[str], count: int, *words: str) -> list[str]:
    """What the command shows, once the containers have said so many lines."""
    for _ in range(100):
        capsys.readouterr()
        assert main(["logs", "shop", "production", *words]) == 0
        lines = capsys.readouterr().out.splitlines()
        if len(lines) >= count:
            return lines
        time.sleep(0.1)
    raise AssertionError(f"{lines} are not {count} lines")


def test_the_last_lines_of_each_container_are_shown_without_secrets(
    server: Connection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["logs", "shop", "production"]) == 1
    assert "nothing of shop production runs on" in capsys.readouterr().err

    start(server, SPEAKS.replace("$0", shlex.quote(SECRET)))
    shown = heard(capsys, 4)
    assert sorted(shown) == ["web | line 1", "web | line 2", "web | line 3", "web | the password is ***"]
    assert len(heard(capsys, 2, "--lines", "2", "--since", "1h")) == 2

    monkeypatch.delenv("SHOP_TEST_PASSWORD")
    assert main(["logs", "shop", "production"]) == 1
    assert "SHOP_TEST_PASSWORD is not set" in capsys.readouterr().err


def test_what_comes_is_followed_until_it_is_ended_and_nothing_is_left_on_the_server(server: Connection) -> None:
    start(server, COUNTS)
    command = [sys.executable, "-m", "pipeline_defs.cli.main", "logs", "shop", "production", "--follow"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        first = [following.stdout.readline().strip() for _ in range(20)]
        assert "web | tick 3" in first
        assert server.run(script(_FOLLOWED), timeout=30).stdout.strip() == "1"
        following.send_signal(signal.SIGINT)
        following.stdout.read()
        assert following.wait(timeout=60) == 0
    assert server.run(script(_FOLLOWED), timeout=30).stdout.strip() == "0"


def test_words_that_name_nothing_are_refused_before_anything_is_asked(
    server: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in {
        ("prod",): "no environment 'prod'",
        ("production", "--since", "soon"): "is no distance",
        ("production", "--follow", "--json"): "leave out --follow",
        ("abcd1234",): "Shipline is not running here",
    }.items():
        assert main(["logs", "shop", *words]) in (1, 2)
        assert said in capsys.readouterr().err

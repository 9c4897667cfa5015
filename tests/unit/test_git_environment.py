"""What git and its helpers see of Shipline's environment."""

from pathlib import Path

import pytest

from pipeline_defs.resources.git import Git


def test_git_and_its_helpers_get_no_secret_of_shiplines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "alias.show-me", "GIT_CONFIG_VALUE_0": "!env"}
    for name, value in {**own, "SSH_AUTH_SOCK": "/agent", "https_proxy": "http://proxy:1"}.items():
        monkeypatch.setenv(name, value)
    for name in ("SHOP_DB_PASSWORD", "GIT_TOKEN", "SSH_KEY", "SHIPLINE_TAKEN_FROM_ENV_FILE"):
        monkeypatch.setenv(name, "the-secret")
    shown = Git("shop", str(tmp_path), None).run("show-me").stdout
    assert "the-secret" not in shown
    assert {"SSH_AUTH_SOCK=/agent", "https_proxy=http://proxy:1", "GIT_TERMINAL_PROMPT=0"} <= set(shown.splitlines())

"""The command answers at once: what needs no Dagster does not import it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_defs.config.home import PROJECT
from tests.support.shop import git

APP = """
repository: {repository}
image: git.example.org/team/shop
environments:
  production: {{hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}}
"""
ASK = "import sys; from pipeline_defs.cli.main import main; main(sys.argv[1:]); print('dagster' in sys.modules)"


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["check"],
        ["init", "."],
        ["doctor"],
        ["trust-host", "127.0.0.1:1"],
        ["down"],
        ["env"],
        ["run", "deploy", "shop", "--version", "1.0.0"],
        ["run", "integrate", "shop"],
        ["run", "deploy", "shop"],
        ["run", "rollback", "shop"],
    ],
)
def test_dagster_is_not_imported(words: list[str], tmp_path: Path) -> None:
    repository = tmp_path / "shop"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "first")
    git(repository, "branch", "development")
    (tmp_path / "shop.yaml").write_text(APP.format(repository=repository))
    environment = os.environ | {"SHIPLINE_HOME": str(tmp_path / "home"), "SHIPLINE_APPS": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ASK, *words], cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "False"

"""What `shipline check` says of a repository's files, with Docker Compose on this machine and no server."""

import json
from pathlib import Path

from pipeline_defs.config import load_app
from pipeline_defs.doctor.offline_compose import in_folder, rendered
from tests.support.shop import git

APP = """
repository: team/users
image: git.example.org/team/users
environments:
  production:
    hosts: a.example.org
    directory: /opt/users/production
    compose: compose.yml
    e2e: {collection: users.json%s}
"""
WRITES = {"item": [{"name": "add", "request": {"url": "{{base_url}}/users", "method": "POST"}}]}
COMPOSE = "services: {web: {image: users, healthcheck: {test: 'true'}}}\n"


def test_a_collection_that_changes_data_in_production_is_noted_and_refuses_nothing(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text(COMPOSE)
    (tmp_path / "users.json").write_text(json.dumps(WRITES))
    file = tmp_path / "users.yaml"

    def found(more: str) -> tuple[list[str], str, list[str]]:
        file.write_text(APP % more)
        looked = in_folder(load_app(file), tmp_path, "c" * 40)
        return looked.refusals, looked.missed, [each for each in looked.notes if "users.json" in each]

    refusals, missed, [note] = found("")
    assert (refusals, missed) == ([], "")
    assert note.startswith("production: users.json changes data in production (add); write `production: safe`")
    assert found(", production: safe") == ([], "", [])


def test_a_commit_without_a_version_is_named(tmp_path: Path) -> None:
    root = tmp_path / "users"
    root.mkdir()
    (root / "compose.yml").write_text(COMPOSE)
    git(root, "init", "--quiet", "--initial-branch=main")
    file = tmp_path / "users.yaml"
    file.write_text((APP % ", production: safe").replace("team/users", str(root), 1).replace("    e2e:", "    #e2e:"))

    def refused() -> list[str]:
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "-m", "a change")
        return rendered(load_app(file), tmp_path / "workspace").refusals

    [told] = refused()
    assert told.startswith("version_file names version.txt, which is not in the repository")
    assert told.endswith("write one: echo 0.1.0 >version.txt")
    (root / "version.txt").write_text("1.2\n")
    [told] = refused()
    assert told.startswith("version.txt: ") and told.endswith("write three numbers, such as 0.1.0")
    (root / "version.txt").write_text("1.2.0\n")
    assert refused() == []

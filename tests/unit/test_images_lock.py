"""Images of others: by the digests of images.lock, else by their tags, and that is said."""

from pathlib import Path

import pytest
import yaml

from pipeline_defs.config import pinned_images
from pipeline_defs.config.home import PROJECT
from pipeline_defs.doctor.machine_checks import images as looked
from pipeline_defs.server.steps.verification import NEWMAN

DIGEST = f"sha256:{'ab' * 32}"


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock with one digest, in the place of the checkout's."""
    file = tmp_path / "images.lock"
    file.write_text(f"# about it\ncaddy:2 {DIGEST}\npostgres:15\n")
    monkeypatch.setattr(pinned_images, "_lock", lambda: pinned_images.read_lock(file))
    monkeypatch.delenv(pinned_images.SETTING)
    return file


def test_what_has_a_digest_is_used_by_it_and_all_else_as_it_is_named(lock: Path) -> None:
    assert pinned_images.pinned("caddy:2") == f"caddy:2@{DIGEST}"
    assert [pinned_images.pinned(name) for name in ("postgres:15", "caddy:2.9", "team/shop@sha256:1")] == [
        "postgres:15", "caddy:2.9", "team/shop@sha256:1",
    ]  # fmt: skip
    (said,) = looked()
    assert (said.level, "postgres:15" in said.says, "caddy" in said.says) == ("warning", True, False)


def test_tags_alone_are_used_where_that_is_asked_for(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pinned_images.SETTING, "tags")
    assert pinned_images.pinned("caddy:2") == "caddy:2"
    assert [each.level for each in looked()] == ["ok"]


@pytest.mark.parametrize("line", ["caddy:2 sha256:12", "caddy:2 latest", f"caddy:2  {DIGEST}"])
def test_a_lock_that_is_wrong_is_not_passed_over(lock: Path, line: str) -> None:
    lock.write_text(line)
    with pytest.raises(ValueError, match="is no digest"):
        pinned_images.read_lock(lock)


def test_all_that_is_started_by_itself_is_in_the_lock() -> None:
    names = pinned_images.read_lock(pinned_images.LOCK)
    services = yaml.safe_load((PROJECT / "docker" / "compose.yaml").read_text())["services"].values()
    variables = {each["image"] for each in services if "image" in each}
    own = {"${SHIPLINE_IMAGE}", "${SHIPLINE_ENGINE_IMAGE}"}
    assert variables - own == {"${SHIPLINE_POSTGRES}", "${SHIPLINE_CADDY}", "${SHIPLINE_REDIS}"}
    recipe = (PROJECT / "docker" / "Dockerfile").read_text()
    bases = {line.partition("=")[2] for line in recipe.splitlines() if line.startswith("ARG ") and ":" in line}
    assert {*bases, *pinned_images._IN_SERVICE.values(), NEWMAN} == set(names)

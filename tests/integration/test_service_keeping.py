"""A service and its data: what a lost database, a lost machine and an upgrade that fails leave of runs, events and secrets."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.config.home import PROJECT
from tests.support.old_storage import POSTGRES, STATUSES
from tests.support.service import RunningService
from tests.support.service import service as running_service
from tests.support.service_app import lint_and_reach_registry
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.waiting import holds_within

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]  # the first time the images are built

LINES = 40
SECRETS = ("own/database", "own/password", "secrets/password", "secrets/ssh-key")


@pytest.fixture(scope="module")
def service(testbed: TestBed) -> Iterator[RunningService]:
    with running_service(testbed, "test-keeping") as running:
        yield running


def test_a_lost_database_loses_no_run_and_no_event(service: RunningService) -> None:
    """It is started anew while a run writes its log; the run waits for it, and goes on."""
    script = service.home / "talk.sh"
    reach = lint_and_reach_registry(service.home, service.bed)
    script.write_text(f"{reach}\nfor n in $(seq {LINES}); do echo line-$n-; sleep 0.25; done\n")
    script.chmod(0o644)
    run = service.start_run(f"sh {script}")
    (database,) = service.words("ps", "--quiet", "database").split()
    assert holds_within(60, lambda: "line-1-" in service.messages(run))
    docker.docker("restart", database)
    assert service.ends(run) == "SUCCESS"
    said = service.messages(run)
    assert [n for n in range(1, LINES + 1) if f"line-{n}-" not in said] == []


def test_a_service_is_made_again_from_its_backup_on_an_empty_machine(service: RunningService, tmp_path: Path) -> None:
    run = service.start_run("sleep 600")
    before = service.runs()
    secrets = {name: (service.folder / name).read_text() for name in SECRETS}
    backup = tmp_path / "shipline.tar.gz"
    service.words("backup", str(backup))
    assert backup.stat().st_mode & 0o777 == 0o600
    assert "is there already: name another file" in service.called("backup", str(backup)).stderr
    assert "there is a service in" in service.called("restore", str(backup)).stderr
    service.leave_bed()
    service.words("down", "--volumes")
    assert f"{service.project}_database" not in docker.docker("volume", "ls")
    shutil.rmtree(service.folder)

    service.words("restore", str(backup))
    assert {name: (service.folder / name).read_text() for name in SECRETS} == secrets
    service.words("up")
    assert holds_within(60, service.answers)
    assert service.ends(run) == "FAILURE"  # its container was on the machine that is gone
    assert holds_within(60, lambda: len(service.runs()) > len(before))
    (again,) = service.runs().keys() - before.keys()  # as it changes nothing
    assert {**service.runs(), run: before[run]} == {**before, again: service.runs()[again]}
    assert holds_within(60, lambda: service.stops(again))
    assert service.ends(again) == "CANCELED"


BREAK = """
USER root
RUN sed -i 's/    instance.upgrade()/    instance.wipe(); raise OSError("the disk is full")/' \\
  /opt/shipline/pipeline_defs/runtime/backups/storage_schema.py
USER shipline
"""


@pytest.fixture
def worse_version(tmp_path: Path) -> Iterator[Path]:
    """A checkout whose upgrade destroys the database and then fails."""
    copy = tmp_path / "worse"
    left_out = shutil.ignore_patterns(".git", ".venv", ".shipline", "*_cache", "__pycache__", ".hypothesis")
    shutil.copytree(PROJECT, copy, symlinks=True, ignore=left_out)
    (copy / ".shipline").mkdir()
    for made in (".venv", ".shipline/bin"):
        if (PROJECT / made).exists():
            (copy / made).symlink_to(PROJECT / made)
    recipe = copy / "docker" / "Dockerfile"
    last_of_shipline = "USER shipline\n"
    recipe.write_text(recipe.read_text().replace(last_of_shipline, BREAK.lstrip(), 1))
    yield copy
    label = f"label=shipline.checkout={checkout_id(copy)}"
    images = docker.docker("image", "ls", "--quiet", "--filter", label).split()
    if images:
        docker.docker("image", "rm", "--force", *dict.fromkeys(images), check=False)


def checkout_id(checkout: Path) -> str:
    """The name that a checkout has on the Engine."""
    return hashlib.sha256(str(checkout.resolve()).encode()).hexdigest()[:10]


def test_an_upgrade_that_fails_brings_everything_back(service: RunningService, worse_version: Path) -> None:
    before = service.runs()
    image = image_of(service, "code")
    done = service.called("upgrade", checkout=worse_version)
    assert done.returncode == 1
    assert "the disk is full" in done.stderr
    assert "the database cannot be upgraded: see above. All is as it was before; the backup is" in done.stderr
    assert holds_within(60, service.answers)
    assert service.runs() == before
    assert image_of(service, "code") == image


def image_of(service: RunningService, program: str) -> str:
    (container,) = service.words("ps", "--quiet", program).split()
    return docker.docker("inspect", "--format", "{{.Image}}", container)


def test_an_old_database_is_upgraded_by_one_command(service: RunningService) -> None:
    """`up` refuses it and names the command; after that all of its runs are there."""
    service.words("stop", "caddy", "webhooks", "webserver", "daemon", "code")
    psql = ["exec", "-T", "database", "psql", "-q", "-v", "ON_ERROR_STOP=1", "-U", "shipline"]
    service.words(
        *psql, "-d", "postgres", "-c", "drop database shipline with (force)", "-c", "create database shipline"
    )
    service.words(*psql, "-d", "shipline", input=POSTGRES.read_text())
    refused = service.called("up")
    assert refused.returncode == 1
    assert "its tables are of an older version (ec80dd91891a): say make upgrade" in refused.stderr
    service.words("upgrade")
    assert holds_within(60, service.answers)
    assert list(service.runs().values()) == STATUSES

"""What a server keeps: the images and backups that a way back needs, and nothing of others is touched."""

import pytest

from pipeline_defs.config.retention import Retention
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.shop import Shop

pytestmark = pytest.mark.small_app


def digests(server: Connection, repository: str, *among: Release) -> set[str]:
    """Which of these releases' images the server has; other tests may have left images without the app's label."""
    listed = server.run(script("docker image ls --digests --format '{{.Digest}}' \"$1\"", repository), timeout=30)
    return set(listed.stdout.split()) & {each.digest for each in among}


MANY = """
mkdir -p "$1/releases/shared" "$1/releases/of somebody else"
for n in $(seq 300); do mkdir "$1/releases/0.0.$n-old" && printf %s "$2" >"$1/releases/0.0.$n-old/shipline.release.json"; done
"""


def test_of_hundreds_of_releases_the_newest_stay_and_folders_of_others_too(
    shop: Shop, server: Connection, first: Release, second: Release
) -> None:
    quick = shop.bare().changed("production", retention=Retention(releases=3), database=None, migrate=None)
    assert deploy(quick.task("production", first), server).error is None
    root = str(quick.app.environments["production"].directory)
    assert server.run(script(MANY, root, first.model_dump_json()), timeout=120).ok
    assert deploy(quick.task("production", second), server).error is None
    asked = 'ls -1 "$1/releases"; for link in current previous; do basename "$(readlink -f "$1/$link")"; done'
    *left, current, previous = server.run(script(asked, root), timeout=30).stdout.splitlines()
    needed = {current, previous, "shared", "of somebody else"}
    assert needed < set(left) and len({current, previous}) == 2
    assert len(set(left) - needed) == 2, "with the one that runs there are three; the one before it is kept besides"


def test_images_go_with_the_releases_that_needed_them_and_can_be_gone_back_to_nevertheless(
    shop: Shop, server: Connection, first: Release, second: Release
) -> None:
    quick = shop.bare().changed("production", retention=Retention(releases=2), database=None, migrate=None)
    third = shop.release("1.3.0", files={"third": "the third version"})
    refers = 'mkdir -p "$1/releases/x"; printf %s "$2" >"$1/releases/x/shipline.release.json"'
    others = 'docker tag "$1" other/app:1 && docker tag "$1" "$2":by-hand'
    staging = str(quick.app.environments["staging"].directory)
    for release in (first, second):
        assert deploy(quick.task("production", release), server).error is None
    assert server.run(script(others, "postgres:15", third.repository), timeout=60).ok
    assert server.run(script(refers, staging, first.model_dump_json()), timeout=60).ok
    assert deploy(quick.task("production", third), server).error is None
    assert digests(server, third.repository, first, second, third) == {first.digest, second.digest, third.digest}

    assert server.run(script('rm -r "$1"', staging), timeout=60).ok
    assert deploy(quick.task("production", third), server).error is None
    assert digests(server, third.repository, first, second, third) == {second.digest, third.digest}
    found = server.run(script('docker image inspect other/app:1 "$1":by-hand', third.repository), timeout=30)
    assert found.ok, "what Shipline did not build is nobody's but its owner's"

    report = rollback(quick.task("production", first), server)  # pruned long ago: pulled again
    assert report.error is None and report.live and report.live.digest == first.digest
    assert digests(server, third.repository, first, second, third) == {first.digest, third.digest}

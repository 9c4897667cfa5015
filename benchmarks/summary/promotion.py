"""Promotion: an image gets one more tag in the registry, by Shipline and by `docker pull; docker tag; docker push` in turn."""

import os
import time
from pathlib import Path

from benchmarks.parts import Tell, temporary_bed, temporary_home
from benchmarks.summary.figures import Samples
from pipeline_defs.resources.registry_resource import RegistryResource
from tests.support.shop import environment, load, variables
from tests.testbed import docker

TIMES = 7
_MEGABYTES = 30
_DOCKERFILE = "FROM scratch\nCOPY content /\n"


def measure(tell: Tell) -> Samples:
    """How long Shipline takes, where the other takes 1. The other pulls, as a machine that runs workflows has no image."""
    ratios = []
    with temporary_home("promotion") as home, temporary_bed("promotion") as bed:
        app = load(bed)
        with variables(environment(bed)):
            registry = RegistryResource().of(app)
        login = bed.registry.login(home)
        _push(home, f"{app.image}:bench", login)
        digest = registry.digest_of("bench")
        assert digest is not None
        for number in range(TIMES):
            began = time.monotonic()
            registry.tag(digest, f"ours-{number}")
            ours, began = time.monotonic() - began, time.monotonic()
            _promote_by_hand(f"{app.image}:bench", f"{app.image}:theirs-{number}", login)
            theirs = time.monotonic() - began
            ratios.append(ours / theirs)
            tell(f"one more tag: {1000 * ours:.0f} ms; pull, tag and push: {1000 * theirs:.0f} ms")
            docker.docker("image", "rm", f"{app.image}:bench", f"{app.image}:theirs-{number}")
    return {"promote_over_pull_push": ratios}


def _push(folder: Path, reference: str, login: tuple[str, ...]) -> None:
    """Build an image that nobody has, push it and forget it."""
    tree = folder / "tree"
    tree.mkdir()
    (tree / "Dockerfile").write_text(_DOCKERFILE)
    (tree / "content").write_bytes(os.urandom(_MEGABYTES * 10**6))
    docker.docker("build", "--quiet", "--tag", reference, str(tree), env=docker.environment())
    docker.docker(*login, "push", "--quiet", reference)
    docker.docker("image", "rm", reference)


def _promote_by_hand(source: str, target: str, login: tuple[str, ...]) -> None:
    docker.docker(*login, "pull", "--quiet", source)
    docker.docker("tag", source, target)
    docker.docker(*login, "push", "--quiet", target)

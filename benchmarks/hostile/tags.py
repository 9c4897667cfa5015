"""Tags: a tag that names another image in the registry after it was rehearsed, and what a server then pulls."""

import json
import os
import tempfile
import uuid
from pathlib import Path

from benchmarks.parts import tell
from pipeline_defs.config import Secret
from pipeline_defs.config.build import Build
from pipeline_defs.release.records import Release
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_login import Credentials
from pipeline_defs.server.compose.bundle import override
from pipeline_defs.server.core.site import Site
from tests.testbed import docker
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.checkout import ID
from tests.testbed.progress import Progress
from tests.unit.sample import example

_TAGS = ("1.0.0", "latest")


def measure(moves: int = 100) -> dict[str, int | float]:
    """Tags that were moved to another image, and moves after which a server's Engine had that one, by the release's compose file."""
    remove_orphans("hostile-")
    with (
        TestBed(f"hostile-{os.getpid()}", progress=Progress(tell)) as bed,
        tempfile.TemporaryDirectory() as folder,
    ):
        registry = Registry(
            f"{bed.registry.address}/hostile/{uuid.uuid4().hex[:8]}",
            Credentials(bed.registry.user, Secret(bed.registry.password)),
        )
        digests = [_pushed(Engine.find(Path(folder)), Path(folder), registry, word) for word in ("rehearsed", "other")]
        login = registry.docker_config()
        assert login is not None, "the bed's registry asks who it is"
        (Path(folder) / "config.json").write_text(login.reveal())
        deployed = sum(_is_moved(registry, digests, number, folder) for number in range(moves))
    return {"tag_moves": moves, "tag_moves_deployed": deployed}


def _pushed(engine: Engine, folder: Path, registry: Registry, word: str) -> str:
    (folder / "Dockerfile").write_text("FROM scratch\nARG WORD\nLABEL word=$WORD\nCOPY Dockerfile /\n")
    name = f"shipline-hostile-{word}"
    engine.build(folder, name, Build(arguments={"WORD": word}), labels={"shipline.checkout": ID})
    digest = engine.push(name, registry, word)
    docker.docker("rmi", "--force", name, f"{registry.repository}:{word}", check=False)
    return digest


def _is_moved(registry: Registry, digests: list[str], number: int, login: str) -> bool:
    """Move the tags to the other image once a release was made of the first one; True where that other one is pulled."""
    rehearsed, other = digests[number % 2], digests[1 - number % 2]
    registry.tag(rehearsed, *_TAGS)
    release = Release(app="shop", version="1.0.0", repository=registry.repository, digest=rehearsed, commit="1" * 40)
    registry.tag(other, *_TAGS)
    services = json.loads(override(Site.of(example(), "production"), release, {}))["services"]
    (image,) = {each["image"] for each in services.values() if "image" in each}
    docker.docker("--config", login, "pull", "--quiet", image)
    found = json.loads(docker.docker("image", "inspect", image))[0]["RepoDigests"]
    docker.docker("rmi", "--force", image)
    return bool(found != [f"{registry.repository}@{rehearsed}"])

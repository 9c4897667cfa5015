"""Changed secrets: what the home's `.env` says when a deployment starts is what its containers have."""

from dataclasses import replace
from pathlib import Path

import yaml

from benchmarks.menagerie.figures import Figures
from benchmarks.menagerie.ground import Ground
from benchmarks.parts import Tell
from pipeline_defs.config import Home, load_app
from pipeline_defs.config.current_config import current
from pipeline_defs.server.core.command import script
from pipeline_defs.server.strategies.deploy_procedure import deploy
from tests.support.menagerie import Animal, Place, animals, document, host_of

_TOKEN = """
id=$(docker ps -q --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.service=$2")
docker exec "$id" sh -c 'echo "$TOKEN"'
"""
_SERVICES = ("web", "mailer")


def measure(ground: Ground, tell: Tell) -> Figures:
    """A `.env` file that two services read is changed before each deployment of one process: how often a service has an older one."""
    stale = 0
    with ground.place(_with_file_from_variable()) as place:
        app = load_app(_app_file(ground, place))
        for value in ("first", "second", "third"):
            Home.find().settings.write_text(f"FILE_OF_SHOP=TOKEN={value}\n")
            place.app = current(app)
            report = deploy(place.task("1.0.0"), place.server)
            assert report.error is None, report.error
            found = {name: _token(place, name) for name in _SERVICES}
            tell(f"a deployment with the secret {value}: {found}")
            stale += sum(each != value for each in found.values())
    return {"stale_secrets": stale}


def _with_file_from_variable() -> Animal:
    """The app with a `.env` file, which a variable of the home's `.env` holds."""
    (animal,) = [each for each in animals() if each.name == "env-file"]
    return replace(animal, keys={"secret_files": {".env": {"env": "FILE_OF_SHOP"}}})


def _app_file(ground: Ground, place: Place) -> Path:
    file = ground.folder / "env_file.yaml"
    described = document(place.animal, host_of(ground.bed), f"{ground.bed.registry.address}/tiny")
    file.write_text(yaml.safe_dump(described))
    return file


def _token(place: Place, service: str) -> str:
    return place.server.run(script(_TOKEN, place.site.project, service), timeout=60).stdout.strip()

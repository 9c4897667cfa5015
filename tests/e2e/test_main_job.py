"""From a merge to a verified deployment, and back: noticed by sensors, run by the daemon, seen in lineage and history.

The tests are chapters of one story and run in the order in which they stand; each leaves production on a release that works.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from pipeline_defs.resources.registry_resource import RegistryResource
from tests.e2e.pipeline import Pipeline, integrate, on_a_branch, one_sentence
from tests.support import shop

NAME = ("shop/main.py", 'title="Shop"', 'title="The shop round the corner"')
HOURS = ("shop/main.py", 'corner"', 'corner, open all night"')
_EDGES = """query { assetNodes(group: {groupName: "shop", repositoryName: "__repository__", repositoryLocationName: "shipline"})
  { assetKey { path } dependencyKeys { path } staleStatus
    assetMaterializations(limit: 1) { tags { key value } } } }"""


def answered(pipeline: Pipeline) -> str:
    """The version that production answers with; empty while it does not answer."""
    try:
        url = f"{pipeline.bed.environment()['SHOP_PRODUCTION_URL']}/health"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(json.load(answer)["version"])
    except (urllib.error.URLError, OSError):
        return ""


def eventually(look: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait for something to be true; gives it."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.3)
    return found


def running_image(pipeline: Pipeline) -> str:
    """What `docker inspect` on the server says the web container was started with."""
    server = pipeline.bed.servers[0]
    label = "label=com.docker.compose.project=shop-production"
    identity = server.exec("docker", "ps", "-q", "-f", label, "-f", "label=com.docker.compose.service=web").strip()
    return server.exec("docker", "inspect", "-f", "{{.Config.Image}}", identity).strip()


def ship(pipeline: Pipeline, branch: str, version: str, released: str, edit: tuple[str, str, str]) -> None:
    """Merge a feature to development and on to main, and wait for production."""
    head = pipeline.developer.merge_feature(branch, f"Change {branch}", version, edit)
    pipeline.shipline.follow("shop_integrate", head)
    pipeline.shipline.follow("shop_stage", head)
    pipeline.shipline.follow("shop_deploy", pipeline.developer.release(released))


def test_a_merge_is_noticed_built_rehearsed_and_deployed(pipeline: Pipeline) -> None:
    ship(pipeline, "1-name", "1.0.1", "1.1.0", NAME)
    assert answered(pipeline) == "1.1.0"
    row = pipeline.history()[0]
    assert (row["outcome"], row["version"], row["live"]) == ("succeeded", "1.1.0", True)
    assert running_image(pipeline).endswith(f"@{row['digest']}")
    assert len(row["commit"]) == 40 and row["run"]


def test_the_image_that_was_rehearsed_is_the_one_that_is_deployed(pipeline: Pipeline) -> None:
    traced = pipeline.shipline_says("--json", "trace", "shop", "1.1.0").data
    assert traced["tests"]["tests"] > 0 and traced["tests"]["failures"] == 0
    assert traced["rehearsal"]["digest"] == traced["image"]["digest"] == traced["deployments"][0]["digest"]
    assert traced["image"]["commit"] != traced["image"]["built_from"], "built for development, reused for main"
    with shop.variables(shop.environment(pipeline.bed)):
        registry = RegistryResource().of(shop.load(pipeline.bed))
    tags = ("1.0.1", "1.0.1_dev", "staging", "staging_dev", "1.1.0", "latest")
    assert {registry.digest_of(tag) for tag in tags} == {traced["image"]["digest"]}


@pytest.mark.thorough
def test_a_second_version_moves_previous_up(pipeline: Pipeline) -> None:
    first = pipeline.history()[0]
    ship(pipeline, "2-hours", "1.1.1", "1.2.0", HOURS)
    assert answered(pipeline) == "1.2.0"
    with shop.variables(shop.environment(pipeline.bed)):
        registry = RegistryResource().of(shop.load(pipeline.bed))
    assert registry.digest_of("previous_up") == first["digest"]


def test_the_lineage_has_edges_and_says_what_was_used(pipeline: Pipeline) -> None:
    nodes = {node["assetKey"]["path"][0]: node for node in pipeline.client.ask(_EDGES)["assetNodes"]}
    upstream = {name: {key["path"][0] for key in node["dependencyKeys"]} for name, node in nodes.items()}
    assert upstream == {
        "shop_image": set(),
        "shop_staging": {"shop_image"},
        "shop_production": {"shop_image", "shop_staging"},
    }
    row = pipeline.history()[0]
    tags = {tag["key"]: tag["value"] for tag in nodes["shop_production"]["assetMaterializations"][0]["tags"]}
    assert tags["dagster/input_data_version/shop_image"] == row["digest"]
    assert tags["dagster/input_data_version/shop_staging"] == row["digest"]


@pytest.mark.thorough
def test_what_fails_only_in_production_is_rolled_back_without_help(pipeline: Pipeline) -> None:
    before = answered(pipeline)
    head = pipeline.developer.merge_feature("3-tidy", "Tidy", "1.2.1", shop.PRODUCTION_ONLY_BUG)
    pipeline.shipline.follow("shop_stage", head)
    ended = pipeline.shipline.follow("shop_deploy", pipeline.developer.release("1.3.0"), succeeds=False)
    assert "payments are live" in ended["error"] and "\n" not in ended["error"]
    assert answered(pipeline) == before
    rollback, failed = pipeline.history()[:2]
    assert (failed["version"], failed["outcome"]) == ("1.3.0", "rolled back")
    assert (rollback["kind"], rollback["version"], rollback["because_of"]) == ("rollback", before, failed["id"])
    assert running_image(pipeline).endswith(f"@{rollback['digest']}")


@pytest.mark.thorough
def test_a_person_goes_back_to_an_older_version_and_forth(pipeline: Pipeline) -> None:
    back = pipeline.shipline_says("--json", "run", "rollback", "shop", "--to", "1.1.0", "--reason", "try it")
    assert back.status == 0, back.error
    assert answered(pipeline) == "1.1.0"
    assert pipeline.history()[0]["reason"] == "try it"
    forth = pipeline.shipline_says("--json", "run", "deploy", "shop", "--version", "1.2.0")
    assert forth.status == 0, forth.error
    assert answered(pipeline) == "1.2.0"


def deploying(pipeline: Pipeline, version: str) -> str:
    """Start a redeployment and wait until containers are being changed; gives the run's id."""
    run = pipeline.shipline_says("--json", "run", "deploy", "shop", "--version", version, "--no-follow").data["run"]
    server = pipeline.bed.servers[0]
    look = 'grep -ls \'"step":"start"\' /opt/shipline/shop/production/journal/* | tail -n 1'
    before = server.exec("sh", "-c", f"{look}; true").strip()
    eventually(lambda: server.exec("sh", "-c", f"{look}; true").strip() not in ("", before))
    return str(run)


@pytest.mark.thorough
def test_a_killed_deployment_is_rolled_back_by_the_sensor(pipeline: Pipeline) -> None:
    assert pipeline.shipline_says("--json", "run", "rollback", "shop", "--to", "1.1.0").status == 0
    run = deploying(pipeline, "1.2.0")
    assert pipeline.kill_workers(), "no run worker found"
    rows = eventually(lambda: pipeline.answer_to(run))
    assert eventually(lambda: answered(pipeline)) == "1.1.0"
    killed = next(row for row in rows if row["run"] == run)
    assert killed["outcome"] in ("failed", "rolled back", "failed (interrupted)")


@pytest.mark.thorough
def test_a_cancelled_deployment_rolls_back(pipeline: Pipeline) -> None:
    run = deploying(pipeline, "1.2.0")
    pipeline.client.terminate([run])
    eventually(lambda: pipeline.answer_to(run))
    assert eventually(lambda: answered(pipeline)) == "1.1.0"


def test_status_agrees_with_the_server(pipeline: Pipeline) -> None:
    rows = pipeline.shipline_says("--json", "status").data
    production = next(row for row in rows if row["environment"] == "production")
    assert running_image(pipeline).endswith(f"@{production['digest']}")
    assert answered(pipeline) == production["version"]


def test_what_a_person_gets_wrong_is_one_sentence(pipeline: Pipeline) -> None:
    unknown = pipeline.shipline_says("run", "integrate", "shopp")
    assert unknown.status == 2
    assert "shopp" in unknown.error and "shop" in unknown.error and len(unknown.error.strip().splitlines()) == 1
    commit = on_a_branch(pipeline, "typo", ("shop/main.py", "app = FastAPI(", "app = FastAPY("))
    one_sentence(integrate(pipeline, "shop", commit), "F821")  # before anything is built

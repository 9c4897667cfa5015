"""What a rehearsal may not share: found in the merged compose file, named in the refusal."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.server.core.site import Site
from pipeline_defs.server.rehearsal.isolation_check import OtherProjects, clashes, read_other_projects
from tests.unit.sample import example

STAGING, PRODUCTION = Site.of(example(), "staging"), Site.of(example(), "production")
ID = "com.docker.compose.project"


def container(name: str, project: str, **more: Any) -> dict[str, Any]:
    """A container as `docker inspect` tells it."""
    networks = {network: {} for network in more.get("networks", [f"{project}_default"])}
    return {
        "Name": f"/{name}",
        "Config": {"Labels": {ID: project} if project else None},
        "NetworkSettings": {"Networks": networks, "Ports": more.get("ports", {})},
        "Mounts": more.get("mounts", []),
    }


ANSWER = {
    "containers": [
        container(
            "shop-production-db-1",
            "shop-production",
            networks=["shop-production_default", "edge", "bridge"],
            mounts=[
                {"Type": "volume", "Name": "shop-production_db-data", "Source": "/var/lib/docker/volumes/x/_data"},
                {"Type": "volume", "Name": "uploads", "Source": "/var/lib/docker/volumes/uploads/_data"},
                {"Type": "bind", "Source": "/srv/shop/media"},
            ],
        ),
        container(
            "shop-production-web-1",
            "shop-production",
            ports={"8000/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "9000/tcp": None},
        ),
        container("blog", "", ports={"53/udp": [{"HostIp": "", "HostPort": "53"}]}),
    ],
    "volumes": [
        {"Name": "shop-production_db-data", "Labels": {ID: "shop-production"}},
        {"Name": "shop-staging_db-data", "Labels": {ID: "shop-staging"}},
        {"Name": "blog_posts", "Labels": {ID: "blog"}},
        {"Name": "uploads", "Labels": None},
        {"Name": "models", "Labels": None},
    ],
}
OTHERS = read_other_projects(json.dumps(ANSWER), PRODUCTION)


def refused(config: dict[str, Any]) -> list[str]:
    """What is named of a merged compose file."""
    return clashes(STAGING, yaml.safe_dump(config), OTHERS)


def service(**keys: Any) -> dict[str, Any]:
    return {"services": {"web": keys}}


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (
            {"volumes": {"db-data": {"name": "shop-production_db-data"}}},
            "the volume shop-production_db-data of shop-production",
        ),
        (
            {"volumes": {"x": {"name": "shop-production_db-data", "external": True}}},
            "the volume shop-production_db-data of shop-production",
        ),
        ({"volumes": {"x": {"name": "uploads", "external": True}}}, "the volume uploads of shop-production"),
        ({"volumes": {"x": {"name": "blog_posts", "external": True}}}, "the volume blog_posts of blog"),
        (
            {"volumes": {"x": {"name": "mine", "driver_opts": {"o": "bind", "device": "/srv/shop"}}}},
            "the folder /srv/shop, through the volume x",
        ),
        ({"networks": {"default": {"name": "shop-production_default"}}}, "the network shop-production_default"),
        ({"networks": {"web": {"name": "edge", "external": True}}}, "the network edge"),
        (service(container_name="shop-production-web-1"), "the container name shop-production-web-1 (service web)"),
        (service(container_name="blog"), "the container name blog (service web)"),
        (
            service(network_mode="container:shop-production-db-1"),
            "the network_mode of the container shop-production-db-1 (service web)",
        ),
        (service(pid="host"), "pid: host, which is everybody's (service web)"),
        (
            service(volumes=["/var/run/docker.sock:/var/run/docker.sock:ro"]),
            "the Engine's socket, by the mount /var/run/docker.sock (service web)",
        ),
        (service(use_api_socket=True), "the Engine's socket, by use_api_socket (service web)"),
        (service(volumes=["/run:/run"]), "the Engine's socket, by the mount /run (service web)"),
        (service(pid="container:blog"), "the pid of the container blog (service web)"),
        (service(volumes_from=["container:x:ro"]), "the volumes of container:x:ro (service web)"),
        (
            service(external_links=["shop-production-db-1:db"]),
            "a link to the container shop-production-db-1 (service web)",
        ),
        (
            service(volumes=[{"type": "bind", "source": "/srv/shop/media", "target": "/media"}]),
            "the folder /srv/shop/media (service web)",
        ),
        (service(volumes=["/srv/shop/media/2026:/media:rw"]), "the folder /srv/shop/media/2026 (service web)"),
        (
            service(volumes=[{"type": "bind", "source": "/opt/shipline/shop/production/backups", "target": "/b"}]),
            "the folder /opt/shipline/shop/production/backups (service web)",
        ),
        (
            service(ports=[{"published": "8080", "target": 8000, "protocol": "tcp"}]),
            "the port 8080/tcp of shop-production-web-1 (service web)",
        ),
        (service(ports=["127.0.0.1:53:5353/udp"]), "the port 53/udp of blog (service web)"),
    ],
)
def test_what_is_shared_is_named(config: dict[str, Any], named: str) -> None:
    assert refused(config) == [named]


@pytest.mark.parametrize(
    "config",
    [
        {"services": {"web": {}, "db": {}}, "volumes": {"db-data": {"name": "shop-staging_db-data"}}},
        {"volumes": {"db-data": None}, "networks": {"default": None}},
        {"volumes": {"models": {"name": "models", "external": True}}},  # belongs to nobody, and holds no database
        {"networks": {"default": {"name": "shop-staging_default"}}},
        service(network_mode="host", container_name="shop-staging-web"),
        service(network_mode="service:db"),
        service(volumes=[{"type": "bind", "source": "/srv/shop/media", "target": "/media", "read_only": True}]),
        service(volumes=["/srv/shop/media:/media:ro", "/etc/localtime:/etc/localtime", "data:/data"]),
        service(volumes=[{"type": "bind", "source": "/srv/shop-staging", "target": "/media"}]),
        service(ports=[{"published": "8081", "target": 8000, "protocol": "tcp"}, {"target": 9000}, "8000"]),
        service(ports=["53:53/tcp"]),
        service(environment={"PASSWORD": "***"}),
    ],
)
def test_what_is_staging_s_own_is_not(config: dict[str, Any]) -> None:
    assert refused(config) == []


def test_masked_secrets_are_read_as_texts() -> None:
    assert clashes(STAGING, "services:\n  web:\n    environment:\n      PASSWORD: ***\n", OTHERS) == []


def test_all_that_is_shared_is_named_at_once() -> None:
    config = service(container_name="blog", ports=["8080:80"]) | {"networks": {"default": {"name": "edge"}}}
    assert len(refused(config)) == 3


names = st.text("abc-_", min_size=1, max_size=6)


@given(
    st.dictionaries(names, st.none() | st.fixed_dictionaries({"name": names})),
    st.dictionaries(names, st.sampled_from(["shop-production", "shop-staging", "blog", ""])),
)
def test_no_volume_of_another_project_ever_passes(volumes: dict[str, Any], owners: dict[str, str]) -> None:
    others = OtherProjects(frozenset(), frozenset(), owners, frozenset(), {})
    told = clashes(STAGING, yaml.safe_dump({"volumes": volumes}), others)
    meant = [(volume or {}).get("name") or f"shop-staging_{key}" for key, volume in volumes.items()]
    foreign = [name for name in meant if owners.get(name, "") not in ("", "shop-staging")]
    assert sorted(told) == sorted(f"the volume {name} of {owners[name]}" for name in foreign)

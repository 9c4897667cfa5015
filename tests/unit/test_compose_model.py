"""The model of a merged compose file, from what Compose v2 and v1 print."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.server.compose.compose_model import Attachment, Build, EnvFile, Mount, Port, Service
from pipeline_defs.server.compose.compose_reader import read_model

PRINTED = """
name: proj
services:
  db:
    profiles: [x]
    depends_on:
      m: {condition: service_started, required: true}
    entrypoint: [x]
    image: registry.example.org:5000/team/postgres:15@sha256:abc
    networks: {default: null}
    restart: on-failure:3
  m:
    command: [a, b]
    image: shop
    restart: "no"
  w:
    build: {context: /tmp/pf, dockerfile: Dockerfile, target: prod}
    healthcheck: {disable: true}
    network_mode: host
    scale: 3
  web:
    container_name: shop
    depends_on:
      db: {condition: service_healthy, required: true}
      m: {condition: service_completed_successfully, required: true}
    deploy: {replicas: 2}
    environment: {BAR: "1", FOO: null, PASSWORD: ***}
    hostname: foo
    healthcheck: {test: [CMD-SHELL, curl localhost], interval: 2s}
    image: shop:latest
    networks: {back: null, front: {ipv4_address: 10.5.0.5, aliases: [a]}}
    ports:
      - {mode: ingress, target: 80, published: "8080", protocol: tcp}
      - {mode: ingress, host_ip: 127.0.0.1, target: 53, published: "53", protocol: udp}
      - {mode: ingress, target: 9000, protocol: tcp}
      - {mode: ingress, target: 80, published: 7000-7005, protocol: tcp}
    pull_policy: always
    volumes:
      - {type: bind, source: /tmp/pf/x, target: /x, bind: {create_host_path: true}}
      - {type: volume, source: data, target: /data, read_only: true, volume: {}}
      - {type: volume, target: /anon, volume: {}}
networks:
  back: {name: back, external: true}
  default: {name: proj_default}
volumes:
  data: {name: foo, external: true}
  bound: {name: proj_bound, driver_opts: {type: none, o: bind, device: /srv/data}}
"""


def test_what_compose_prints_is_read() -> None:
    model = read_model(PRINTED, "proj")
    web, db = model.services["web"], model.services["db"]
    assert web.ports == (
        Port("80", "8080"),
        Port("53", "53", "udp", "127.0.0.1"),
        Port("9000"),
        Port("80", "7000-7005"),
    )
    assert [list(port.numbers()) for port in web.ports[2:]] == [[], [7000, 7001, 7002, 7003, 7004, 7005]]
    assert web.mounts == (
        Mount("bind", "/tmp/pf/x", "/x"),
        Mount("volume", "data", "/data", True),
        Mount("volume", "", "/anon"),
    )
    assert web.depends_on == {"db": "service_healthy", "m": "service_completed_successfully"}
    assert web.environment == {"BAR": "1", "FOO": None, "PASSWORD": "masked"}
    assert web.networks == {"back": Attachment(), "front": Attachment("10.5.0.5", aliases=("a",))}
    assert (web.container_name, web.hostname, web.replicas, web.pull_policy) == ("shop", "foo", 2, "always")
    assert (web.healthcheck, db.healthcheck, model.services["w"].healthcheck) == (True, None, False)
    assert (db.repository, web.repository) == ("registry.example.org:5000/team/postgres", "shop")
    assert (db.profiles, db.restart, db.entrypoint) == (("x",), "on-failure:3", ("x",))
    assert model.services["w"].build == Build("/tmp/pf", "Dockerfile", "prod")
    assert (model.services["w"].replicas, model.services["w"].network_mode) == (3, "host")
    assert (model.services["m"].restart, model.services["m"].command) == ("no", ("a", "b"))
    assert (model.volumes["data"].name, model.volumes["data"].external) == ("foo", True)
    assert (model.volumes["bound"].device, model.networks["back"].external) == ("/srv/data", True)


def web(keys: dict[str, Any]) -> Service:
    """A service with these keys, read back from a compose file."""
    return read_model(yaml.safe_dump({"services": {"web": keys}})).services["web"]


@pytest.mark.parametrize(
    ("keys", "attribute", "value"),
    [
        ({"ports": ["8000"]}, "ports", (Port("8000"),)),
        ({"ports": [8000]}, "ports", (Port("8000"),)),
        ({"ports": ["8080:8000/tcp"]}, "ports", (Port("8000", "8080"),)),
        ({"ports": ["127.0.0.1:53:5353/udp"]}, "ports", (Port("5353", "53", "udp", "127.0.0.1"),)),
        ({"ports": ["[::1]:80:8000"]}, "ports", (Port("8000", "80", "tcp", "::1"),)),
        ({"volumes": ["/srv:/srv:ro"]}, "mounts", (Mount("bind", "/srv", "/srv", True),)),
        ({"volumes": ["./data:/data:rw,z"]}, "mounts", (Mount("bind", "./data", "/data"),)),
        ({"volumes": ["data:/data"]}, "mounts", (Mount("volume", "data", "/data"),)),
        ({"volumes": ["/anonymous"]}, "mounts", (Mount("volume", "", "/anonymous"),)),
        ({"volumes": [{"type": "tmpfs", "target": "/t"}]}, "mounts", (Mount("tmpfs", "", "/t"),)),
        ({"depends_on": ["db"]}, "depends_on", {"db": "service_started"}),
        ({"networks": ["front"]}, "networks", {"front": Attachment()}),
        ({"environment": ["A=1", "B=x=y", "C"]}, "environment", {"A": "1", "B": "x=y", "C": None}),
        ({"environment": {"A": True, "B": 2}}, "environment", {"A": "True", "B": "2"}),
        ({"env_file": ".env"}, "env_files", (EnvFile(".env"),)),
        ({"env_file": [".env", {"path": "b.env", "required": False}]}, "env_files", (EnvFile(".env"), EnvFile("b.env", False))),
        ({"build": "./app"}, "build", Build("./app")),
        ({"command": "sleep 1"}, "command", ("sleep 1",)),
        ({"restart": False}, "restart", "no"),
        ({"deploy": {"restart_policy": {"condition": "none"}}}, "restart", "no"),
        ({"scale": 0}, "replicas", 0),
        ({"deploy": {"mode": "replicated"}}, "replicas", 1),
        ({"healthcheck": {"test": ["NONE"]}}, "healthcheck", False),
        ({"healthcheck": {"interval": "2s"}}, "healthcheck", None),
        ({"image": "localhost:5000/shop"}, "repository", "localhost:5000/shop"),
    ],
)  # fmt: skip
def test_short_and_long_forms_are_read(keys: dict[str, Any], attribute: str, value: Any) -> None:
    assert getattr(web(keys), attribute) == value


@pytest.mark.parametrize(
    ("volume", "name"),
    [
        (None, "shop_data"),
        ({"name": "mine"}, "mine"),
        ({"external": True}, "data"),
        ({"external": {"name": "old"}}, "old"),
    ],
)
def test_a_volume_has_its_name_on_the_engine(volume: Any, name: str) -> None:
    assert read_model(yaml.safe_dump({"volumes": {"data": volume}}), "shop").volumes["data"].name == name


def test_the_innermost_mount_holds_a_path() -> None:
    model = read_model('services: {db: {volumes: ["a:/var/lib", "b:/var/lib/postgresql/data"]}}')
    found = model.volume_at("db", "/var/lib/postgresql/data/base")
    assert found is not None and found.source == "b"
    assert model.volume_at("db", "/srv") is None


@pytest.mark.parametrize("text", ["- a\n", "just text", "{", "services: [\n"])
def test_what_is_no_compose_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no compose file"):
        read_model(text)


names = st.text("abcdef-_.", min_size=1, max_size=8)
ports = st.builds(
    Port,
    target=st.integers(1, 65535).map(str),
    published=st.integers(1, 65535).map(str),
    protocol=st.sampled_from(["tcp", "udp"]),
    address=st.sampled_from(["", "127.0.0.1", "10.0.0.1"]),
)


@given(ports)
def test_both_forms_of_a_port_mean_the_same(port: Port) -> None:
    before = f"{port.address}:" if port.address else ""
    short = f"{before}{port.published}:{port.target}/{port.protocol}"
    long = {"target": int(port.target), "published": port.published, "protocol": port.protocol, "host_ip": port.address}
    assert web({"ports": [short]}).ports == web({"ports": [long]}).ports == (port,)

"""Compose files under which code of a fork is run: what they may say, and what becomes of them."""

from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.resources.confinement import MEMORY, PROCESSES, Confinement
from pipeline_defs.resources.docker_client import EngineError

IMAGE = "shipline-untrusted/shop:1"


@pytest.fixture
def confinement(tmp_path: Path) -> Confinement:
    for name in ("checkout", "results"):
        (tmp_path / name).mkdir()
    (tmp_path / "checkout" / "init.sql").touch()
    (tmp_path / "checkout" / "passwd").symlink_to("/etc/passwd")
    return Confinement("test.yml", tmp_path / "checkout", tmp_path / "results", "p", IMAGE)


def model(service: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "p", "services": {"tests": {"image": IMAGE, **service}}, **more}


def test_every_service_is_without_a_way_out_and_within_limits(confinement: Confinement) -> None:
    made = confinement.of(model({"command": ["true"], "cap_drop": ["CAP_KILL"], "pids_limit": -1}))
    service = made["services"]["tests"]
    assert made["networks"]["default"]["internal"] is True
    assert service["command"] == ["true"]
    assert (service["mem_limit"], service["memswap_limit"], service["pids_limit"]) == (MEMORY, MEMORY, PROCESSES)
    assert (service["cap_drop"], "KILL" in service["cap_add"], "NET_RAW" in service["cap_add"]) == (
        ["ALL"],
        False,
        False,
    )
    assert (service["dns"], service["pull_policy"]) == (["127.0.0.1"], "never")
    assert confinement.of(model({"mem_limit": "1048576"}))["services"]["tests"]["mem_limit"] == 2**20


def test_files_of_the_checkout_are_only_read(confinement: Confinement) -> None:
    binds = [
        {"type": "bind", "source": str(confinement.results), "target": "/results", "bind": {"propagation": "shared"}},
        {"type": "bind", "source": str(confinement.checkout / "init.sql"), "target": "/init.sql"},
        {"type": "volume", "source": "data", "target": "/data"},
    ]
    made = confinement.of(model({"volumes": binds}, volumes={"data": {"name": "p_data"}}))
    results, init, data = made["services"]["tests"]["volumes"]
    assert (results["read_only"], init["read_only"]) == (False, True)
    assert "bind" not in results
    assert data == binds[2]


@pytest.mark.parametrize(
    ("service", "key"),
    [
        ({"privileged": True}, "privileged"),
        ({"network_mode": "host"}, r"network_mode \(host\)"),
        ({"network_mode": "container:other"}, "network_mode"),
        ({"pid": "host"}, "pid"),
        ({"ipc": "host"}, "ipc"),
        ({"uts": "host"}, "uts"),
        ({"userns_mode": "host"}, "userns_mode"),
        ({"cgroup": "host"}, "cgroup"),
        ({"devices": [{"source": "/dev/kmsg"}]}, "devices"),
        ({"gpus": "all"}, "gpus"),
        ({"cap_add": ["SYS_ADMIN"]}, "cap_add"),
        ({"security_opt": ["seccomp:unconfined"]}, "security_opt"),
        ({"sysctls": {"net.ipv4.ip_forward": "1"}}, "sysctls"),
        ({"runtime": "other"}, "runtime"),
        ({"build": {"context": "."}}, "build"),
        ({"provider": {"type": "a-program"}}, "provider"),
        ({"use_api_socket": True}, "use_api_socket"),
        ({"extra_hosts": ["host.docker.internal=host-gateway"]}, "extra_hosts"),
        ({"ports": [{"target": 80, "published": "80"}]}, "ports"),
        ({"volumes_from": ["container:other"]}, "volumes_from"),
        ({"external_links": ["other"]}, "external_links"),
        ({"container_name": "other"}, "container_name"),
        ({"dns": ["192.0.2.1"]}, "dns"),
        ({"networks": {"default": {"mac_address": "02:42:ac:11:00:02"}}}, r"networks.default.mac_address"),
        ({"volumes": [{"type": "bind", "source": "/", "target": "/host"}]}, r"volumes \(/\)"),
        ({"volumes": [{"type": "bind", "source": "/var/run/docker.sock", "target": "/s"}]}, "volumes"),
        ({"volumes": [{"type": "image", "source": "other", "target": "/s"}]}, r"volumes \(type image\)"),
        ({"something_new": True}, "something_new"),
    ],
)
def test_keys_that_reach_further_are_named(confinement: Confinement, service: dict[str, Any], key: str) -> None:
    with pytest.raises(
        EngineError, match=rf"^test.yml cannot be run for code that is not merged, because of services.tests.{key}"
    ):
        confinement.of(model(service))


@pytest.mark.parametrize(
    ("more", "key"),
    [
        (
            {"volumes": {"data": {"name": "production_data", "external": True}}},
            "volumes.data.external, volumes.data.name",
        ),
        ({"volumes": {"data": {"name": "production_data"}}}, "volumes.data.name"),
        (
            {"volumes": {"data": {"driver_opts": {"type": "none", "o": "bind", "device": "/"}}}},
            "volumes.data.driver_opts",
        ),
        ({"volumes": {"data": {"driver": "other"}}}, "volumes.data.driver"),
        ({"networks": {"out": {"external": True, "name": "bridge"}}}, "networks.out.external, networks.out.name"),
        ({"networks": {"out": {"driver": "macvlan"}}}, "networks.out.driver"),
        ({"secrets": {"key": {"file": "/root/.ssh/id_ed25519"}}}, "secrets.key.file"),
        ({"secrets": {"key": {"environment": "HOME"}}}, "secrets.key.environment"),
        ({"configs": {"key": {"external": True}}}, "configs.key.external"),
        ({"models": {"a": {}, "b": 1}}, "models"),
    ],
)
def test_sections_that_reach_further_are_named(confinement: Confinement, more: dict[str, Any], key: str) -> None:
    with pytest.raises(EngineError, match=f"because of {key}"):
        confinement.of(model({}, **more))


def test_a_link_of_the_checkout_that_leads_out_is_no_file_of_it(confinement: Confinement) -> None:
    link = str(confinement.checkout / "passwd")
    with pytest.raises(EngineError, match=r"services.tests.volumes \(.*passwd\)"):
        confinement.of(model({"volumes": [{"type": "bind", "source": link, "target": "/p"}]}))
    with pytest.raises(EngineError, match=r"secrets.key.file"):
        confinement.of(model({}, secrets={"key": {"file": link}}))

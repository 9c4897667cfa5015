"""Compose reader: the model of a merged compose file, from what `docker compose config` printed."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from pipeline_defs.config.masking import MASK
from pipeline_defs.server.compose.compose_model import (
    Attachment,
    Build,
    ComposeModel,
    EnvFile,
    Mount,
    Network,
    Port,
    Service,
    Volume,
)

MASKED = "masked"
"""Stands for a secret in what was heard: `***` would be an alias in YAML."""


def read_model(text: str, project: str = "") -> ComposeModel:
    """The model of what `docker compose config` printed, by Compose v2 or v1; masked secrets stay masked.

    `project` is the compose project, after which volumes and networks without a name are called. Raises ValueError for what
    is no compose file.
    """
    try:
        said = yaml.safe_load(text.replace(MASK, MASKED))
    except yaml.YAMLError as error:
        raise ValueError(f"no compose file: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ValueError("no compose file: it is nested too deeply") from None
    if said is not None and not isinstance(said, dict):
        raise ValueError("no compose file: it is not a mapping")
    try:
        return _model(said or {}, project)
    except (AttributeError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"no compose file: it does not have the form that Compose gives it ({error})") from None


def _model(merged: Mapping[str, Any], project: str) -> ComposeModel:
    return ComposeModel(
        services={str(name): _service(str(name), keys or {}) for name, keys in _mapping(merged, "services")},
        volumes={str(key): _volume(str(key), keys or {}, project) for key, keys in _mapping(merged, "volumes")},
        networks={str(key): _network(str(key), keys or {}, project) for key, keys in _mapping(merged, "networks")},
        configs={str(key): dict(keys or {}) for key, keys in _mapping(merged, "configs")},
        secrets={str(key): dict(keys or {}) for key, keys in _mapping(merged, "secrets")},
    )


def _mapping(said: Mapping[str, Any], key: str) -> Iterator[tuple[Any, Any]]:
    yield from (said.get(key) or {}).items()


def _service(name: str, keys: Mapping[str, Any]) -> Service:
    replicas = (keys.get("deploy") or {}).get("replicas", keys.get("scale"))
    return Service(
        name=name,
        image=_text(keys, "image"),
        build=_build(keys.get("build")),
        command=_words(keys.get("command")),
        entrypoint=_words(keys.get("entrypoint")),
        environment=_environment(keys.get("environment")),
        env_files=tuple(_env_files(keys.get("env_file"))),
        ports=tuple(map(_port, keys.get("ports") or [])),
        mounts=tuple(map(_mount, keys.get("volumes") or [])),
        depends_on=_depends_on(keys.get("depends_on")),
        networks=_networks(keys.get("networks")),
        network_mode=_text(keys, "network_mode"),
        container_name=_text(keys, "container_name"),
        hostname=_text(keys, "hostname"),
        replicas=int(str(replicas)) if str(replicas).isdigit() else 1,
        profiles=tuple(map(str, keys.get("profiles") or [])),
        restart=_restart(keys),
        pull_policy=_text(keys, "pull_policy"),
        healthcheck=_healthcheck(keys.get("healthcheck")),
        keys=keys,
    )


def _text(keys: Mapping[str, Any], key: str) -> str:
    value = keys.get(key)
    return "" if value is None else str(value)


def _build(said: Any) -> Build | None:
    if not said:
        return None
    given = said if isinstance(said, dict) else {"context": said}
    return Build(
        str(given.get("context") or "."), str(given.get("dockerfile") or "Dockerfile"), str(given.get("target") or "")
    )


def _words(said: Any) -> tuple[str, ...] | None:
    if said is None:
        return None
    return tuple(map(str, said)) if isinstance(said, list) else (str(said),)


def _environment(said: Any) -> dict[str, str | None]:
    if isinstance(said, list):
        pairs = (str(each).partition("=") for each in said)
        return {name: value if equals else None for name, equals, value in pairs}
    return {str(name): None if value is None else str(value) for name, value in (said or {}).items()}


def _env_files(said: Any) -> Iterator[EnvFile]:
    for each in [said] if isinstance(said, (str, dict)) else said or []:
        if isinstance(each, dict):
            yield EnvFile(str(each.get("path", "")), each.get("required") is not False)
        else:
            yield EnvFile(str(each))


def _port(said: Any) -> Port:
    if isinstance(said, dict):
        return Port(
            _text(said, "target"), _text(said, "published"), said.get("protocol") or "tcp", _text(said, "host_ip")
        )
    text, _, protocol = str(said).partition("/")
    rest, _, target = text.rpartition(":")
    address, _, published = rest.rpartition(":")
    return Port(target, published, protocol or "tcp", address.strip("[]"))


def _mount(said: Any) -> Mount:
    if isinstance(said, dict):
        return Mount(
            str(said.get("type") or "volume"),
            _text(said, "source"),
            _text(said, "target"),
            bool(said.get("read_only")),
            _text(said.get("volume") or {}, "subpath"),
        )
    source, colon, rest = str(said).partition(":")
    if not colon:
        return Mount("volume", "", source)
    target, _, options = rest.partition(":")
    kind = "bind" if source.startswith(("/", ".", "~")) else "volume"
    return Mount(kind, source, target, "ro" in options.split(","))


def _depends_on(said: Any) -> dict[str, str]:
    if isinstance(said, list):
        return {str(name): "service_started" for name in said}
    return {str(name): str((how or {}).get("condition") or "service_started") for name, how in (said or {}).items()}


def _networks(said: Any) -> dict[str, Attachment]:
    if isinstance(said, list):
        return {str(key): Attachment() for key in said}
    return {
        str(key): Attachment(
            _text(how or {}, "ipv4_address"),
            _text(how or {}, "ipv6_address"),
            tuple(map(str, (how or {}).get("aliases") or [])),
        )
        for key, how in (said or {}).items()
    }


def _restart(keys: Mapping[str, Any]) -> str:
    """YAML takes `restart: no` for a truth value; a policy under `deploy` counts where there is no `restart`."""
    if keys.get("restart") is False:
        return "no"
    policy = _text((keys.get("deploy") or {}).get("restart_policy") or {}, "condition")
    return _text(keys, "restart") or {"none": "no", "any": "always"}.get(policy, policy)


def _healthcheck(said: Any) -> bool | None:
    if not said:
        return None
    test = said.get("test")
    if said.get("disable") or test in ("NONE", ["NONE"]):
        return False
    return True if test else None


def _volume(key: str, keys: Mapping[str, Any], project: str) -> Volume:
    external = keys.get("external")
    device = str((keys.get("driver_opts") or {}).get("device") or "")
    return Volume(key, _name(key, keys, project), bool(external), device if device.startswith("/") else "")


def _network(key: str, keys: Mapping[str, Any], project: str) -> Network:
    return Network(key, _name(key, keys, project), bool(keys.get("external")))


def _name(key: str, keys: Mapping[str, Any], project: str) -> str:
    """The name on the Engine: as it is given, also in the older form under `external`; else after the project."""
    external = keys.get("external")
    given = keys.get("name") or (external.get("name") if isinstance(external, dict) else None)
    return str(given or (key if external or not project else f"{project}_{key}"))

"""Service rules: those that the app's file names are in the compose file, and are started."""

from collections.abc import Iterator

from pipeline_defs.server.compose.compose_model import COMPLETED, ComposeModel, Service
from pipeline_defs.server.compose.compose_reader import MASKED
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.core.site import Site

ALL = "*"
_FOR_EVER = ("always", "unless-stopped")
"""Policies by which the Engine starts a container again that has ended well."""


def active(model: ComposeModel, site: Site) -> list[Service]:
    """The services that Compose starts on this host: those without a profile, or with one that `COMPOSE_PROFILES` names."""
    return [each for each in model.services.values() if each.name not in site.elsewhere and is_active(each, site)]


def is_active(service: Service, site: Site) -> bool:
    """Whether one of its profiles is active, where it has any."""
    wanted = {name.strip() for name in site.config.environment.get("COMPOSE_PROFILES", "").split(",")}
    return not service.profiles or ALL in wanted or bool(wanted & set(service.profiles))


def of_app(site: Site) -> tuple[str, ...]:
    """The services that run the app's image, here or on other hosts of the environment."""
    return (*site.services, *site.elsewhere)


def services(model: ComposeModel, site: Site, found: Findings) -> None:
    """Every service that the app's file names is there and will be started."""
    for key, name in _named(site):
        service = model.services.get(name)
        if service is None and MASKED in model.services:
            continue  # its name is a secret, too
        if service is None:
            there = ", ".join(model.services)
            found.refuse(f"it has no service {name}, which {key} names; its services are {there}")
        elif not is_active(service, site):
            found.refuse(
                f"the service {name} is in the profile {service.profiles[0]}, which nothing activates, so it would not be started; "
                f"remove its profiles, or write COMPOSE_PROFILES: {service.profiles[0]} under environment of {site.environment}"
            )
        elif service.replicas == 0:
            found.refuse(
                f"the service {name} has 0 replicas, so it would not be started; remove scale and deploy.replicas"
            )
    named = {name for _, name in _named(site)}
    for service in model.services.values():
        if service.name not in named and not is_active(service, site):
            found.note(f"the service {service.name} is in the profile {service.profiles[0]} and is not started")
    found.refuse(_one_shots(model, site))


def _named(site: Site) -> Iterator[tuple[str, str]]:
    """The app's keys with the service that each names."""
    config = site.config
    if config.service not in site.elsewhere:
        yield "service", config.service
    yield from (("also", name) for name in config.also if name not in site.elsewhere)
    if config.database and config.database.url is None:
        yield "database.service", config.database.service


def _one_shots(model: ComposeModel, site: Site) -> Iterator[str]:
    """A service that ends is no service to wait for; the main one has to go on."""
    waited = {
        name: each.name for each in model.services.values() for name, how in each.depends_on.items() if how == COMPLETED
    }
    service = site.config.service
    if service in waited:
        yield (
            f"the service {service} has to go on running, and {waited[service]} waits until it has ended "
            f"({COMPLETED}); name the service that answers requests under service"
        )
    for name in waited:
        ends = model.services.get(name)
        if ends is not None and is_active(ends, site) and ends.restart in _FOR_EVER:
            yield (
                f"the service {name} has restart: {ends.restart}, so it would never have ended, and {waited[name]} waits until it has "
                f'({COMPLETED}); write restart: "no"'
            )

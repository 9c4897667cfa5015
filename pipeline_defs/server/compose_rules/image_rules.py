"""Image rules: every service runs an image that a registry has, and each that runs the app's image is updated."""

from collections.abc import Iterator, Sequence

from pipeline_defs.release.image_set import ReleasedImage, variables
from pipeline_defs.server.compose.compose_model import ComposeModel, Service
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.service_rules import active, of_app
from pipeline_defs.server.core.site import Site

_WHEN_MISSING = ("", "missing", "if_not_present")


def images(model: ComposeModel, site: Site, repository: str, several: Sequence[ReleasedImage], found: Findings) -> None:
    """No service is built on a server, pulls by itself what is given by its digest, or runs an older image of the app for ever."""
    main = model.services.get(site.config.service)
    own = of_app(site)
    for service in active(model, site):
        _pulls(service, own, found)
        if service.name in own:
            found.refuse(_of_several(service, several))
            continue
        if main and _same(service, main, {repository, *(each.repository for each in several)}):
            names = ", ".join([*site.config.also, service.name])
            found.refuse(
                f"the service {service.name} runs the app's image and is not named in the app's file, so no deployment would update "
                f"it; write also: [{names}] in {site.environment}"
            )
        elif service.build and not service.image:
            found.refuse(
                f"the service {service.name} is built, and nothing is built on a server; write image: with the name of an image in a "
                "registry instead of build:"
            )


def _of_several(service: Service, several: Sequence[ReleasedImage]) -> Iterator[str]:
    """A service of the app has to name one of several images: nothing else says which of them it runs."""
    known = variables(several)
    if known and service.image not in known.values():
        names = ", ".join(f"${{{name}}}" for name in known)
        what = f"runs {service.image}" if service.image else "does not name its image"
        yield (
            f"the service {service.name} {what}, and the app has several images; write image: with one of {names}, or take the service "
            "out of service and also"
        )


def _same(service: Service, main: Service, repositories: set[str]) -> bool:
    """Whether a service runs the app's image: by its name, that of the main service, or by what it is built from."""
    if service.image:
        return service.repository in {*repositories, main.repository}
    return service.build is not None and service.build == main.build


def _pulls(service: Service, own: tuple[str, ...], found: Findings) -> None:
    policy = service.pull_policy
    if policy in _WHEN_MISSING or (policy == "never" and service.name not in own):
        return
    if service.name in own or policy == "build":
        found.refuse(
            f"the service {service.name} has pull_policy: {policy}, and the image is brought by its digest before anything starts; "
            "remove pull_policy"
        )
    else:
        found.note(
            f"the service {service.name} has pull_policy: {policy}: each deployment asks its registry for {service.image} and may "
            "replace the container"
        )

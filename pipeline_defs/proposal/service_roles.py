"""Service roles: which service of a compose file is the app's own, and which are not."""

from pipeline_defs.proposal.found_compose_file import ComposeFile, Service
from pipeline_defs.proposal.proposal_error import ProposalError

# fmt: off
_OTHERS = {
    "adminer", "caddy", "clickhouse-server", "elasticsearch", "grafana", "haproxy", "httpd", "kafka", "keycloak", "localstack",
    "mailhog", "mailpit", "mariadb", "memcached", "minio", "mongo", "mysql", "nats", "nginx", "opensearch", "pgadmin4", "pgbouncer",
    "prometheus", "rabbitmq", "redis", "selenium", "traefik", "valkey", "vault", "zookeeper",
}
# fmt: on
_PROXIES = {"caddy", "haproxy", "httpd", "nginx", "traefik"}


def own_service(file: ComposeFile, dockerfile: str, wanted: str | None) -> Service:
    """The service that runs the image of this Dockerfile; `wanted` is what a person says. Raises ProposalError.

    Without a word it is the one that is built from the Dockerfile; where none is built, the only one that is no known program. Of
    several with one image it is the first that goes on running and has a port.
    """
    if wanted is not None:
        if wanted not in file.services:
            raise ProposalError(
                f"{file.path}: no service is named {wanted!r}; its services are {', '.join(file.services)}"
            )
        return file.services[wanted]
    built = [service for service in file.services.values() if service.build == dockerfile]
    candidates = built or [
        service for service in file.services.values() if service.build is None and not is_other(service)
    ]
    if len({_image(service) for service in candidates}) == 1:
        return min(candidates, key=lambda service: (service.ends, not service.ports))
    if candidates:
        names = ", ".join(service.name for service in candidates)
        raise ProposalError(f"{file.path}: several services may be the app's ({names}); say which with --service")
    raise ProposalError(
        f"{file.path}: no service runs the app's image; add one with `build` for {dockerfile}, or with an `image` of its name"
    )


def dependent_services(file: ComposeFile, own: Service) -> list[str]:
    """The further services that run the same image, such as workers."""
    return [name for name, service in file.services.items() if service is not own and _image(service) == _image(own)]


def is_other(service: Service) -> bool:
    """True for a program that everybody knows, such as a database or a web server, by its image's name."""
    return service.is_postgres or _program(service) in _OTHERS


def is_proxy(service: Service) -> bool:
    """True for a web server that people may reach the app by, by its image's name."""
    return _program(service) in _PROXIES


def _program(service: Service) -> str:
    return service.image.rpartition("/")[2].partition(":")[0].partition("@")[0]


def _image(service: Service) -> tuple[str | None, str]:
    """What a service runs, as far as that can be compared: what is built, or else what is pulled."""
    return service.build, "" if service.build else service.image

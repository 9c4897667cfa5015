"""Route: how people reach a service, by a router that can switch between two containers of it."""

from typing import Self

from pydantic import Field, model_validator

from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.value_types import HostName, Model, UrlPath


class Certificate(Model):
    """A certificate of your own and its key, both in PEM."""

    certificate: SecretSource = Field(description="with those that lead to its issuer, in one file")
    key: SecretSource = Field(description="its private key")


class Route(Model):
    """What the router of a server passes on to this environment's service. With it deployments interrupt nobody."""

    hosts: tuple[HostName, ...] = Field(
        default=(), description="host names that are meant for this app; none: whatever no other app on the server has"
    )
    tls: bool = Field(
        default=False,
        description="serve HTTPS for these hosts and redirect to it; certificates come by themselves, from Let's Encrypt",
    )
    certificate: Certificate | None = Field(default=None, description="with tls: a certificate of your own instead")
    health: UrlPath = Field(
        default="/",
        description="asked through the router: what is new is healthy once this answers with success, "
        "and its own health check, if any, succeeds; asked again after the switch",
    )
    drain_timeout: int = Field(
        default=30, ge=1, description="seconds that requests and streams may take to end at the older container"
    )

    @model_validator(mode="after")
    def _names_for_certificates(self) -> Self:
        if self.tls and not self.hosts:
            raise ValueError("hosts, since a certificate is for names")
        if self.certificate and not self.tls:
            raise ValueError("a certificate only with tls: true")
        return self


class Router(Model):
    """The router of a server: one container for all apps that have a route there."""

    http: int = Field(default=80, ge=1, le=65535, description="the port for HTTP")
    https: int = Field(default=443, ge=1, le=65535, description="the port for HTTPS")
    image: str = Field(default="caddy:2", description="the Caddy that it runs")

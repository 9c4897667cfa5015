"""Pull preview: how a pull request that has passed its rehearsal stays up for people to look at."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, TypeAdapter, model_validator

from pipeline_defs.config.route import Certificate, Route, Router
from pipeline_defs.config.secret import Secret, SecretSource, SecretUnavailable
from pipeline_defs.config.value_types import GIB, MIB, HostName, Model, Size, UrlPath

USER = "preview"
"""Who people log in as."""

_NUMBER = "{pull}"
_LONGEST = 72  # bytes of a password, of which bcrypt takes no more
_HOST = TypeAdapter(HostName)


def _one_for_each(value: str) -> str:
    if value.count(_NUMBER) != 1 or re.search(r"[{}]", value.replace(_NUMBER, "")):
        raise ValueError("a host name with {pull} in it once, such as pr-{pull}.staging.example.org")
    _HOST.validate_python(value.replace(_NUMBER, "1"))
    return value


class PullPreview(Model):
    """Previews: the head of a pull request stays up on its copy, behind a password, at a host name of its own."""

    host: Annotated[str, AfterValidator(_one_for_each)] = Field(
        description="its host name, with the number of the pull request: `pr-{pull}.staging.example.org`; a wildcard name in the DNS "
        "leads there. Use a domain on which people trust no other app"
    )
    password: SecretSource = Field(
        description=f"what people log in with, as `{USER}`; one for all previews of the app, at most {_LONGEST} bytes"
    )
    tls: bool = Field(default=False, description="serve HTTPS; a certificate for each name comes from Let's Encrypt")
    certificate: Certificate | None = Field(default=None, description="with tls: a certificate of your own instead")
    health: UrlPath = Field(default="/", description="asked through the router: it has to answer with success")
    days: int = Field(default=7, ge=1, le=90, description="so long a preview stays up, if its pull request stays open")
    at_most: int = Field(
        default=3, ge=1, le=20, description="so many previews of the app are up at once; the oldest goes first"
    )
    memory: Size = Field(
        default=512 * MIB, ge=16 * MIB, description="what each container of a preview may use, swap included"
    )
    cpus: float = Field(default=0.5, gt=0, le=64, description="processors that each container of a preview may use")
    disk: Size = Field(
        default=2 * GIB,
        description="so much stays free on the disk of the server's Engine: while there is less, the oldest preview is removed",
    )
    unsanitized: bool = Field(
        default=False, description="keep a copy for people to look at that no `sanitize` has made harmless"
    )

    @model_validator(mode="after")
    def _certificates_are_for_tls(self) -> Self:
        if self.certificate and not self.tls:
            raise ValueError("a certificate only with tls: true")
        return self

    def route(self, pull: int) -> Route:
        """How people reach the preview of a pull request."""
        name = self.host.replace(_NUMBER, str(pull))
        return Route(hosts=(name,), tls=self.tls, certificate=self.certificate, health=self.health)

    def address(self, pull: int, router: Router) -> str:
        """Where people find the preview of a pull request."""
        scheme, port, usual = ("https", router.https, 443) if self.tls else ("http", router.http, 80)
        return f"{scheme}://{self.route(pull).hosts[0]}{'' if port == usual else f':{port}'}/"

    def read_password(self) -> Secret:
        """What people log in with. Raises SecretUnavailable, also for one that cannot be used."""
        value = self.password.read()
        text = value.reveal()
        if not text or len(text.encode()) > _LONGEST or "\n" in text:
            raise SecretUnavailable(
                f"the password of previews has to be one line of 1 to {_LONGEST} bytes; set another one"
            )
        return value

"""Host names: under which the web page is reached. A request that names another host comes from somebody else's page."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

LOOPBACK = ("http://localhost", "http://127.0.0.1", "http://[::1]")

_HOST = re.compile(r"(?P<name>\[[0-9a-f:]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True)
class Names:
    """The schemes, `http` or `https`, under which a browser reaches each host name. The port is any: a tunnel may have its own."""

    schemes: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, addresses: Iterable[str]) -> Self:
        """The names in addresses such as https://shipline.example.org; empty ones are passed over."""
        schemes: dict[str, frozenset[str]] = {}
        for address in filter(None, addresses):
            url = urlsplit(address.lower())
            name = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or ""
            schemes[name] = schemes.get(name, frozenset()) | {url.scheme}
        return cls(schemes)

    def has(self, host: str) -> bool:
        """True for the value of a Host header that is one of them."""
        return bool(self._schemes_of(host))

    def is_origin(self, origin: str, host: str) -> bool:
        """True where a page of this origin came from the host that it asks, port included."""
        return origin.lower() in {f"{scheme}://{host.lower()}" for scheme in self._schemes_of(host)}

    def _schemes_of(self, host: str) -> frozenset[str]:
        match = _HOST.fullmatch(host.lower())
        return self.schemes.get(match["name"], frozenset()) if match else frozenset()

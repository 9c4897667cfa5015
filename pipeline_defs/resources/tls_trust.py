"""TLS trust: which certificates a server may show: those of the system, as `docker` and `git` trust them, and those of certifi.

A company's own CA is added to the system (`update-ca-certificates`, `update-ca-trust`, or SSL_CERT_FILE); requests alone knows certifi's
list and no other.
"""

import ssl
from typing import Any

from requests.adapters import HTTPAdapter


class SystemTrust(HTTPAdapter):
    """An adapter of requests that trusts the system's certificates besides its own."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As `HTTPAdapter` has it, with the system's certificates loaded."""
        super().init_poolmanager(*args, ssl_context=ssl.create_default_context(), **options)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """The same behind a proxy."""
        return super().proxy_manager_for(*args, ssl_context=ssl.create_default_context(), **options)

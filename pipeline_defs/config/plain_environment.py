"""Plain environment: what of this process's environment a program may see that needs none of its secrets."""

import os

# fmt: off
_HARMLESS = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR",
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "PIP_CERT",
}
# fmt: on


def plain_environment() -> dict[str, str]:
    """What programs may see that run an app's own code or files: none of the secrets that Shipline's environment holds.

    A compose file or lint command comes with a pull request, and `${ANY_VARIABLE}` in it would print whatever it likes.
    """
    return {name: value for name, value in os.environ.items() if name in _HARMLESS}

"""HTTP connection: one HTTP connection under PyGithub's requester, which never sleeps and follows GitHub's redirects.

PyGithub's own connection loses a redirect's query string (so page 2 of a renamed repository is page 1 again), takes a 307 for an
answer, waits in silence for a 202, and shares one slot for the current request among threads.
"""

from collections.abc import ItemsView
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from github.Requester import Requester

from pipeline_defs.github.api.github_errors import GitHubError, GitHubUnavailable
from pipeline_defs.resources.tls_trust import SystemTrust
from pipeline_defs.resources.whole_answer import within

SECONDS = 10.0
"""How long GitHub may take to accept a connection, and then to say anything; it ends requests after 10 s itself."""

ANSWER_SECONDS = 60.0
"""How long a whole answer may take."""

_REDIRECTS = (301, 302, 307, 308)
_MOST_REDIRECTS = 3


class Response:
    """An answer, as PyGithub's requester wants it."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self._headers = response.headers
        self._text = response.text

    def getheaders(self) -> ItemsView[str, str]:
        """Names and values."""
        return self._headers.items()

    def read(self) -> str:
        """The body as text."""
        return self._text


class Wire:
    """Stands in for PyGithub's connection classes; one request at a time."""

    def __init__(self, api: str) -> None:
        parts = urlsplit(api)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._session = requests.Session()
        self._session.auth = Requester.noopAuth  # or requests would send passwords of ~/.netrc instead of ours
        # A proxy has no business between this machine and itself.
        self._session.trust_env = parts.hostname not in ("127.0.0.1", "::1", "localhost")
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, SystemTrust(max_retries=0))
        self._request: dict[str, Any] = {}

    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:
        """Keep what is to be sent; `url` is a path with its query."""
        self._request = {"method": verb, "url": f"{self._origin}{url}", "data": input, "headers": headers}

    def getresponse(self) -> Response:
        """Send it, to where GitHub says the repository is now.

        A renamed repository answers 301, to other verbs than GET 307, and the request is to be repeated as it is:
        https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
        Raises requests' exceptions, and GitHubError for a redirect that leads elsewhere, where the token must not go.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._answer()
            if response.status_code == requests.codes.accepted and self._request["method"] == "GET":
                raise GitHubUnavailable("GitHub is still working out the answer; it is asked again later")
            if response.status_code not in _REDIRECTS or "Location" not in response.headers:
                return Response(response)
            url = urljoin(self._request["url"], response.headers["Location"])
            if not url.startswith(f"{self._origin}/"):
                raise GitHubError(
                    f"{self._origin} sends us to {urlsplit(url).netloc}, which is not asked; correct github.api"
                )
            self._request["url"] = url
        raise GitHubError(f"{self._origin} sends us in circles; correct github.api and github.repository")

    def _answer(self) -> requests.Response:
        try:
            return within(
                ANSWER_SECONDS,
                lambda: self._session.request(**self._request, timeout=SECONDS, allow_redirects=False),
            )
        except TimeoutError:
            raise requests.ReadTimeout(f"no whole answer within {ANSWER_SECONDS:g} s") from None

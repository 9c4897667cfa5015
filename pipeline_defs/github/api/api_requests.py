"""API requests: requests to GitHub's API, one at a time; errors become sentences, and nothing ever sleeps."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import requests
from github.Auth import Auth
from github.Consts import mediaType
from github.Requester import Requester

from pipeline_defs.github.api.api_response import Answer
from pipeline_defs.github.api.github_errors import GitHubError, GitHubRefused, GitHubUnavailable
from pipeline_defs.github.api.http_connection import SECONDS, Wire

A_PAGE = 100
"""Items on a page, GitHub's most."""

_T = TypeVar("_T")

# At level DEBUG it would log whole answers, those with an installation's token too.
logging.getLogger("github.Requester").setLevel(logging.INFO)


class Access:
    """PyGithub's requester with a login. Only reading is tried again, once, after an error of the network or a 5xx.

    PyGithub's own classes for pull requests and the like are not used: they ask again for fields that are null, take a 304
    for data, and take no ETag for lists.
    """

    def __init__(self, api: str, auth: Auth, hear: Callable[[Answer], None] = lambda _: None) -> None:
        """`api`: the base address, of GitHub Enterprise with `/api/v3`; `hear` is told each answer."""
        self.api = api.rstrip("/")
        self.host = urlsplit(api).netloc
        self._wire = Wire(self.api)
        self._requester = Requester(
            auth=auth,
            base_url=self.api,
            timeout=int(SECONDS),
            user_agent="shipline",
            per_page=A_PAGE,
            verify=True,
            retry=None,
            pool_size=None,
            # No pauses of PyGithub's: they go by the wall clock, and one that is set back an hour would make one of an hour.
            seconds_between_requests=None,
            seconds_between_writes=None,
        )
        self._one_at_a_time = threading.RLock()  # as GitHub asks for, and as the wire needs
        self._hear = hear
        self._limited_until = 0.0  # of time.monotonic()

    def get(
        self,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        etag: str = "",
        accept: str = mediaType,
        allowed: Collection[int] = (),
        needs: str = "",
    ) -> Answer:
        """Read. With an ETag the answer may be 304; statuses from 400 on are raised unless `allowed`.

        `needs` is the permission that reading takes, for the sentence when it is missing.
        """
        headers = {"Accept": accept, **({"If-None-Match": etag} if etag else {})}
        return self._must(self._send("GET", path, parameters, headers), allowed, needs)

    def pages(
        self, path: str, parameters: Mapping[str, Any] | None = None, *, key: str = "", needs: str = ""
    ) -> Iterator[Any]:
        """Every item of a list, page by page as the `Link` headers lead; `key`: where in the answer the list is."""
        answer = self.get(path, {"per_page": A_PAGE, **(parameters or {})}, needs=needs)
        while True:
            items = answer.json()
            yield from expect_list(items.get(key) if key and isinstance(items, dict) else items)
            if not answer.next:
                return
            answer = self.get(answer.next, needs=needs)

    def send(
        self, verb: str, path: str, body: Mapping[str, Any], *, allowed: Collection[int] = (), needs: str = ""
    ) -> Answer:
        """Write, once."""
        return self._must(self._send(verb, path, None, {"Accept": mediaType}, body), allowed, needs)

    def ensure(self, look: Callable[[], _T | None], write: Callable[[], _T]) -> _T:
        """What is there, else what is written now.

        A request that was acted on may still be answered with an error of a gateway, or not in time. So after one we look
        again, and write once more only when nothing is there.
        """
        found = look()
        if found is not None:
            return found
        try:
            return write()
        except GitHubUnavailable as error:
            if not error.unsure:
                raise
        found = look()
        return write() if found is None else found

    def _send(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, Any] | None,
        headers: dict[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        with self._one_at_a_time:
            wait = self._limited_until - time.monotonic()
            if wait > 0:  # whoever goes on asking may be shut out
                raise self._limit(wait)
            answer = self._request(verb, path, parameters, headers, body, again=verb == "GET")
            self._hear(answer)
            if answer.limited:
                self._limited_until = time.monotonic() + answer.wait
                raise self._limit(answer.wait)
            return answer

    def _request(self, verb: str, path: str, *rest: Any, again: bool) -> Answer:
        parameters, headers, body = rest
        try:
            answer = Answer(
                *self._requester.requestJson(
                    verb, path, dict(parameters or {}), dict(headers), body, cnx=cast(Any, self._wire)
                )
            )
        except requests.RequestException as error:
            slow = isinstance(error, requests.Timeout)  # once is waiting enough
            problem = self._unreachable(error)
        else:
            if answer.status < requests.codes.server_error:
                return answer
            slow = False
            problem = GitHubUnavailable(
                f"GitHub ({self.host}) is out of order: {answer.said}; it is asked again later",
                answer.wait if "retry-after" in answer.headers else None,
                unsure=True,
            )
        if slow or not again:
            raise problem
        return self._request(verb, path, *rest, again=False)

    def _must(self, answer: Answer, allowed: Collection[int], needs: str) -> Answer:
        if answer.status < requests.codes.bad_request or answer.status in allowed:
            return answer
        if answer.status == requests.codes.unauthorized:
            raise GitHubRefused(
                f"GitHub ({self.host}) does not accept the token or App ({answer.said}); "
                "check github.token or github.app, and whether it has expired"
            )
        if answer.status == requests.codes.forbidden:
            permission = answer.permission(needs)
            remedy = f"give the token or App the permission {permission}" if permission else "check its permissions"
            raise GitHubRefused(f"GitHub does not allow it ({answer.said}); {remedy}", permission)
        raise GitHubError(f"GitHub refused a request (status {answer.status}): {answer.said}")

    def _limit(self, wait: float) -> GitHubUnavailable:
        return GitHubUnavailable(
            f"GitHub's limit of requests is used up; it is asked again in {max(round(wait), 1)} s", wait
        )

    def _unreachable(self, error: requests.RequestException) -> GitHubUnavailable:
        if isinstance(error, requests.exceptions.SSLError):
            return GitHubUnavailable(
                f"GitHub at {self.host} has no certificate that this machine trusts; add its CA to this machine "
                "(update-ca-certificates, or SSL_CERT_FILE in the home's .env)",
                unsure=True,
            )
        if isinstance(error, requests.Timeout):
            return GitHubUnavailable(
                f"GitHub at {self.host} did not answer within {SECONDS:g} s; try again later", unsure=True
            )
        return GitHubUnavailable(
            f"GitHub at {self.host} cannot be reached; check the network and github.api, and try again", unsure=True
        )


def expect_list(items: Any) -> list[Any]:
    """The items of a page. Raises GitHubUnavailable for anything else: GitHub has answered 200 with nothing but a message before."""
    if not isinstance(items, list):
        raise GitHubUnavailable(
            "GitHub's answer is not the list that was asked for; it is asked again later", unsure=True
        )
    return items

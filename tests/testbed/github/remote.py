"""The control API over HTTP: `POST /_control/<method>` with the arguments as a JSON object."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests.testbed.github.control import Control
from tests.testbed.github.rest import Answer, ApiError, git_url


def serve(control: Control, path: str, body: bytes) -> Answer:
    """Call a public method of the control API; 400 with the reason when it refuses."""
    name = path.removeprefix("/_control/")
    method = getattr(Control, name, None)
    if name.startswith("_") or not inspect.isfunction(method):
        return Answer({"message": f"There is no {name!r}."}, 404, {"Content-Type": "application/json"})
    try:
        said = method(control, **json.loads(body or b"{}"))
    except ApiError as error:
        return Answer(error.answer.body, 400, {"Content-Type": "application/json"})
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        return Answer({"message": f"{type(error).__name__}: {error}"}, 400, {"Content-Type": "application/json"})
    return Answer({"result": said}, 200, {"Content-Type": "application/json"})


class RemoteControl:
    """The methods of Control, for a stand-in in another process: `RemoteControl(url).commit("acme/shop", {…})`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def git_url(self, repo: str, token: str | None = None) -> str:
        """The address to clone a repository from, with a token as the password."""
        return git_url(self.url, repo, token)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(Control, name, None)
        if name.startswith("_") or method is None:
            raise AttributeError(name)
        signature = inspect.signature(method)

        def call(*args: Any, **kwargs: Any) -> Any:
            given = signature.bind(None, *args, **kwargs).arguments
            sent = {key: value for key, value in given.items() if key != "self"}
            answer = requests.post(f"{self.url}/_control/{name}", data=json.dumps(sent, default=_plain), timeout=120)
            said = answer.json()
            if answer.status_code != 200:
                raise ValueError(said.get("message"))
            return said["result"]

        return call


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")

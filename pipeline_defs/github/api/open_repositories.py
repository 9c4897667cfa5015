"""Open repositories: the repositories that this process has opened, one for each app."""

import threading

from pipeline_defs.config.app import App
from pipeline_defs.config.home import Home
from pipeline_defs.config.secret import Secret, SecretUnavailable
from pipeline_defs.github.api.github_errors import GitHubError
from pipeline_defs.github.api.github_login import AppLogin, TokenLogin
from pipeline_defs.github.api.github_repository import Repository
from pipeline_defs.github.api.rate_limit import BudgetKeeper

_opened: dict[tuple[str, str, int, Secret], Repository] = {}
_lock = threading.Lock()


def open_repository(app: App) -> Repository:
    """The app's repository on GitHub, always the same one while its access stays the same. Nothing is asked yet.

    Raises GitHubError where the token or key is not there, and ValueError for an app without `github:`.
    """
    if app.github is None or app.full_name is None:
        raise ValueError(f"the app {app.name} has no key github")
    own = app.github.app
    source = own.key if own else app.github.token
    assert source is not None  # one of both is given, or the file would have been refused
    try:
        secret = source.read()
    except SecretUnavailable as error:
        raise GitHubError(str(error)) from None
    secret = Secret(secret.reveal().strip())  # a blank at the end of a line would make a header that is not sent
    if not secret.reveal():
        raise GitHubError(f"{'github.app.key' if own else 'github.token'} is empty; set it anew")
    api, name = app.github.api.rstrip("/"), app.full_name
    with _lock:
        key = (api, name, own.id if own else 0, secret)
        if key not in _opened:
            login = AppLogin(api, name, own.id, secret) if own else TokenLogin(secret)
            _opened[key] = Repository(api, name, login, BudgetKeeper(Home.find().root, api, name).hear)
        return _opened[key]

"""Web login: who has the token of this start may ask; others of this machine may not.

A browser brings the token once, in the address that `shipline up` prints, and has it in a cookie from then on. Programs send it as
`Authorization: Bearer …`.
"""

import hmac
from html import escape
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import Scope

from pipeline_defs.runtime.web.request_rules import is_link, is_page

_FORM = """<!doctype html><meta charset="utf-8"><title>Shipline</title>
<h1>Shipline</h1><p>{said} The address with its token is printed by <code>shipline up</code>, also when it runs already.</p>
<form><label>Token <input name="token" type="password" autofocus autocomplete="off"></label> <button>Log in</button></form>"""
# A link from another site brings no cookie that is SameSite=Strict. A step from this page does.
_STEP = """<!doctype html><meta charset="utf-8"><title>Shipline</title><a id="on" href="{href}">Go on to Shipline</a>
<meta http-equiv="refresh" content="0; url={href}">"""
_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; form-action 'self'"}


class Login:
    """One token, and the cookie by which a browser keeps it."""

    def __init__(self, token: str, name: str) -> None:
        """`name` tells this Shipline's cookie from others of the same host: browsers do not tell ports apart."""
        if not token:
            raise ValueError("an empty token would let everybody in")
        self._token, self._cookie = token, f"shipline-{name}"

    def answer(self, scope: Scope) -> Response | None:
        """What somebody gets who is not logged in or is about to be; None for one who is. Not for WebSockets."""
        given = _given(scope) if is_page(scope) else []
        if given:
            return (
                self._logged_in(scope) if all(map(self._is_token, given)) else _form("This token is not the right one.")
            )
        if self.knows(scope):
            return None
        if is_link(scope) and Headers(scope=scope).get("sec-fetch-site") not in ("same-origin", "none", None):
            return HTMLResponse(_STEP.format(href=escape(_without_token(scope))), headers=_HEADERS)
        return _form("You are not logged in.") if is_page(scope) else PlainTextResponse("Not logged in.\n", 401)

    def knows(self, scope: Scope) -> bool:
        """True where the request has the token, as a cookie or as a header."""
        headers = Headers(scope=scope)
        bearers = [value[7:] for value in headers.getlist("authorization") if value[:7].lower() == "bearer "]
        cookies = [cookie_parser(value).get(self._cookie, "") for value in headers.getlist("cookie")]
        return any(map(self._is_token, [*bearers, *cookies]))

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _logged_in(self, scope: Scope) -> Response:
        """Straight on to the same page, so that the token stays in no address and no history."""
        response = RedirectResponse(_without_token(scope), 303, headers=_HEADERS)
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        return response


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _given(scope: Scope) -> list[str]:
    return [value for name, value in _query(scope) if name == "token"]


def _without_token(scope: Scope) -> str:
    """Path and query of this request. One slash at its beginning: two would name another host."""
    query = urlencode([pair for pair in _query(scope) if pair[0] != "token"])
    return "/" + quote(scope["path"].lstrip("/\\")) + (f"?{query}" if query else "")


def _form(said: str) -> Response:
    return HTMLResponse(_FORM.format(said=said), 401, headers=_HEADERS)

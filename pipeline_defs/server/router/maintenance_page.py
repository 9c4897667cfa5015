"""Maintenance page: the router answers an app's requests by itself, with a page, through its own restarts and through deployments."""

import html
import json
from string import Template

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.core.command import Command, Runner, script
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.lock import locked
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.router import router
from pipeline_defs.server.router.caddy import CHECKS, CLOSE
from pipeline_defs.server.state.facts import facts_command, parse_facts

RETRY_SECONDS = 120
"""What programs are told to wait before they ask again."""

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Maintenance</title>
<style>body{font:1.2em/1.6 sans-serif;max-width:32em;margin:20vh auto;padding:0 1em}</style></head>
<body><h1>Back soon</h1><p>$message</p></body></html>
""")

_ANSWER = 'docker exec -i shipline-router sh -euc "$2" close "$1" "" "$3"'


def page(message: str) -> str:
    """The page for a message, in HTML."""
    return _PAGE.substitute(message=html.escape(message))


def maintain(task: Task, server: Runner, text: str | None) -> None:
    """Answer all requests for the task's app with this page and the status 503; None: pass them on again.

    Under the site's lock, and journalled there. Raises ServerError.
    """
    site, execution = task.site, Execution()
    with locked(site, task, server, execution.notes, facts_command(site)) as held:
        execution.token = held.token
        parse_facts(site, held.answers[0])
        Procedure(site, task, server, execution).run(plan(site, text))


def plan(site: Site, text: str | None) -> list[Step]:
    """The steps; an app without a route on its server is refused by the second."""
    return [
        Step(StepName.ROUTER, router.ready(site), timeout=LONG_SECONDS),
        Step(StepName.MAINTENANCE, _answer(site, text)),
    ]


def _answer(site: Site, text: str | None) -> Command:
    line = "" if text is None else json.dumps(_handler(text), separators=(",", ":"))
    says = f"requests to {site.project} are passed on" if text is None else f"a page answers for {site.project}"
    return script(_ANSWER, site.project, CLOSE, CHECKS, stdin=f"{line}\n", says=says)


def _handler(text: str) -> dict[str, object]:
    """Caddy would put its own values, and those of its environment, in place of what stands in braces."""
    headers = {
        "Retry-After": [str(RETRY_SECONDS)],
        "Content-Type": ["text/html; charset=utf-8"],
        "Cache-Control": ["no-store"],
    }
    return {"handler": "static_response", "status_code": 503, "headers": headers, "body": text.replace("{", "\\{")}

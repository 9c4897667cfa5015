"""Dagster's web server behind the guard: `python -m pipeline_defs.runtime.web --port 3000`, for `shipline up` and docker/compose.yaml."""

import argparse
import logging
import os
import sys

import uvicorn
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._utils.interrupts import setup_interrupt_handlers
from dagster._utils.log import configure_loggers
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__

from pipeline_defs.config import Home
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.web_token import read_token
from pipeline_defs.runtime.program_log import is_json
from pipeline_defs.runtime.web.host_names import LOOPBACK, Names
from pipeline_defs.runtime.web.request_guard import Guard
from pipeline_defs.runtime.web.web_login import Login

# As Dagster's own command has them.
_STATEMENT_MILLISECONDS, _RECYCLE_SECONDS, _POOL_OVERFLOW = 15_000, 3600, 20
_POLL_MILLISECONDS = 2000


def main() -> None:
    """Serve until SIGTERM or SIGINT. Ends with one sentence where there is no token to ask for."""
    options = argparse.ArgumentParser(prog="pipeline_defs.runtime.web")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, required=True)
    options.add_argument(
        "--behind-login", action="store_true", help="ask for no token: what stands before it has a log-in"
    )
    given = options.parse_args()
    home = Home.find()
    login = None if given.behind_login else _login(home, given.port)
    names = Names.of([*LOOPBACK, os.environ.get("SHIPLINE_URL", ""), os.environ.get("SHIPLINE_WEB", "")])
    configure_loggers(formatter="json" if is_json() else "colored", log_level="INFO")
    setup_interrupt_handlers()
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(_STATEMENT_MILLISECONDS, _RECYCLE_SECONDS, _POOL_OVERFLOW)
        workspace = WorkspaceFileTarget([str(PROJECT / "workspace.yaml")])
        with WorkspaceProcessContext(instance, workspace, version=__version__) as context:
            app = create_app_from_workspace_process_context(context, live_data_poll_rate=_POLL_MILLISECONDS)
            logging.getLogger("dagster-webserver").info("Serving the web page at %s:%d", given.host, given.port)
            # No access log: addresses may have the token in them.
            uvicorn.run(
                Guard(app, names, login), host=given.host, port=given.port, log_level="warning", access_log=False
            )


def _login(home: Home, port: int) -> Login:
    token = read_token(home.token)
    if not token:
        sys.exit(f"there is no token in {home.token}; `shipline up` makes one")
    return Login(token, str(port))


if __name__ == "__main__":
    main()

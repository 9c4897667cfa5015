"""`shipline observe`: metrics for Prometheus, and whether anything stands still."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from pipeline_defs.cli.cli_output import Output
from pipeline_defs.cli.local_ports import wanted_port
from pipeline_defs.cli.running_service import Service
from pipeline_defs.config import Home

if TYPE_CHECKING:
    from starlette.applications import Starlette

EXAMPLE = "Example: shipline observe --port 8089"
PORT = 8089

_PAGE_SECONDS = 4.0


def observe(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address of this machine to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = PORT,
) -> None:
    """Tell how Shipline itself does: /metrics for Prometheus, /health for whoever watches. `shipline up --observe 8089` does so too.

    /health answers 200, or 503 when a daemon, a sensor, the storage, the definitions or the web page stands still; its JSON names
    each part. It works without a running Shipline, and says so. It has no log-in and speaks plain HTTP.
    """
    from pipeline_defs.runtime.program_log import is_json

    output: Output = context.obj
    home = Home.find()
    wanted_port(port)
    url = f"http://{host}:{port}"
    if not is_json():
        output.result(
            {"metrics": f"{url}/metrics", "health": f"{url}/health"},
            Text(f"Metrics are at {url}/metrics, health at {url}/health  (Ctrl-C ends it)"),
        )
    _serve(home, host, port)


def application(home: Home) -> "Starlette":
    """What answers for a home, for a server: its metrics and its health."""
    from pipeline_defs.observing.dagster_storage import Storage
    from pipeline_defs.observing.defined_sensors import Definitions
    from pipeline_defs.observing.http_endpoints import Page
    from pipeline_defs.observing.metrics_collector import Metrics
    from pipeline_defs.observing.service_health import Health

    storage = Storage(home)
    definitions = Definitions(storage, lambda: _code_address(home))
    health = Health(storage, definitions.sensors, lambda: _ask_page(home))

    def close() -> None:
        definitions.close()
        storage.close()

    return Page(Metrics(home, storage, health), health.report, close).application()


def _serve(home: Home, host: str, port: int) -> None:
    import uvicorn

    from pipeline_defs.runtime.program_log import write_log

    write_log()
    uvicorn.run(
        application(home), host=host, port=port, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=5,
    )  # fmt: skip


def _code_address(home: Home) -> str | None:
    service = Service.find(home)
    return service.code if service else None


def _ask_page(home: Home) -> None:
    """Raises OSError while the web page does not answer."""
    import requests

    service = Service.find(home)
    if service is None:
        raise OSError("Shipline does not run; start it with: shipline up")
    session = requests.Session()
    session.trust_env = False  # it is on this machine, or in this network; no proxy leads to it
    token = service.token(home)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        session.get(f"{service.url}/server_info", headers=headers, timeout=_PAGE_SECONDS).raise_for_status()
    except requests.RequestException:
        raise OSError(f"the web server at {service.url} does not answer; look at its log") from None

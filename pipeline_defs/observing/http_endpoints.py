"""HTTP endpoints: /metrics for Prometheus and /health for whoever watches, over HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline_defs.observing.service_health import HealthReport


class Page:
    """Answers from the metrics and the health; it knows no users, so it listens where only those who may see it come."""

    def __init__(self, metrics: Collector, look: Callable[[], HealthReport], close: Callable[[], None]) -> None:
        """`close` lets go of what both stand on, when the server ends."""
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(metrics)
        self._look, self._close = look, close

    def application(self) -> Starlette:
        """The application for a server."""
        routes = [Route("/metrics", self._metrics, methods=["GET"]), Route("/health", self._health, methods=["GET"])]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(self._close)

    async def _metrics(self, request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        text = await run_in_threadpool(encode, self._registry)
        return Response(text, headers={"Content-Type": content_type})

    async def _health(self, _: Request) -> Response:
        look = await run_in_threadpool(self._look)
        return JSONResponse(as_json(look), 503 if look.standing_still else 200)


def as_json(look: HealthReport) -> dict[str, object]:
    """What /health answers: the verdict, the names of what stands still, and each part with `ok` or a sentence that says why not."""
    return {
        "healthy": not look.standing_still,
        "standing_still": [part.name for part in look.standing_still],
        "parts": {part.name: part.why_not or "ok" for part in look.parts},
    }

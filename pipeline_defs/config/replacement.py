"""Replacement: how a service that runs the app's image goes from one release to the next."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from pipeline_defs.config.config_errors import Mistake, mistake
from pipeline_defs.config.value_types import Model

Strategy = Literal["blue_green", "recreate"]


class Replacement(Model):
    """How one service is replaced; by default as its place in the environment has it."""

    strategy: Strategy | None = Field(
        default=None,
        description="`blue_green`: new beside old, then switched, which the `service` with a `route` has by default and no other "
        "can have; `recreate`: stopped, then started, for all others and for what must not run twice",
    )
    stop_grace: int | None = Field(
        default=None,
        ge=0,
        description="with `recreate`: seconds that the old container may take to end; else as the compose file says",
    )


def with_services(value: Any) -> Any:
    """An environment as it is written, where each service under `services` but the main one stands under `also`, too."""
    services = value.get("services") if isinstance(value, dict) else None
    also = value.get("also", []) if isinstance(services, dict) else None
    if not isinstance(also, (list, tuple)):
        return value
    others = [name for name in services or () if name != value.get("service", "web") and name not in also]
    return {**value, "also": [*also, *others]}


def wrong(services: Mapping[str, Replacement], main: str, *, routed: bool) -> Iterator[Mistake]:
    """What contradicts the rest of the environment, in which `main` has a route or not."""
    for name, each in services.items():
        switched = routed and name == main
        if each.strategy == "blue_green" and not switched:
            why = f"only {main} has a route" if routed else "the environment has no route to switch"
            yield mistake("services", name, "strategy", found="blue_green", allowed=f"recreate, since {why}")
        if each.stop_grace is not None and switched and each.strategy != "recreate":
            allowed = "nothing here, since route.drain_timeout says it for a service that is switched"
            yield mistake("services", name, "stop_grace", found=each.stop_grace, allowed=allowed)

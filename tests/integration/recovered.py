"""Recoveries under real runs and the real sensor: what is started after a run that has failed."""

from typing import Any

import dagster as dg

from pipeline_defs.release.recovery import MOST
from tests.integration.tiny import PRODUCTION, Tiny
from tests.support.ticks import Ticking

PLACE = {"app": "tiny", "environment": "production", "target": "tiny_production"}


def answer(tiny: Tiny, run: str) -> dg.RunRequest | None:
    """What the recovery sensor answers to a run that has failed."""
    ticking = Ticking(tiny.instance, tiny.app)
    ticking.cursors["recover"] = '{"after": 0, "base": 0}'
    requests: list[dg.RunRequest] = ticking.tick("recover").run_requests or []
    return next((each for each in requests if each.run_key == run), None)


def follow(tiny: Tiny, run: str) -> list[str]:
    """The runs that the recovery sensor starts after one that failed, each made to its end.

    Where there is no end it stops at one more than the most there may be.
    """
    made: list[str] = []
    while len(made) <= MOST and (request := answer(tiny, run)) is not None:
        configs: dict[str, Any] = {name: given["config"] for name, given in request.run_config["ops"].items()}
        run = tiny.tried("deploy", PRODUCTION, tags=request.tags, **configs).run_id
        made.append(run)
    return made


def deployed(tiny: Tiny, version: str) -> str:
    """Deploy a commit of this version, however that ends; gives the run's id."""
    head = {"commit": tiny.commit(version, version), "branch": "main"}
    return tiny.tried("deploy", tags=PLACE, tiny_image=head).run_id

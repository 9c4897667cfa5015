"""Celery broker: how runs go by way of Celery and Redis to workers; what both sides have to agree on."""

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from dagster import DagsterRun

from pipeline_defs.config import Home
from pipeline_defs.config.secret_fingerprint import key_of_home

TASK = "shipline_run"
"""The name of the one task: take this run."""

STOP, HEALTH = "stop_run", "run_health"
"""What a worker may be asked of a run that it took, by Celery's remote control."""

WORKER = "worker"
"""The run tag that names who took it. It is written before anything is started, so no other worker starts the run again."""

_CODE = Path(__file__).parents[2]

SETTINGS = {
    # One message at a time, given back only when its run's container is there: a worker that dies in between loses nothing.
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    # What a worker has taken and not given back for so long is given to another one, in seconds.
    "broker_transport_options": {"visibility_timeout": 120, "socket_timeout": 30, "socket_keepalive": True},
    # Redis may be away while it is started anew: about a minute, in which the daemon waits with the run.
    "task_publish_retry_policy": {"max_retries": 40, "interval_start": 0.5, "interval_step": 0.5, "interval_max": 1.5},
    "broker_connection_retry_on_startup": True,
    # A worker that has lost Redis ends, and is started anew (worker.py): after coming back by itself it was seen to take nothing more.
    "broker_connection_retry": False,
    "broker_connection_max_retries": None,
    # No connection is kept for the next question: one from before Redis was started anew fails once, and then hears no answer.
    "broker_pool_limit": 0,
    # What became of a run is written into Dagster's storage, and nowhere else.
    "task_ignore_result": True,
}
"""Celery's, of launcher and workers."""


def settings(address: str) -> dict[str, Any]:
    """What `make_app` of dagster-celery takes, for the Redis at this address.

    The password comes from the file that SHIPLINE_QUEUE_PASSWORD names. Raises OSError where it cannot be read.
    """
    parts = urlsplit(address)
    password = Path(os.environ["SHIPLINE_QUEUE_PASSWORD"]).read_text().strip()
    broker = parts._replace(netloc=f":{quote(password, safe='')}@{parts.netloc}").geturl()
    return {"broker": broker, "backend": "disabled://", "config_source": SETTINGS}


def node(worker: str) -> str:
    """What Celery calls the worker of this name."""
    return f"worker@{worker}"


def fingerprint(app: str) -> str:
    """A hash of what a run of this app is made of here: Shipline's code, the app's file, and the key that tells changed secrets.

    A worker whose own differs would do something else than what was looked at and asked for, so it refuses the run.
    """
    files = sorted(_CODE.rglob("*.py"))
    files += [file for file in sorted(Home.find().apps.glob("*.y*ml")) if file.stem == app]
    found = hashlib.sha256(key_of_home())
    for file in files:
        found.update(f"{file.name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def worker_of(run: DagsterRun) -> str | None:
    """The worker that has taken the run; None where none has, as of one that is made again, whose inherited name was emptied."""
    return run.tags.get(WORKER) or None

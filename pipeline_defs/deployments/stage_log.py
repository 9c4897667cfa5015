"""Stage log: what a stage tells while it works, and how it ends when something expected goes wrong."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import dagster as dg

from pipeline_defs.config import App, ConfigError, Home, Secret, load_limits, mask
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.secret_sources import known_secrets
from pipeline_defs.config.settings_file import pinned
from pipeline_defs.deployments.protocols import DeploymentError
from pipeline_defs.deployments.stage_failures import show_sentences_alone
from pipeline_defs.lineage.events import Metadata, evidence_metadata
from pipeline_defs.lineage.metadata import last_words
from pipeline_defs.release.evidence import Record, StepTiming
from pipeline_defs.release.run_tags import APP_FILE
from pipeline_defs.server.core.bounded_output import Bounded

show_sentences_alone()


_SECONDS = 1.0
_LINES = 50


class Log:
    """One stage's log: milestones at once, raw output in portions and within the bound of `limits.yaml`.

    Every event is a write to the database and a row in the UI, and a build says thousands of lines: they are gathered for a
    second, or until there are fifty. Of too much of them the beginning is told, and before each milestone what was said last.
    """

    def __init__(self, context: dg.OpExecutionContext, most: int, secrets: Collection[Secret] = ()) -> None:
        """`most`: bytes of raw output. `secrets` are masked in all that is told."""
        self._secrets = secrets
        self._log = context.log
        self._output = Bounded(self._gather, most)
        self._lines: list[str] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.RLock()

    def say(self, text: str) -> None:
        """Tell a milestone."""
        with self._lock:
            self.flush()
            self._log.info(self.masked(text))

    def listen(self, line: str) -> None:
        """Take one line of raw output."""
        with self._lock:
            self._output(self.masked(line))

    def masked(self, text: str) -> str:
        """The text without the app's secrets."""
        return mask(text, self._secrets)

    def flush(self) -> None:
        """Tell the raw output that was held back."""
        with self._lock:
            self._output.close()
            self._tell()

    def _gather(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) >= _LINES:
            self._tell()
        elif self._timer is None:
            self._timer = threading.Timer(_SECONDS, self._tell)
            self._timer.daemon = True
            self._timer.start()

    def _tell(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            lines, self._lines = self._lines, []
            if lines:
                self._log.info("\n".join(lines))


@contextmanager
def open_log(context: dg.OpExecutionContext, app: App | None = None, *, hides: App | None = None) -> Iterator[Log]:
    """The log of a stage. Expected errors end the stage with their sentence; all others keep their stack trace.

    Given the app, the log and the run's tags say which state of its file and of `.env` the run uses. Its secrets, or those of
    the app that the stage `hides`, are masked in all that is told.
    """
    failure = None
    with pinned():
        try:
            most = load_limits(Home.find()).log
        except ConfigError as error:
            raise stop(str(error)) from None
        about = app or hides
        log = Log(context, most, tuple(known_secrets(about)) if about else ())
        if app is not None and app.origin is not None:
            context.instance.add_run_tags(context.run_id, {APP_FILE: app.origin.digest})
            log.say(f"this run uses {app.origin}")
        try:
            yield log
        except ShiplineError as error:
            failed = error.record if isinstance(error, DeploymentError) else None
            failure = stop(log.masked(str(error)), shown=last_words(failed) if failed else None)
        except dg.Failure as error:
            error.description = log.masked(error.description or "")
            error.args = (error.description,)
            raise
        finally:
            log.flush()
    if failure is not None:
        raise failure


def stop(
    sentence: str, evidence: Mapping[str, Record | None] | None = None, shown: Metadata | None = None
) -> dg.Failure:
    """The end of a stage, never tried again by a machine: it would fail in the same way, or has touched a server.

    Beside the sentence stand the `evidence`, by its key, and what is `shown` to people.
    """
    metadata = {**(shown or {}), **evidence_metadata(evidence or {})}
    return dg.Failure(description=sentence, metadata=metadata, allow_retries=False)


class Stopwatch:
    """Times a stage from its creation on."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds until now."""
        return round(time.monotonic() - self._began, 3)

    def timing(self, outcome: str = "done") -> StepTiming:
        """The stage as a step with its time until now."""
        return StepTiming(step=self._step, seconds=self.seconds, outcome=outcome)

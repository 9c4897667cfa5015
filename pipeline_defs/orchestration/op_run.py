"""The run of an op, as the procedures know it, and the records that it writes into Dagster's storage."""

from collections.abc import Mapping

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.lineage.events import environment_key
from pipeline_defs.lineage.metadata import deployment_metadata, links, rehearsal_metadata
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.records import Deployment, Outcome, Rehearsal
from pipeline_defs.release.run_tags import OUTCOME

_LONGEST_ERROR = 200  # characters of it in a list of events; the whole of it is in the metadata


class OpRun:
    """The run that an op belongs to."""

    def __init__(self, context: dg.OpExecutionContext, app: App | None = None) -> None:
        """`app`: what is noted gets links to its pages."""
        self._context = context
        self._app = app
        self.lineage = Lineage(context.instance)

    @property
    def id(self) -> str:
        """The run's id."""
        return self._context.run_id

    @property
    def actor(self) -> str:
        """Who asked for it: the person or sensor that its tags name, else somebody who used Dagster itself."""
        tags = self._context.run.tags
        return tags.get("actor") or tags.get("dagster/sensor_name") or "Dagster UI or command line"

    def note(self, row: Deployment | Rehearsal) -> None:
        """Write what is known of an attempt now, with links to the app's pages. The last word on an id is the one that counts."""
        self._context.log_event(_observation(row, self._app))
        self.say_outcome(row)

    def say_outcome(self, row: Deployment | Rehearsal) -> None:
        """Let the run's tag say how its own attempt ended, for those who filter the list of runs."""
        if row.run == self.id and row.outcome is not Outcome.STARTED:
            self.tag({OUTCOME: row.outcome.value})

    def tag(self, tags: Mapping[str, str]) -> None:
        """Tag the run."""
        self._context.instance.add_run_tags(self.id, dict(tags))


def write_down(instance: dg.DagsterInstance, row: Deployment) -> None:
    """The last word on a deployment whose runs could not say it, without a run."""
    instance.report_runless_asset_event(_observation(row))


def _observation(row: Deployment | Rehearsal, app: App | None = None) -> dg.AssetObservation:
    metadata = rehearsal_metadata(row) if isinstance(row, Rehearsal) else deployment_metadata(row)
    metadata |= links(app, row) if app else {}
    key = environment_key(row.release.app, row.environment)
    return dg.AssetObservation(key, description=_what_happened(row), metadata=metadata)


def _what_happened(row: Deployment | Rehearsal) -> str:
    """One line for lists of events: `deploy of 1.3.0: rolled back: the tests failed`."""
    kind = "rehearsal" if isinstance(row, Rehearsal) else row.kind
    error = [row.error[:_LONGEST_ERROR]] if row.error else []
    return ": ".join([f"{kind} of {row.release.version}", row.outcome, *error])

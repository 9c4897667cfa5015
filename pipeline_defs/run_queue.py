"""The name under which a home's own dagster.yaml may still know the run coordinator."""

from pipeline_defs.runtime.run_coordinator import RunQueue

__all__ = ["RunQueue"]

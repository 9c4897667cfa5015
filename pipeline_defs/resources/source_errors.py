"""Source errors: what an app's repository does not give, in words that say what to do."""

from pipeline_defs.config.base_error import ShiplineError


class SourceError(ShiplineError):
    """The repository cannot give what was asked for; one sentence that says what to do."""

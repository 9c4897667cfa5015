"""Registry errors: what a registry does not do, in words that say what to do."""

from pipeline_defs.config.base_error import ShiplineError


class RegistryError(ShiplineError):
    """The registry does not do what was asked; one sentence that says what to do."""

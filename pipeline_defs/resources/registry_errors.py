"""Registry errors: what a registry does not do, in words that say what to do."""


class RegistryError(Exception):
    """The registry does not do what was asked; one sentence that says what to do."""

"""Source errors: what an app's repository does not give, in words that say what to do."""


class SourceError(Exception):
    """The repository cannot give what was asked for; one sentence that says what to do."""

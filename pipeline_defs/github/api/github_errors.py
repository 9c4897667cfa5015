"""GitHub errors: what GitHub does not do, each as one sentence that a person can act on. No secret is ever part of one."""

from pipeline_defs.config.base_error import ShiplineError


class GitHubError(ShiplineError):
    """GitHub does not do what was asked; the message is one sentence that says what to do."""


class GitHubUnavailable(GitHubError):
    """GitHub does not answer now: unreachable, out of order, too slow, or its limit of requests is used up. Try again later.

    Attributes:
        retry_after: seconds until it makes sense to ask again; None where GitHub named none.
        unsure: the request may have been acted on although no answer came: look before it is sent again.
    """

    def __init__(self, message: str, retry_after: float | None = None, *, unsure: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.unsure = unsure


class GitHubRefused(GitHubError):
    """GitHub does not let this token or App do it.

    Attributes:
        permission: what is missing, in the words of GitHub's settings, such as "statuses: write"; None where it is not known.
    """

    def __init__(self, message: str, permission: str | None = None) -> None:
        super().__init__(message)
        self.permission = permission


class BranchMoved(GitHubError):
    """The branch is not where the commit was to be put on: somebody else was there first. Look again and decide anew."""

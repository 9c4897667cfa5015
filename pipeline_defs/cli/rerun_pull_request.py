"""Pull requests, run again because a person wants it: a new attempt for the same change, in a run of its own."""

from pipeline_defs.cli.cli_output import UsageError
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.config import App
from pipeline_defs.release.request import Request
from pipeline_defs.release.run_tags import ATTEMPT


def asked_again(
    client: Client, app: App, number: int, actor: str, *, untrusted: bool, read: str = ""
) -> tuple[Request, dict[str, str]]:
    """The request that answers a pull request's head as it is now once more, and further tags of its run.

    Raises UsageError for a pull request that cannot be run, and GitHubError.

    A fork's code runs only as `untrusted`, and only when the person says so; with `read` only while that commit, its full id, is the
    head. The repository's own pull requests run as `untrusted` too, unless the app trusts them.
    """
    from pipeline_defs.github.api import open_repository
    from pipeline_defs.github.changes.planned_runs import change_of, planned_runs

    if app.github is None:
        raise UsageError(f"{app.name} has no key github in its file, so Shipline knows no pull requests of it")
    pull = open_repository(app).pull(number)
    if pull is None or pull.state != "open":
        raise UsageError(f"{app.full_name} has no open pull request #{number}")
    if pull.fork and not untrusted:
        raise UsageError(
            f"#{number} comes from a fork: its code would run here without secrets, and nothing of it would be kept; "
            f"when you have read its head, add --untrusted --commit {pull.head}"
        )
    if read and read.lower() != pull.head.lower():
        raise UsageError(
            f"the head of #{number} is {pull.head} now, and not {read}; read that one, and give all digits of it"
        )
    untrusted = untrusted or app.github.confines(fork=pull.fork)
    (answer,) = planned_runs(app, change_of(app, pull), actor, untrusted=untrusted, seen=pull.updated_at)
    attempt = client.runs_of_change(answer.request.change) + 1
    return answer.request, {**answer.tags, **({ATTEMPT: str(attempt)} if attempt > 1 else {})}

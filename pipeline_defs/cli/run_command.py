"""`shipline run`: integrate, stage, deploy or roll back an app, through Shipline's queue, and see how it goes."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipeline_defs.cli.app_lookup import app_named, deployed_environment
from pipeline_defs.cli.cli_output import Failed, UsageError
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.cli.requester import actor, given_reason
from pipeline_defs.cli.rerun_pull_request import asked_again
from pipeline_defs.cli.submit_run import launch
from pipeline_defs.config import App, Home
from pipeline_defs.release.admission_rules import Requester, Snapshot, admit
from pipeline_defs.release.database_rollback import Choice, Settings
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.version import Version

INTEGRATE_EXAMPLE = "Example: shipline run integrate shop --branch development"
STAGE_EXAMPLE = "Example: shipline run stage shop --version 1.4.2"
DEPLOY_EXAMPLE = "Example: shipline deploy shop production --version 1.4.2 --reason 'the spring release'"
ROLLBACK_EXAMPLE = "Example: shipline rollback shop production --to 1.4.1"

AppName = Annotated[str, typer.Argument(metavar="APP", help="The app's name, as its file in apps/ is named.")]
VersionOption = Annotated[str | None, typer.Option("--version", help="A version that was built before.")]
CommitOption = Annotated[str | None, typer.Option("--commit", help="A commit, branch or tag of the app's repository.")]
EnvironmentName = Annotated[
    str | None,
    typer.Argument(
        metavar="[ENV]", help="Which environment; the first one of the app's file that is deployed to by default."
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept in the history.")]
NoFollow = Annotated[bool, typer.Option("--no-follow", help="Return as soon as the run is in the queue.")]
Log = Annotated[bool, typer.Option("--log", help="Show every line that the stages log.")]


def integrate(
    context: typer.Context,
    app: AppName,
    branch: Annotated[str | None, typer.Option(help="The branch whose head is built; development by default.")] = None,
    commit: CommitOption = None,
    pull: Annotated[int | None, typer.Option("--pull", help="A pull request on GitHub; its head is run again.")] = None,
    untrusted: Annotated[
        bool,
        typer.Option(
            "--untrusted",
            help="With --pull: without secrets, and nothing is kept; asked of forks. With --commit only if that is the head.",
        ),
    ] = False,
    no_follow: NoFollow = False,
    log: Log = False,
) -> None:
    """Lint, build and test a commit, and push its image. A source tree that was built before is not built again."""
    if len([given for given in (branch, "" if untrusted else commit, pull) if given]) > 1:
        raise UsageError(
            "give one of --branch, --commit and --pull; of a fork --pull, --untrusted and the --commit that you have read"
        )
    if untrusted and not pull:
        raise UsageError("--untrusted is for pull requests; give --pull with it")
    home = Home.find()
    which = app_named(home, app)
    if pull:
        request, tags = asked_again(Client.of(home), which, pull, actor(), untrusted=untrusted, read=commit or "")
        launch(context.obj, home, which, request, no_follow=no_follow, log=log, tags=tags)
        return
    chosen = "" if commit else branch or which.branches.development  # whose head a bare commit is, the job finds out
    request = Request(
        app=app, job=Job.INTEGRATE, branch=chosen, commit=_commit(home, which, commit or chosen), actor=actor()
    )
    launch(context.obj, home, which, request, no_follow=no_follow, log=log)


def stage(
    context: typer.Context,
    app: AppName,
    version: VersionOption = None,
    commit: CommitOption = None,
    no_follow: NoFollow = False,
    log: Log = False,
) -> None:
    """Rehearse an image against a restored copy of production's database. Without a version or commit it is the newest image."""
    home = Home.find()
    which = app_named(home, app)
    if which.staging is None:
        raise UsageError(f"{app} has no environment that rehearses another; add one with `rehearses:` to its file")
    request = Request(
        app=app, job=Job.STAGE, environment=which.staging, actor=actor(), **_what(home, which, version, commit)
    )
    launch(context.obj, home, which, request, no_follow=no_follow, log=log)


def deploy(
    context: typer.Context,
    app: AppName,
    env: EnvironmentName = None,
    version: VersionOption = None,
    commit: CommitOption = None,
    override_freeze: Annotated[
        bool, typer.Option("--override-freeze", help="Deploy although the environment is frozen; needs a --reason.")
    ] = False,
    reason: ReasonOption = "",
    no_follow: NoFollow = False,
    log: Log = False,
) -> None:
    """Deploy a version, or a commit whose image is built first. Without either it is the head of the main branch.

    When it fails, what ran before runs again.
    """
    home = Home.find()
    which = app_named(home, app)
    environment = deployed_environment(which, env)
    reason = given_reason(reason, "--override-freeze") if override_freeze else reason
    _must_be_admitted(which, environment, Requester(override_freeze=override_freeze, reason=reason))
    main = "" if version or commit else which.branches.main
    what = _what(home, which, version, commit or main)
    request = Request(
        app=app,
        job=Job.DEPLOY,
        environment=environment,
        branch=main,
        override_freeze=override_freeze,
        reason=reason,
        actor=actor(),
        **what,
    )
    _must_be_deployable(which, home, environment, request.commit)
    launch(context.obj, home, which, request, no_follow=no_follow, log=log)


def rollback(
    context: typer.Context,
    app: AppName,
    env: EnvironmentName = None,
    to: Annotated[
        str | None, typer.Option("--to", help="A version that was deployed there; the one before by default.")
    ] = None,
    database: Annotated[
        Choice | None,
        typer.Option(
            "--database",
            help="keep it as it is, downgrade: take migrations back, restore: the backup from before, dropping what was "
            "written since. Without it the rehearsal's verdict decides, and what would drop data is refused.",
        ),
    ] = None,
    settings: Annotated[
        Settings | None,
        typer.Option(
            "--settings", help="frozen: those that the release had, as without it; now: those that apply today."
        ),
    ] = None,
    reason: ReasonOption = "",
    no_follow: NoFollow = False,
    log: Log = False,
) -> None:
    """Go back to the release that ran before, or to any version that was ever deployed there. It is verified like a deployment."""
    home = Home.find()
    which = app_named(home, app)
    environment = deployed_environment(which, env)
    request = Request(
        app=app,
        job=Job.ROLLBACK,
        environment=environment,
        database=database or "",
        settings=settings or "",
        reason=reason,
        actor=actor(),
        **_what(home, which, to, None),
    )
    launch(context.obj, home, which, request, no_follow=no_follow, log=log)


def _must_be_admitted(app: App, environment: str, requester: Requester) -> None:
    """Refuse what is known to be refused before it is known which release it is."""
    freeze = app.environments[environment].frozen(datetime.now(UTC))
    refusal = admit(None, Snapshot(app.name, environment, freeze=freeze), (), requester).refusal
    if refusal:
        raise Failed(refusal)


def _must_be_deployable(app: App, home: Home, environment: str, commit: str) -> None:
    """Refuse a commit whose deployment would fail for what can be known now; of a version that was built before nothing is asked.

    What cannot be looked at from here, such as a server that does not answer, is left to the run.
    """
    if not commit:
        return
    from pipeline_defs.doctor.commit_checks import commit as tried

    wrong = [each for each in tried(app, home.workspace, commit, [environment]) if each.level == "broken"]
    if wrong:
        first = f"{wrong[0].what}: {wrong[0].says}" + (f"; {wrong[0].remedy}" if wrong[0].remedy else "")
        more = f" (and {len(wrong) - 1} more: shipline doctor {app.name} --commit {commit[:12]})" if wrong[1:] else ""
        raise Failed(f"{commit[:7]} of {app.name} cannot be deployed to {environment}: {first}{more}")


def _what(home: Home, app: App, version: str | None, commit: str | None) -> dict[str, Any]:
    """What to ship: version and full commit, where given. Raises UsageError when both are."""
    if version and commit:
        raise UsageError("give a version or a commit, not both")
    named = str(Version.parse(version)) if version else ""
    return {"version": named, "commit": _commit(home, app, commit) if commit else ""}


def _commit(home: Home, app: App, name: str) -> str:
    """The full commit id, fixed now: what is deployed is what the branch was when somebody asked, not when the queue came to it.

    Raises SourceError where the repository has it not, or on no branch or tag; the run looks once more.
    """
    from pipeline_defs.github.api.git_login import source_of

    source = source_of(app, home.workspace)
    commit = source.resolve(name)
    source.require_own(commit)
    return commit

"""Jobs: what can be started, from the UI, by `dagster job launch`, by the command line and by sensors."""

from collections.abc import Collection

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pipeline_defs.config import App, Environment
from pipeline_defs.lineage.events import environment_key, image_key
from pipeline_defs.lineage.job_names import job_name, pull_job_name
from pipeline_defs.orchestration.ops.housekeeping_op import housekeeping_op
from pipeline_defs.orchestration.ops.stage_pull_op import stage_pull_op
from pipeline_defs.release.records import DeploymentKind
from pipeline_defs.release.request import Job

AssetJob = UnresolvedAssetJobDefinition
"""What `define_asset_job` gives; Dagster has no public name for it."""

AnyJob = AssetJob | dg.JobDefinition

_SPARE_SECONDS = 7200
"""What a run may take beyond the time-outs in its app's file: fetching, waiting for another run's lock, and all that only asks."""

_LONG_STEPS = 12
"""More steps than an attempt has that may each take as long as its environment's `timeout`."""


_ONCE_MORE = {"dagster/max_retries": "1", "dagster/retry_strategy": "ALL_STEPS"}
"""Of runs that change nothing people use: one that was lost, with its container or its machine, is made again, once. A stage that
failed has said why, and would say it again: dagster.yaml leaves it at that."""


def housekeeping_job(apps: Collection[App]) -> dg.JobDefinition:
    """The job `housekeeping`, one for all apps: what is kept on this machine stays within `limits.yaml`."""
    keep = housekeeping_op(apps)

    @dg.job(name="housekeeping", description=keep.description, tags=_max_runtime(0))
    def housekeeping() -> None:
        keep()

    return housekeeping


def jobs_of(app: App) -> list[AnyJob]:
    """The jobs of one app. Those that change an environment carry the tag `target`, of which the queue runs one at a time."""
    jobs: list[AnyJob] = [_integrate(app)]
    if app.staging:
        jobs.append(_stage(app, app.staging))
    if app.staging and app.stage.rehearses:
        jobs.append(_stage_pull(app, app.staging))
    for environment in app.deployed:
        jobs += [_deploy(app, environment), _rollback(app, environment)]
    return jobs


def _integrate(app: App) -> AssetJob:
    return dg.define_asset_job(
        job_name(app, Job.INTEGRATE),
        selection=[image_key(app.name)],
        description=(
            f"Makes the image of one commit of {app.name}: lint, build, test, push. No server is touched. "
            f"Without configuration it is the head of {app.branches.development}."
        ),
        tags={"app": app.name, **_ONCE_MORE, **_max_runtime(_image_seconds(app))},
    )


def _stage(app: App, environment: str) -> AssetJob:
    rehearsed = app.environments[environment].rehearses
    return dg.define_asset_job(
        job_name(app, Job.STAGE),
        selection=[environment_key(app.name, environment)],
        description=(
            f"Rehearses a release in {environment} on a fresh copy of {rehearsed}'s database: restore, start, migrate, "
            f"test, end-to-end tests. {rehearsed} itself is only read. Configuration: a version or a commit, "
            "by default the newest image."
        ),
        tags={**_tags(app, environment, _environment_seconds(app.environments[environment])), **_ONCE_MORE},
    )


def _stage_pull(app: App, environment: str) -> dg.JobDefinition:
    stage_pull = stage_pull_op(app, environment)

    @dg.job(
        name=pull_job_name(app),
        description=f"Rehearses a pull request of {app.name}, confined, beside {environment}. The sensor `chain` starts it.",
        tags={
            "app": app.name,
            "environment": environment,
            **_ONCE_MORE,
            **_max_runtime(_environment_seconds(app.environments[environment])),
        },
        executor_def=dg.in_process_executor,
    )
    def pull() -> None:
        stage_pull()

    return pull


def _deploy(app: App, environment: str) -> AssetJob:
    return dg.define_asset_job(
        job_name(app, Job.DEPLOY, environment),
        selection=_only(image_key(app.name), environment_key(app.name, environment)),
        description=(
            f"Brings a commit of {app.name} to {environment}: makes its image, or takes it if it exists already, backs up "
            f"the database, starts, migrates and tests the release, and goes back by itself if that fails. Without "
            f"configuration it is the head of {app.branches.main}. To deploy a version that exists, launch the asset "
            f"{environment_key(app.name, environment).to_user_string()} of this job alone, with that version."
        ),
        tags={
            **_tags(app, environment, _image_seconds(app) + _environment_seconds(app.environments[environment])),
            "kind": DeploymentKind.DEPLOY.value,
        },
    )


def _rollback(app: App, environment: str) -> AssetJob:
    return dg.define_asset_job(
        job_name(app, Job.ROLLBACK, environment),
        selection=_only(environment_key(app.name, environment)),
        description=(
            f"Brings {environment} back to a release that ran there: the one before the present one, or the version in the "
            "configuration. It is verified like a deployment. The database is backed up first; what becomes of it says the "
            "rehearsal's verdict, or `database` in the configuration: keep, downgrade or restore."
        ),
        tags={
            **_tags(app, environment, _environment_seconds(app.environments[environment])),
            "kind": DeploymentKind.ROLLBACK.value,
        },
    )


def _only(*keys: dg.AssetKey) -> dg.AssetSelection:
    """The assets without their checks: whoever deploys need not look for drift."""
    return dg.AssetSelection.assets(*keys).without_checks()


def _tags(app: App, environment: str, seconds: int) -> dict[str, str]:
    target = environment_key(app.name, environment).to_user_string()
    return {"app": app.name, "environment": environment, "target": target, **_max_runtime(seconds)}


def _max_runtime(seconds: int) -> dict[str, str]:
    """A run that hangs is ended, so that it does not keep its environment for ever."""
    return {"dagster/max_runtime": str(seconds + _SPARE_SECONDS)}


def _image_seconds(app: App) -> int:
    # Another run's, for which this one waits, and its own; with builders also a turn, and the way of the image to this machine.
    builds = sum((4 if each.build.builders else 2) * each.build.timeout for each in app.builds)
    return 2 * app.lint.timeout + builds + (app.test.timeout if app.test else 0) + len(app.builds) * app.push.timeout


def _environment_seconds(config: Environment) -> int:
    """Time-outs of one attempt and of the rollback that may follow it."""
    tests = config.test.timeout if config.test else 0
    waits = config.health.timeout * (1 + len(config.also)) + (config.route.drain_timeout if config.route else 0)
    verified = tests + sum(each.timeout for each in config.e2e) + config.watched.seconds
    return 2 * len(config.hosts) * (waits + verified + _LONG_STEPS * config.timeout)

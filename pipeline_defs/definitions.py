"""Definitions: the front door. The apps' files become assets, jobs and sensors; the outside systems become resources."""

import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import dagster as dg

from pipeline_defs.config import App, ConfigError, Home, load_apps
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.config_errors import Problem
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.shown_versions import shown_versions
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.orchestration.drift_check import drift_check
from pipeline_defs.orchestration.environment_checks import verified_check
from pipeline_defs.orchestration.jobs import AnyJob, housekeeping_job, jobs_of
from pipeline_defs.orchestration.sensors import sensors_of
from pipeline_defs.orchestration.sensors.housekeeping_schedule import housekeeping_schedule
from pipeline_defs.resources.docker_engine import EngineResource
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.runtime.log_followers import start_without_secrets
from pipeline_defs.runtime.program_log import is_json, write_log
from pipeline_defs.runtime.warm_runs import fork_runs

ERRORS = "config_errors"
"""The group in the lineage, and the metadata key of the code location, where wrong files show."""


def definitions(folder: Path, versions: Mapping[str, str] | None = None) -> dg.Definitions:
    """Everything Dagster is told, from the apps' files in a folder. A wrong file keeps no other app from loading.

    `versions` says which version is where, for people who look at the lineage.
    """
    apps, errors = load_apps(folder)
    parts: list[dg.Definitions] = []
    loaded: list[App] = []
    jobs: dict[str, AnyJob] = {}
    taken: dict[str, str] = {}
    for app in apps.values():
        try:
            part, of_app = _of(app, taken, versions or {})
            parts.append(part)
            loaded.append(app)
            jobs |= of_app
        except _Unusable as error:
            errors.append(ConfigError(folder / f"{app.name}.yaml", [Problem("", str(error))]))
    for wrong in errors:
        logging.getLogger(__name__).error("%s", wrong)
    keep, source, github = housekeeping_job(loaded), SourceResource(), GitHubResource()
    return dg.Definitions.merge(
        *parts,
        dg.Definitions(
            assets=[_shown(error) for error in errors],
            jobs=[keep],
            sensors=sensors_of(loaded, jobs, source, github),
            schedules=[housekeeping_schedule(keep)],
            resources={
                "source": source,
                "engine": EngineResource(),
                "registry": RegistryResource(),
                "ssh": SshResource(),
                "github": github,
            },
            # Ops of one run share a process: seven of them take 2 s instead of 11 s in a process each.
            executor=dg.in_process_executor,
            metadata={ERRORS: "\n".join(map(str, errors))} if errors else {},
        ),
    )


class _Unusable(ShiplineError):
    """An app whose file is right by itself, but that Dagster could not load."""


def _of(app: App, taken: dict[str, str], versions: Mapping[str, str]) -> tuple[dg.Definitions, dict[str, AnyJob]]:
    """What one app adds, and its jobs by name; `taken` are the names of the apps before it, {name: app}, and grows by its own."""
    if "image" in app.environments:
        raise _Unusable(f"an environment cannot be called image: {app.name}_image is the image itself; rename it")
    try:
        assets, jobs = assets_of(app, versions), jobs_of(app)
    except dg.DagsterInvalidDefinitionError as error:  # such as an owner that Dagster does not take
        raise _Unusable(f"Dagster refuses it: {' '.join(str(error).split())}") from error
    names = [*(job.name for job in jobs), *_nodes(assets)]
    for name in names:
        if name in taken or names.count(name) > 1:
            whose = f"{app.name} and {taken[name]}" if name in taken else app.name
            raise _Unusable(
                f"{name} would name two of Dagster's jobs, assets or ops ({whose}); rename the app or the environment"
            )
    taken |= dict.fromkeys(names, app.name)
    part = dg.Definitions(
        assets=assets,
        asset_checks=[
            check(app, environment) for environment in app.deployed for check in (verified_check, drift_check)
        ],
        jobs=jobs,
    )
    return part, {job.name: job for job in jobs}


def _nodes(assets: Iterable[dg.AssetsDefinition | dg.AssetSpec]) -> list[str]:
    """The names of graphs and ops. App `a` with environment `b_c` and app `a_b` with environment `c` would both have `a_b_c`."""
    return [
        name
        for asset in assets
        for name in (
            [asset.key.to_user_string()]
            if isinstance(asset, dg.AssetSpec)
            else [asset.node_def.name, *(op.name for op in asset.node_def.iterate_op_defs())]
        )
    ]


def _shown(error: ConfigError) -> dg.AssetSpec:
    """A wrong file as an entry of the lineage: Dagster's UI has no other place that people look at every day."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", error.file.name)
    problems = "\n".join(f"- `{problem}`" for problem in error.problems)
    return dg.AssetSpec(
        f"cannot_load_{name}",
        group_name=ERRORS,
        description=f"`{error.file}` is wrong, so its app is not here:\n\n{problems}\n\nCorrect it, then reload this code location.",
    )


if is_json():
    # The process that holds the definitions, and that of a run, are started by Dagster's own, which pass no format on to them.
    write_log(logging.WARNING)

start_without_secrets()


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads: the apps of Shipline's home. Nothing is read before it asks."""
    fork_runs()
    home = Home.find()
    return definitions(home.apps, shown_versions(home.root))

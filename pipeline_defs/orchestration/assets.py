"""Assets: the lineage. One graph asset for each thing that exists: an app's image, and what runs in each environment.

The edges between them carry nothing. A value on an edge would be kept by asset, not by run, and of two runs side by side one
would deploy the other's image; so each run looks up its release by what it was given or has made itself (`ops/releases.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, Signature
from typing import Any, TypeVar

import dagster as dg

from pipeline_defs.config import App, Environment
from pipeline_defs.lineage.events import environment_key, image_key
from pipeline_defs.orchestration.environment_config import EnvironmentConfig
from pipeline_defs.orchestration.image_assets import image_inputs, image_specs
from pipeline_defs.orchestration.ops.build_op import build_op
from pipeline_defs.orchestration.ops.deploy_op import deploy_op
from pipeline_defs.orchestration.ops.lint_op import ImageConfig, lint_op
from pipeline_defs.orchestration.ops.push_op import push_op
from pipeline_defs.orchestration.ops.record_op import record_op
from pipeline_defs.orchestration.ops.rollback_op import rollback_op
from pipeline_defs.orchestration.ops.stage_op import stage_op
from pipeline_defs.orchestration.ops.test_op import test_op
from pipeline_defs.orchestration.rehearsal_checks import check_specs

_Function = TypeVar("_Function", bound=Callable[..., Any])


def assets_of(app: App, versions: Mapping[str, str] | None = None) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The assets of one app: its image or images, its rehearsal if it has one, and each environment that is deployed to.

    `versions` say which version is there: the first word of each is shown in the graph, all of it in the description.
    """
    staging = [_rehearsal(app, app.staging)] if app.staging else []
    made = [_image(app), *staging, *(_deployment(app, environment) for environment in app.deployed)]
    known = versions or {}
    parts = [_with_version(spec, known) for spec in image_specs(app)]
    return [
        *parts,
        *(asset.map_asset_specs(lambda spec: _with_version(spec, known)) if known else asset for asset in made),
    ]


def _with_version(spec: dg.AssetSpec, versions: Mapping[str, str]) -> dg.AssetSpec:
    said = versions.get(spec.key.to_user_string())
    if said is None:
        return spec
    # Of what a definition says the graph shows the kinds alone, three at the most.
    version = said.partition(" ")[0]
    return spec.replace_attributes(description=f"**{said}**. {spec.description}", kinds={*spec.kinds, version})


def _image(app: App) -> dg.AssetsDefinition:
    lint, build, test, push = lint_op(app), build_op(app), test_op(app), push_op(app)

    # Run configuration is given to the asset as a whole: nobody needs to know which op reads it.
    @dg.config_mapping
    def to_first(config: ImageConfig) -> dict[str, dict[str, dict[str, Any]]]:
        return {lint.name: {"config": config.model_dump()}}

    @dg.graph_asset(
        key=image_key(app.name),
        config=to_first,
        group_name=app.name,
        owners=list(app.owners),
        kinds={"docker"},
        description=(
            f"The image{'s' if app.images else ''} `{', '.join(each.repository for each in app.builds)}`: checked out from "
            f"`{app.repository}`, linted, built, tested and pushed. Its data version is its digest; one source tree is built once."
        ),
    )
    def image() -> Any:
        return push(test(build(lint())))

    return image


def _rehearsal(app: App, environment: str) -> dg.AssetsDefinition:
    stage = stage_op(app, environment)
    config = app.environments[environment]

    @dg.config_mapping
    def to_first(config: EnvironmentConfig) -> dict[str, dict[str, dict[str, Any]]]:
        return {stage.name: {"config": config.model_dump()}}

    upstream = {"image": image_key(app.name), **image_inputs(app)}

    @dg.graph_asset(
        key=environment_key(app.name, environment),
        ins={name: dg.AssetIn(key, dagster_type=dg.Nothing) for name, key in upstream.items()},
        config=to_first,
        group_name=app.name,
        owners=list(app.owners),
        kinds=_kinds(config),
        check_specs=check_specs(environment_key(app.name, environment), config),
        description=_where(
            f"The release of {app.name} that last passed a rehearsal on a copy of {config.rehearses}'s database",
            config,
            "a newer image exists than the one that was rehearsed",
        ),
    )
    @_taking(upstream)
    def rehearsal(**inputs: Any) -> Any:
        return stage(**inputs)._asdict()  # the asset itself and each of its checks, by the output's name

    return rehearsal


def _deployment(app: App, environment: str) -> dg.AssetsDefinition:
    upstream = {"image": image_key(app.name), **image_inputs(app)}
    if app.staging:
        upstream["rehearsal"] = environment_key(app.name, app.staging)
    deploy = deploy_op(app, environment, tuple(upstream))
    rollback, record = rollback_op(app, environment), record_op(app, environment)

    @dg.config_mapping
    def to_first(config: EnvironmentConfig) -> dict[str, dict[str, dict[str, Any]]]:
        return {deploy.name: {"config": config.model_dump()}}

    @_taking(upstream)
    def after(**inputs: Any) -> Any:
        live, back = deploy(**inputs)
        return record([live, rollback(back)])

    made: dg.AssetsDefinition = dg.graph_asset(
        key=environment_key(app.name, environment),
        ins={name: dg.AssetIn(key, dagster_type=dg.Nothing) for name, key in upstream.items()},
        config=to_first,
        group_name=app.name,
        owners=list(app.owners),
        kinds=_kinds(app.environments[environment]),
        description=_where(
            f"The release of {app.name} that runs in {environment}",
            app.environments[environment],
            f"a newer image{' or rehearsal' if app.staging else ''} exists than the one that runs here",
        ),
    )(after)
    return made


def _taking(names: Iterable[str]) -> Callable[[_Function], _Function]:
    """Give a function parameters with these names: Dagster reads the inputs of a graph from them."""
    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]

    def taking(function: _Function) -> _Function:
        vars(function)["__signature__"] = Signature(parameters)
        return function

    return taking


def _kinds(config: Environment) -> set[str]:
    """The icons of an environment: what is known of its database is shown, and nothing where it has none."""
    postgres = config.database is not None and config.database.commands is None
    return {"docker", "postgres"} if postgres else {"docker"}


def _where(what: str, config: Environment, unsynced: str) -> str:
    """`unsynced` says what Dagster's word means here."""
    hosts = ", ".join(f"`{host}`" for host in config.hosts)
    place = f"{what}, on {hosts} in `{config.directory}`. Unsynced: {unsynced}."
    return f"{place} People find it at {config.url}" if config.url else place

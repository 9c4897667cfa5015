"""Hook steps: the app's own commands before and after a rehearsal, deployment or rollback."""

from collections.abc import Mapping
from typing import Literal

from pipeline_defs.config.stage_hooks import Hook, Hooks
from pipeline_defs.release.image_set import variables
from pipeline_defs.release.records import Release
from pipeline_defs.release.step_name import StepName, titled
from pipeline_defs.server.compose.compose_commands import entry_point, with_compose
from pipeline_defs.server.core.command import Command, Runner, ServerError
from pipeline_defs.server.core.execution import FAILED_HOOKS, Execution
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Task

Stage = Literal["stage", "deploy", "rollback"]

_BEFORE: Mapping[Stage, StepName] = {
    "stage": StepName.BEFORE_STAGE,
    "deploy": StepName.BEFORE_DEPLOY,
    "rollback": StepName.BEFORE_ROLLBACK,
}
_AFTER: Mapping[Stage, StepName] = {
    "stage": StepName.AFTER_STAGE,
    "deploy": StepName.AFTER_DEPLOY,
    "rollback": StepName.AFTER_ROLLBACK,
}

# A hook whose time is over may run on in its container after `compose run` was stopped, so the container is removed by its label.
_IN_CONTAINER = """
mark=shipline.hook=$1; shift
end() { trap '' TERM; for id in $(docker ps -aq --filter "label=$mark"); do docker rm -f "$id" >/dev/null || :; done; }
trap 'end; exit 143' TERM
compose run --rm -T --no-deps --label "$mark" "$@" </dev/null & wait $!
"""


def before(site: Site, task: Task, program: tuple[str, ...], stage: Stage, *, writes: bool = False) -> list[Step]:
    """The hooks before a stage. They come before anything is changed: one that fails, fails the stage.

    `program` is how Compose is called on the server. `writes`: the database's revision is known, and tells whether they changed it.
    """
    return _steps(site, task, program, _BEFORE[stage], getattr(_hooks(task), f"before_{stage}"), writes=writes)


def after(site: Site, task: Task, program: tuple[str, ...], stage: Stage) -> list[Step]:
    """The hooks after a stage."""
    return _steps(site, task, program, _AFTER[stage], getattr(_hooks(task), f"after_{stage}"))


def run_after(
    site: Site, task: Task, server: Runner, execution: Execution, program: tuple[str, ...], stage: Stage
) -> None:
    """Run the hooks after a stage whose release is final. One that fails is remembered and told, and the next one runs."""
    for step in after(site, task, program, stage):
        try:
            Procedure(site, task, server, execution).run([step])
        except ServerError as error:
            execution.facts[FAILED_HOOKS] = (*execution.facts.get(FAILED_HOOKS, ()), str(error))
            task.say(f"the release stays, although a hook failed: {error}")


def _hooks(task: Task) -> Hooks:
    return Hooks() if task.without_hooks else task.app.environments[task.environment].hooks


def _steps(
    site: Site, task: Task, program: tuple[str, ...], name: StepName, hooks: tuple[Hook, ...], *, writes: bool = False
) -> list[Step]:
    release = task.release
    assert release is not None
    steps = []
    for number, hook in enumerate(hooks, start=1):
        here = hook.where == "shipline"
        title = name if len(hooks) == 1 else titled(name, after=number)
        facts = _facts(task, release)
        does = _here(hook, facts) if here else _in_release(site, program, site.folder(release), hook, facts, task.id)
        steps.append(Step(title, does, timeout=hook.timeout, writes=writes and not here, here=here))
    return steps


def _facts(task: Task, release: Release) -> dict[str, str]:
    """What a hook is told of its stage."""
    return {
        "SHIPLINE_APP": task.app.name,
        "SHIPLINE_ENVIRONMENT": task.environment,
        "SHIPLINE_VERSION": release.version,
        "SHIPLINE_COMMIT": release.commit,
        "SHIPLINE_IMAGE": release.references[0],
        **{f"SHIPLINE_{name}": reference for name, reference in variables(release.images).items()},
    }


def _here(hook: Hook, facts: Mapping[str, str]) -> Command:
    return Command(hook.command, environment=facts, says=f"on Shipline's machine: {' '.join(hook.command)}")


def _in_release(
    site: Site, program: tuple[str, ...], folder: str, hook: Hook, facts: Mapping[str, str], mark: str
) -> Command:
    """In a container of its own beside the app's, with the app's settings. The image's entry point is passed over."""
    given = [word for name, value in facts.items() for word in ("-e", f"{name}={value}")]
    words = (mark, *given, *entry_point(hook.command[0]), site.config.service, *hook.command[1:])
    says = f"in a {site.config.service} of its own: {' '.join(hook.command)}"
    return with_compose(site, program, folder, _IN_CONTAINER, *words, says=says)

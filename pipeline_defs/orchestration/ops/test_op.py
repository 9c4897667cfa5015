"""Op: the app's own tests, on the very image that will be shipped."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.build import ImageTest
from pipeline_defs.config.images import variable_of
from pipeline_defs.deployments.stage_log import Log, Stopwatch, open_log, stop
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import TEST_COUNTS, evidence_metadata, skipped
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.integration.image_builds import build_here, local_name
from pipeline_defs.orchestration.integration.untrusted_image import rehearsed_next, require_still_own, test_untrusted
from pipeline_defs.release.evidence import StepTiming
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import tested_tag
from pipeline_defs.resources.compose_test_run import TestRun
from pipeline_defs.resources.docker_engine import Engine, EngineResource
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.test_definition import Unprovable, definition_of, proof_of

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry

SKIPPED = "reused"
"""The outcome of a step whose result an earlier run's evidence stands for."""


def test_op(app: App) -> dg.OpDefinition:
    """The op `<app>_test`: gives the record its test counts, new ones or those of the run that made the same tests on this image."""

    @dg.op(name=f"{app.name}_test", description="Runs the tests in the built image with the app's compose file.")
    def test(
        context: dg.OpExecutionContext,
        image: Image,
        source: SourceResource,
        engine: EngineResource,
        registry: RegistryResource,
    ) -> Image:
        with open_log(context, hides=app) as log:
            watch = Stopwatch("test")
            repository, docker, keep = source.of(app), engine.find(), rehearsed_next(context, app)
            require_still_own(context, image, repository)
            ended = test_untrusted(app, image, repository, docker, log, keep=keep) if image.untrusted else None
            if app.test is None:
                log.say("skipped: this app has no tests to be run on its image")
                context.add_output_metadata(skipped("no tests configured"))
                return image
            if ended is None:
                images = registry.of(app)
                with repository.checkout(image.commit) as checkout:
                    image = image.model_copy(update={"tested": _proof(docker, checkout, app, image, log)})
                    if _proved(image, images):
                        return _with_evidence(context, app, image, log)
                    ended = _run(app, app.test, image, docker, images, checkout, log)
            ended = _masked(ended, log)
            if not ended.passed:
                raise stop(_failure(ended), {TEST_COUNTS: ended.counts})
            context.add_output_metadata(evidence_metadata({TEST_COUNTS: ended.counts}))
            log.say(f"test: {ended.counts or 'passed'}; with set-up and clean-up {watch.seconds:.1f} s")
            return image.model_copy(update={"tests": ended.counts, "steps": (*image.steps, watch.timing())})

    return test


def _proof(docker: Engine, checkout: Path, app: App, image: Image, log: Log) -> str:
    """What a proof of these tests on this tree is kept under; empty where it cannot be told, so that they always run."""
    try:
        assert app.test is not None
        variables = [variable_of(name) for name in app.images]
        return proof_of(image.tree, definition_of(docker.client, checkout, app.test, variables))
    except Unprovable as error:
        log.say(f"the tests run each time, because what they test is not in the repository alone: {error}")
        return ""


def _proved(image: Image, images: "Registry") -> bool:
    """Whether this image has passed the very same tests before."""
    if not image.digest or not image.tested:
        return False
    return images.digest_of(tested_tag(image.tested)) == image.digest


def _run(
    app: App, test: ImageTest, image: Image, docker: Engine, images: "Registry", checkout: Path, log: Log
) -> TestRun:
    """Run the tests on the image that was built, or on the one that the registry has for its tree."""
    for each in image.each:
        if each.digest:
            log.say(f"{each.reference} was built before, and these tests have not passed on it: they run now")
            registry = images.beside(each.repository)
            docker.pull(each.reference, registry, timeout=app.push.timeout, listen=log.listen)
            docker.tag(each.reference, local_name(each))  # by which it is found, and removed when room is needed
    tested, stage = local_name(image.each[0]), ""
    several = {variable_of(each.name): local_name(each) for each in image.images}
    if test.target:
        stage, first = f"{tested}-tests", app.builds[0]
        log.say(f"building the stage {test.target}, which has the tests")
        build = first.build.model_copy(update={"target": test.target})
        build_here(docker, build, checkout, stage, {}, images.beside(first.repository), log)
    try:
        return docker.test(checkout, app.name, tested, test, test_image=stage, images=several, listen=log.listen)
    finally:
        if stage:
            docker.remove(stage)


def _with_evidence(context: dg.OpExecutionContext, app: App, image: Image, log: Log) -> Image:
    """The record with the test counts of the run that made the same tests on this image."""
    known = Lineage(context.instance).images(app)
    same = (each for each in known if each.digest == image.digest and each.tested == image.tested)
    counts = next((each.tests for each in same if each.tests), None)
    log.say(f"skipped: tested before: {counts or 'where this lineage does not reach'}")
    why = f"tested before: {counts}" if counts else "tested before"
    context.add_output_metadata({**skipped(why), **evidence_metadata({TEST_COUNTS: counts})})
    timing = StepTiming(step="test", seconds=0.0, outcome=SKIPPED)
    return image.model_copy(update={"tests": counts, "steps": (*image.steps, timing)})


def _masked(ended: TestRun, log: Log) -> TestRun:
    """What the tests said, without the app's secrets: it is kept as evidence and told to people."""
    counts = ended.counts
    if counts is not None:
        failed = [
            each.model_copy(update={"name": log.masked(each.name), "message": log.masked(each.message)})
            for each in counts.failed
        ]
        counts = counts.model_copy(update={"failed": tuple(failed)})
    return dataclasses.replace(ended, said=log.masked(ended.said), counts=counts)


def _failure(ended: TestRun) -> str:
    if ended.refusal:
        return f"the tests prove nothing: {ended.refusal}"
    if ended.counts is not None and ended.counts.failed:
        names = [each.name for each in ended.counts.failed]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"the tests failed: {ended.counts}: {', '.join(names[:3])}{more}"
    return f"the tests failed with status {ended.status}: {ended.said.strip().rpartition(chr(10))[2] or 'they said nothing'}"

"""Test: the app's own tests, on the very image that will be shipped."""

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.history import Lineage
from pipeline_defs.ops.build import local_name
from pipeline_defs.ops.events import TEST_COUNTS, evidence_metadata
from pipeline_defs.ops.log import Stopwatch, open_log, stop
from pipeline_defs.release.evidence import StepTiming, TestCounts
from pipeline_defs.release.records import Image
from pipeline_defs.resources.compose import TestRun
from pipeline_defs.resources.engine import EngineResource
from pipeline_defs.resources.source_resource import SourceResource

SKIPPED = "reused"
"""The outcome of a step whose result an earlier run's evidence stands for."""


def test_op(app: App) -> dg.OpDefinition:
    """The op `<app>_test`: gives the record its test counts, new ones or those of the run that tested this image."""

    @dg.op(name=f"{app.name}_test", description="Runs the tests in the built image with the app's compose file.")
    def test(context: dg.OpExecutionContext, image: Image, source: SourceResource, engine: EngineResource) -> Image:
        with open_log(context) as log:
            watch = Stopwatch("test")
            if app.test is None:
                log.say("this app has no tests to be run on its image")
                return image
            if image.digest:
                counts = _evidence(Lineage(context.instance), app, image)
                log.say(f"tested before: {counts or 'where this lineage does not reach'}")
                context.add_output_metadata(evidence_metadata({TEST_COUNTS: counts}))
                timing = StepTiming(step="test", seconds=0.0, outcome=SKIPPED)
                return image.model_copy(update={"tests": counts, "steps": (*image.steps, timing)})
            with source.of(app).checkout(image.commit) as checkout:
                ended = engine.find().test(checkout, app.name, local_name(image), app.test, listen=log.listen)
            if not ended.passed:
                raise stop(_failure(ended), {TEST_COUNTS: ended.counts})
            context.add_output_metadata(evidence_metadata({TEST_COUNTS: ended.counts}))
            log.say(f"test: {ended.counts or 'passed'}; with set-up and clean-up {watch.seconds:.1f} s")
            return image.model_copy(update={"tests": ended.counts, "steps": (*image.steps, watch.timing())})

    return test


def _evidence(lineage: Lineage, app: App, image: Image) -> TestCounts | None:
    return next((each.tests for each in lineage.images(app) if each.digest == image.digest and each.tests), None)


def _failure(ended: TestRun) -> str:
    if ended.counts is not None and ended.counts.failed:
        names = [each.name for each in ended.counts.failed]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"the tests failed: {ended.counts}: {', '.join(names[:3])}{more}"
    return f"the tests failed with status {ended.status}: {ended.said.strip().rpartition(chr(10))[2] or 'they said nothing'}"

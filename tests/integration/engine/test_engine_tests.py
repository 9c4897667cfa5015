"""An app's own tests on the Docker Engine of this machine: what passes, what fails, and what is counted."""

import shutil
from pathlib import Path

import pytest

from pipeline_defs.config.build import Build, ImageTest
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.docker_engine import Engine
from tests.integration.engine.small_tests import (
    COMPOSE,
    JUNIT,
    LABELS,
    WITH_DATABASE,
    WRITES,
    left_over,
    write_compose,
)
from tests.testbed.checkout import ROOT
from tests.testbed.images import BASE


def test_tests_that_pass_are_counted_and_taken_down_and_see_no_secret_of_shipline(
    docker_engine: Engine, checkout: Path, image: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_REGISTRY_PASSWORD", "s3cr3t-w0rd")
    write_compose(checkout, f"cat /hello.txt; echo word=$WORD password=$PASSWORD; {WRITES}", WITH_DATABASE)
    lines: list[str] = []
    test = ImageTest(environment={"WORD": "a $(b) 'c'"})
    run = docker_engine.test(checkout, "shop", image, test, listen=lines.append)
    assert run.passed
    assert run.counts is not None
    assert run.counts.tests == 1
    assert any((checkout / "hello.txt").read_text().strip() in line for line in lines)
    assert "word=a $(b) 'c' password=none" in run.said
    assert left_over(workspace) == []
    assert list((workspace / "tests").glob("[!.]*")) == []


def test_tests_that_fail_are_a_result(docker_engine: Engine, checkout: Path, image: str, workspace: Path) -> None:
    failure = "<testcase name='y'><failure message='no'/></testcase>"
    write_compose(checkout, f'echo \\"{JUNIT % failure}\\" >/results/junit.xml; echo it failed; exit 4')
    run = docker_engine.test(checkout, "shop", image, ImageTest())
    assert (run.status, run.passed, run.said) == (4, False, "it failed")
    assert run.counts is not None
    assert (run.counts.tests, run.counts.failures) == (2, 1)
    assert left_over(workspace) == []


def test_tests_that_break_before_they_write_results_are_a_result(
    docker_engine: Engine, checkout: Path, image: str
) -> None:
    write_compose(checkout, "echo broken; exit 2")
    run = docker_engine.test(checkout, "shop", image, ImageTest())
    assert (run.status, run.counts, run.said) == (2, None, "broken")


def test_without_results_the_exit_status_decides(docker_engine: Engine, checkout: Path, image: str) -> None:
    write_compose(checkout, "echo Ran 0 tests in 0.000s")
    assert not docker_engine.test(checkout, "shop", image, ImageTest(junit=None)).passed
    write_compose(checkout, "true")
    assert docker_engine.test(checkout, "shop", image, ImageTest(junit=None)).passed
    with pytest.raises(EngineError, match=r"ended well, but the tests wrote no results file junit.xml"):
        docker_engine.test(checkout, "shop", image, ImageTest())


ALL_SKIPPED = "<testsuite name='a'><testcase name='x'><skipped/></testcase></testsuite>"


@pytest.mark.parametrize("results", ["<testsuites/>", pytest.param(ALL_SKIPPED, marks=pytest.mark.thorough)])
def test_tests_of_which_none_ran_prove_nothing(docker_engine: Engine, checkout: Path, image: str, results: str) -> None:
    write_compose(checkout, f'echo \\"{results}\\" >/results/junit.xml')
    run = docker_engine.test(checkout, "shop", image, ImageTest())
    assert not run.passed
    assert run.refusal is not None
    assert "set allow_empty: true" in run.refusal
    assert docker_engine.test(checkout, "shop", image, ImageTest(allow_empty=True)).passed


def test_services_that_have_done_their_work_end_no_test(docker_engine: Engine, checkout: Path, image: str) -> None:
    command = f"sleep 2; cat /data/seeded; {WRITES}"
    text = COMPOSE % (command.replace("$", "$$"), WITH_DATABASE) + (
        "  seed: {image: '${IMAGE}', command: ['sh', '-c', 'echo seeds >/data/seeded'], volumes: ['data:/data']}\n"
        "  late: {image: '${IMAGE}', command: ['sh', '-c', 'exit 3']}\n"
    )
    text = text.replace("volumes:\n  data:\n", "") + "volumes:\n  data:\n"
    (checkout / "docker-compose-test.yml").write_text(text)
    lines: list[str] = []
    run = docker_engine.test(checkout, "shop", image, ImageTest(), listen=lines.append)
    assert (run.status, run.said) == (0, "seeds")
    assert run.passed


def test_a_service_that_the_tests_wait_for_and_that_fails_is_told(
    docker_engine: Engine, checkout: Path, image: str, workspace: Path
) -> None:
    (checkout / "docker-compose-test.yml").write_text(
        "services:\n  tests:\n    image: ${IMAGE}\n    depends_on: {seed: {condition: service_completed_successfully}}\n"
        "  seed: {image: '${IMAGE}', command: ['sh', '-c', 'echo no seeds; exit 3']}\n"
    )
    lines: list[str] = []
    run = docker_engine.test(checkout, "shop", image, ImageTest(), listen=lines.append)
    assert run.status != 0
    assert "did not start" in run.said
    assert any("no seeds" in line for line in lines)
    assert left_over(workspace) == []


def test_tests_in_a_stage_of_their_own_run_beside_the_image(docker_engine: Engine, checkout: Path, image: str) -> None:
    (checkout / "docker-compose-test.yml").write_text(
        "services:\n  tests:\n    build: {context: ., target: test}\n    command: [cat, /hello.txt]\n"
        "    depends_on: [web]\n  web: {image: '${IMAGE}', command: [sleep, '60'], init: true}\n"
    )
    with pytest.raises(EngineError, match="is not on this machine"):
        docker_engine.test(checkout, "shop", image, ImageTest(target="test", junit=None), test_image="none")
    run = docker_engine.test(checkout, "shop", image, ImageTest(target="test", junit=None), test_image=image)
    assert run.passed
    assert run.said == (checkout / "hello.txt").read_text().strip()
    (checkout / "docker-compose-test.yml").write_text("services: {tests: {build: {context: ., target: test}}}\n")
    with pytest.raises(EngineError, match="builds the stage test: write `target: test` under `test`"):
        docker_engine.test(checkout, "shop", image, ImageTest())


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        (ImageTest(service="e2e"), r"has no service e2e \(test.service\); its services are tests"),
        (
            ImageTest(compose="missing.yml"),
            "test.compose names missing.yml, which is not in the repository at this commit",
        ),
        (ImageTest(compose="broken.yml"), "broken.yml is not a compose file that can be run: .*"),
        (ImageTest(compose="other.yml"), "no service of other.yml runs the image that was built; write image: "),
    ],
)
def test_compose_files_that_cannot_be_run(
    docker_engine: Engine, checkout: Path, image: str, test: ImageTest, sentence: str, workspace: Path
) -> None:
    write_compose(checkout, "true")
    (checkout / "broken.yml").write_text("services: [")
    (checkout / "other.yml").write_text(f"services: {{tests: {{image: '{BASE.name}'}}}}")
    lines: list[str] = []
    with pytest.raises(EngineError, match=sentence) as caught:
        docker_engine.test(checkout, "shop", image, test, listen=lines.append)
    assert "\n" not in str(caught.value)
    assert lines == []  # nothing was started
    assert left_over(workspace) == []


def test_an_image_that_is_not_there_is_one_sentence(docker_engine: Engine, checkout: Path) -> None:
    write_compose(checkout, "true")
    with pytest.raises(EngineError, match="the image shipline-test-none is not on this machine's Docker Engine"):
        docker_engine.test(checkout, "shop", "shipline-test-none", ImageTest())


@pytest.mark.thorough
def test_the_sample_app_is_built_and_tested(docker_engine: Engine, tag: str, tmp_path: Path, workspace: Path) -> None:
    checkout = shutil.copytree(ROOT / "examples" / "shop", tmp_path / "shop", symlinks=True)
    docker_engine.build(checkout, tag, Build(), labels=LABELS)
    run = docker_engine.test(checkout, "shop", tag, ImageTest())
    assert run.passed, run.said
    assert run.counts is not None
    assert run.counts.tests > 10
    assert left_over(workspace) == []

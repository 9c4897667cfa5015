"""The Docker Engine of this machine, for real: builds, the app's own tests, pushes, and that nothing of them stays."""

import hashlib
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline_defs.config import Secret
from pipeline_defs.config.build import Build, ImageTest
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_login import Credentials
from pipeline_defs.resources.tree_hash import source_tree
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.checkout import ID, ROOT
from tests.testbed.images import BASE

LABELS = {"shipline.checkout": ID, "org.opencontainers.image.version": "1.2.3"}

COMPOSE = """
services:
  tests:
    image: ${IMAGE}
    command: ["sh", "-c", "%s"]
    environment: {WORD: "${WORD:-none}", PASSWORD: "${SHOP_REGISTRY_PASSWORD:-none}"}
    volumes: ["${RESULTS}:/results", "data:/data", "${GO:-data}:/go"]
%s
volumes:
  data:
"""
WITH_DATABASE = """    depends_on: [db]
  db: {image: "${IMAGE}", command: ["sleep", "600"], init: true}
"""
JUNIT = "<testsuite name='a' time='1'><testcase name='x'/>%s</testsuite>"
WRITES = f'echo \\"{JUNIT % ""}\\" >/results/junit.xml'
WAITS = "echo ready; while [ ! -e /go/go ]; do sleep 0.1; done"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A home's workspace of this test alone."""
    return tmp_path / "workspace"


@pytest.fixture
def docker_engine(testbed: TestBed, workspace: Path) -> Engine:
    """The Engine as the ops get it."""
    return Engine.find(workspace)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """An app of one file on a base that is on every test machine."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {BASE.name}\nCOPY hello.txt /hello.txt\n")
    (folder / "hello.txt").write_text(f"hello {uuid.uuid4()}\n")
    return folder


@pytest.fixture
def tag() -> Iterator[str]:
    """A name for an image of this test, which is removed afterwards."""
    name = f"shipline-test-{uuid.uuid4().hex[:12]}"
    yield name
    docker.docker("rmi", "--force", name, check=False)


@pytest.fixture
def image(docker_engine: Engine, checkout: Path, tag: str) -> str:
    """The app's image, built."""
    docker_engine.build(checkout, tag, Build(), labels=LABELS)
    return tag


def write_compose(checkout: Path, command: str, more: str = "") -> None:
    """A compose file whose test service runs this shell command; `more` are further lines of its services."""
    (checkout / "docker-compose-test.yml").write_text(COMPOSE % (command.replace("$", "$$"), more))


def left_over(workspace: Path) -> list[str]:
    """All that Compose projects of tests with this workspace have on the Engine."""
    home = hashlib.sha256(str(workspace / "tests").encode()).hexdigest()[:8]
    label = "com.docker.compose.project"
    form = ["--filter", f"label={label}", "--format", f'{{{{.Label "{label}"}}}}']
    listed = [docker.docker(kind, "ls", *form) for kind in ("container", "network", "volume")]
    listed.append(docker.docker("container", "ls", "--all", *form))
    return [name for names in listed for name in names.split() if name.startswith(f"shipline-test-shop-{home}-")]


def test_a_build_is_labelled_heard_live_and_the_same_the_second_time(
    docker_engine: Engine, checkout: Path, tag: str
) -> None:
    lines: list[str] = []
    identity = docker_engine.build(checkout, tag, Build(), labels=LABELS, listen=lines.append)
    assert identity.startswith("sha256:")
    assert any("COPY hello.txt" in line for line in lines)
    assert (
        docker.docker("inspect", "--format", '{{index .Config.Labels "org.opencontainers.image.version"}}', tag)
        == "1.2.3"
    )
    assert docker_engine.build(checkout, tag, Build(), labels=LABELS) == identity
    assert docker_engine.has(tag)
    assert docker_engine.has(identity)
    docker_engine.remove(tag)
    assert not docker_engine.has(tag)


def test_arguments_target_and_dockerfile_are_used(docker_engine: Engine, checkout: Path, tag: str) -> None:
    (checkout / "app").mkdir()
    (checkout / "app" / "Other").write_text(
        f'FROM {BASE.name} AS first\nARG WORD\nLABEL word="$WORD"\nFROM first AS second\nLABEL second=yes\n'
    )
    build = Build(dockerfile="app/Other", context="app", arguments={"WORD": "$(id) 'q' --x"}, target="first")
    docker_engine.build(checkout, tag, build, labels=LABELS)
    labels = docker.docker("inspect", "--format", "{{json .Config.Labels}}", tag)
    assert "$(id) 'q' --x" in labels
    assert "second" not in labels


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        (
            "RUN echo one && echo two && exit 7",
            r"Dockerfile failed at \[2/2\] RUN echo one .*: one \| two \| .*exit code: 7",
        ),
        ("COPY missing.txt /", r"Dockerfile failed at \[2/2\] COPY missing.txt /: .*missing.txt.* not found"),
        ("NONSENSE here", "Dockerfile cannot be built: .*unknown instruction: NONSENSE"),
        ("FROM 127.0.0.1:1/no/such:image", "Dockerfile cannot be built: .*127.0.0.1:1"),
    ],
)
def test_a_dockerfile_that_fails_names_its_step(
    docker_engine: Engine, checkout: Path, tag: str, instruction: str, sentence: str
) -> None:
    (checkout / "Dockerfile").write_text(f"FROM {BASE.name}\n{instruction}\n")
    with pytest.raises(EngineError, match=sentence) as caught:
        docker_engine.build(checkout, tag, Build(), labels=LABELS)
    assert "\n" not in str(caught.value)


def test_a_build_that_takes_too_long_is_stopped(docker_engine: Engine, checkout: Path, tag: str) -> None:
    (checkout / "Dockerfile").write_text(f"FROM {BASE.name}\nRUN sleep 600 # {uuid.uuid4()}\n")
    with pytest.raises(EngineError, match=r"the build did not end within 3 s \(build.timeout\) and was stopped"):
        docker_engine.build(checkout, tag, Build(timeout=3), labels=LABELS)


IGNORE = """\ufeff# comment
  version.txt
/docs/
**/*.log
!keep.log
*/temp*
notes?.md
!notes1.md
build/**
!build/kept/**
**/cache
README.MD
[ab].txt
nothing/../gone.txt
"""
FILES = (
    "version.txt", "docs/a.md", "x.log", "keep.log", "a/x.log", "a/keep.log", "a/temp1", "temp1", "a/b/temp1", "notes1.md",
    "notes2.md", "notes10.md", "build/x", "build/kept/y", "cache/z", "a/cache/z", "a/cachet/z", "README.md", "a.txt", "c.txt",
    "gone.txt", "A.txt", "sub/version.txt", "sub/docs/a.md", "# comment",
)  # fmt: skip


def test_the_tree_hash_covers_exactly_what_buildkit_copies(
    docker_engine: Engine, checkout: Path, tag: str, tmp_path: Path
) -> None:
    (checkout / "Dockerfile").write_text("FROM scratch\nCOPY . /context/\n")
    (checkout / ".dockerignore").write_text(IGNORE)
    for name in FILES:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("x")
    docker_engine.build(checkout, tag, Build(), labels=LABELS)
    container = docker.docker("create", tag, "none")
    docker.docker("cp", f"{container}:/context", str(tmp_path / "seen"))
    docker.docker("rm", container)
    seen = {name for name in FILES if (tmp_path / "seen" / name).exists()}
    hashed = set()
    before = source_tree(checkout, Build())
    for name in FILES:
        (checkout / name).write_text("y")
        if source_tree(checkout, Build()) != before:
            hashed.add(name)
        (checkout / name).write_text("x")
    assert hashed == seen
    assert 0 < len(seen) < len(FILES)


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


def test_a_build_gets_its_secrets_and_leaves_them_nowhere(
    docker_engine: Engine, checkout: Path, tag: str, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "Dockerfile").write_text(
        f"FROM {BASE.name}\nRUN --mount=type=secret,id=token --mount=type=secret,id=other "
        f"echo {tag} && cat /run/secrets/token && sha256sum /run/secrets/token >/sum\n"
    )
    monkeypatch.setenv("BUILD_TOKEN", "t0ken-of-the-build")
    build = Build.model_validate({"secrets": {"token": {"env": "BUILD_TOKEN"}}})
    lines: list[str] = []
    docker_engine.build(checkout, tag, build, labels=LABELS, listen=lines.append)
    assert any("***" in line for line in lines)
    assert not any("t0ken" in line for line in lines)
    wanted = hashlib.sha256(b"t0ken-of-the-build").hexdigest()
    assert docker.docker("run", "--rm", tag, "cat", "/sum").split()[0] == wanted
    assert "t0ken" not in docker.docker("history", "--no-trunc", tag) + docker.docker("inspect", tag)
    assert list((workspace / "builds").glob("[!.]*")) == []


def test_a_build_may_use_an_ssh_key(
    docker_engine: Engine, checkout: Path, tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "Dockerfile").write_text(f'FROM {BASE.name}\nRUN --mount=type=ssh test -S "$SSH_AUTH_SOCK"\n')
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    build = Build.model_validate({"ssh": {"default": {"file": str(key)}}})
    docker_engine.build(checkout, tag, build, labels=LABELS)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(EngineError, match="none runs for Shipline"):
        docker_engine.build(checkout, tag, Build.model_validate({"ssh": "default"}), labels=LABELS)


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


def test_tests_that_take_too_long_are_taken_down(
    docker_engine: Engine, checkout: Path, image: str, workspace: Path
) -> None:
    write_compose(checkout, WAITS)
    with pytest.raises(EngineError, match=r"the test did not end within 3 s \(test.timeout\) and was stopped"):
        docker_engine.test(checkout, "shop", image, ImageTest(timeout=3))
    assert left_over(workspace) == []


def test_two_runs_at_once_do_not_meet(
    docker_engine: Engine, checkout: Path, image: str, tmp_path: Path, workspace: Path
) -> None:
    go = tmp_path / "go"
    go.mkdir()
    write_compose(checkout, f"echo $WORD >>/data/words; {WAITS}; cat /data/words; {WRITES}")
    both = threading.Barrier(2, action=(go / "go").touch)

    def listen(line: str) -> None:
        if line.endswith("ready"):
            both.wait(120)

    def run(word: str) -> str:
        test = ImageTest(environment={"WORD": word, "GO": str(go)})
        return docker_engine.test(checkout, "shop", image, test, listen=listen).said

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, ["one", "two"])) == ["ready\none", "ready\ntwo"]
    assert left_over(workspace) == []


class Interrupted(BaseException):
    """As Dagster raises one when a run is terminated."""


def test_an_interrupted_run_is_taken_down(docker_engine: Engine, checkout: Path, image: str, workspace: Path) -> None:
    write_compose(checkout, WAITS)

    def listen(line: str) -> None:
        if line.endswith("ready"):
            assert left_over(workspace)
            raise Interrupted

    with pytest.raises(Interrupted):
        docker_engine.test(checkout, "shop", image, ImageTest(), listen=listen)
    assert left_over(workspace) == []


def test_what_a_killed_run_left_is_removed_by_the_next(
    docker_engine: Engine, checkout: Path, image: str, workspace: Path
) -> None:
    write_compose(checkout, WAITS)
    program = (
        "import sys, pathlib\n"
        "from pipeline_defs.config.build import ImageTest\n"
        "from pipeline_defs.resources.docker_engine import Engine\n"
        "workspace, checkout, image = sys.argv[1:]\n"
        "Engine.find(pathlib.Path(workspace)).test(\n"
        "    pathlib.Path(checkout), 'shop', image, ImageTest(), listen=lambda line: print(line, flush=True))\n"
    )
    argv = [sys.executable, "-c", program, str(workspace), str(checkout), image]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert any(line.rstrip().endswith("ready") for line in child.stdout)
        child.kill()
    assert left_over(workspace)
    write_compose(checkout, WRITES)
    assert docker_engine.test(checkout, "shop", image, ImageTest()).passed
    assert left_over(workspace) == []
    assert list((workspace / "tests").glob("[!.]*")) == []


def registry_of(testbed: TestBed, password: str | None = None) -> Registry:
    """A repository of its own in the bed's registry."""
    credentials = Credentials(testbed.registry.user, Secret(password or testbed.registry.password))
    return Registry(f"{testbed.registry.address}/test/{uuid.uuid4().hex[:12]}", credentials)


@pytest.fixture
def pushed() -> Iterator[list[str]]:
    """References whose local tags are removed afterwards."""
    references: list[str] = []
    yield references
    for reference in references:
        docker.docker("rmi", reference, check=False)


def test_a_push_gives_the_registrys_digest_and_leaves_no_password(
    docker_engine: Engine, testbed: TestBed, image: str, pushed: list[str], workspace: Path
) -> None:
    registry = registry_of(testbed)
    pushed.append(f"{registry.repository}:1.2.3_dev")
    lines: list[str] = []
    digest = docker_engine.push(image, registry, "1.2.3_dev", listen=lines.append)
    assert digest == registry.digest_of("1.2.3_dev")
    assert any(digest in line for line in lines)
    assert digest in docker.docker("inspect", "--format", "{{.RepoDigests}}", image)
    assert list((workspace / "logins").glob("[!.]*")) == []
    assert docker_engine.push(image, registry, "1.2.3_dev") == digest


def test_a_push_that_takes_too_long_is_stopped(
    docker_engine: Engine, testbed: TestBed, image: str, pushed: list[str]
) -> None:
    registry = registry_of(testbed)
    pushed.append(f"{registry.repository}:1.2.3")
    with pytest.raises(EngineError, match=r"the push did not end within 0.01 s \(push.timeout\) and was stopped"):
        docker_engine.push(image, registry, "1.2.3", timeout=0.01)


@pytest.mark.parametrize("password", ["wrong-password", "ü ' \" $(id)"])
def test_a_wrong_registry_password_is_one_sentence(
    docker_engine: Engine, testbed: TestBed, image: str, pushed: list[str], password: str
) -> None:
    registry = registry_of(testbed, password)
    pushed.append(f"{registry.repository}:1.2.3")
    with pytest.raises(EngineError) as caught:
        docker_engine.push(image, registry, "1.2.3")
    assert str(caught.value) == (
        f"the registry {registry.host} refused the login of {testbed.registry.user}; "
        "check registry.username and registry.password"
    )


def test_a_registry_that_does_not_answer_is_one_sentence(docker_engine: Engine, image: str, pushed: list[str]) -> None:
    pushed.append("127.0.0.1:1/test/shop:1.2.3")
    with pytest.raises(EngineError, match=r"127.0.0.1:1/test/shop:1.2.3 cannot be pushed: .*refused"):
        docker_engine.push(image, Registry("127.0.0.1:1/test/shop"), "1.2.3")


@pytest.mark.thorough
def test_the_sample_app_is_built_and_tested(docker_engine: Engine, tag: str, tmp_path: Path, workspace: Path) -> None:
    checkout = shutil.copytree(ROOT / "examples" / "shop", tmp_path / "shop", symlinks=True)
    docker_engine.build(checkout, tag, Build(), labels=LABELS)
    run = docker_engine.test(checkout, "shop", tag, ImageTest())
    assert run.passed, run.said
    assert run.counts is not None
    assert run.counts.tests > 10
    assert left_over(workspace) == []

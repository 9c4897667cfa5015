"""What the steps of a Dockerfile mount is found however it is written, and what is not given is refused with the line to write."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline_defs.config.build import Build, ImageTest
from pipeline_defs.doctor.dockerfile_checks import dockerfile
from pipeline_defs.doctor.finding import Level
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.dockerfile import built_stages, instructions, refuse_ungiven, stages
from tests.unit import sample

SECRET = "RUN --mount=type=secret,id=pip_token pip install private"


def refusal(folder: Path, text: str, build: Build | None = None) -> str:
    (folder / "Dockerfile").write_text(text)
    try:
        refuse_ungiven(folder, build or Build())
    except EngineError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (SECRET, "build: {secrets: {pip_token: {env: PIP_TOKEN}}}"),
        (
            "run  --network=none \\\n# a comment\n\n  --mount=type=secret,target=/x/npm-rc true",
            "{npm-rc: {env: NPM_RC}}",
        ),
        ('RUN --mount=required=true,"type=secret","id=a" true', "{a: {env: A}}"),
        ("RUN --mount=type=ssh true", "build: {ssh: default}"),
        ("RUN --mount=type=ssh,id=github true", "build: {ssh: {github: agent}}"),
        ("RUN <<EOF\necho EOF\nEOF\nRUN --mount=type=ssh true", "build: {ssh: default}"),
        ("RUN true \\\n  && true\nRUN --mount=type=cache,target=/c --mount=type=ssh true", "build: {ssh: default}"),
    ],
)
def test_what_is_not_given_is_refused_with_the_line_to_write(tmp_path: Path, text: str, line: str) -> None:
    said = refusal(tmp_path, f"# syntax=docker/dockerfile:1\nFROM x\n{text}\n")
    assert said.startswith("Dockerfile mounts the ")
    assert line in said


@pytest.mark.parametrize(
    "text",
    [
        "RUN echo --mount=type=secret,id=a",
        "# RUN --mount=type=secret,id=a",
        "RUN <<EOF\nRUN --mount=type=secret,id=a true\nEOF",
        "RUN <<-'A' cat <<B\nRUN --mount=type=ssh true\n\tA\nRUN --mount=type=ssh true\nB",
        "RUN --mount=type=cache,target=/root/.cache,id=a true",
        "RUN --mount=from=other,target=/x true",
    ],
)
def test_what_only_looks_like_it_is_not(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, f"FROM x\n{text}\n") == ""


def test_what_is_given_is_built(tmp_path: Path) -> None:
    build = Build.model_validate({"secrets": {"pip_token": {"env": "TOKEN"}}, "ssh": "default"})
    assert refusal(tmp_path, f"FROM x\n{SECRET}\nRUN --mount=type=ssh true\n", build) == ""
    assert build.untrusted.secrets == build.untrusted.ssh == {}


def test_a_stage_that_is_not_built_asks_for_nothing(tmp_path: Path) -> None:
    text = f"FROM x AS base\nFROM base AS dev\n{SECRET}\nFROM x AS other\nFROM other AS final\nCOPY --from=base /a /a\n"
    assert refusal(tmp_path, text) == ""
    assert "pip_token" in refusal(tmp_path, text, Build(target="dev"))
    assert "pip_token" in refusal(tmp_path, text, Build(target="1"))
    assert {stage.name for stage in built_stages(text, "final")} == {"final", "base", "other"}
    assert len(built_stages(text, "nowhere")) == 4


def test_the_escape_directive_is_heeded() -> None:
    text = "# escape=`\nFROM x\nRUN a `\n  b\nRUN c \\\n"
    assert [each.words for each in instructions(text)] == [("x",), ("a", "b"), ("c", "\\")]


@given(st.text(st.sampled_from("RUNFOM cas\\`#<-EOF=,\"'\n\t -m"), max_size=200) | st.text(max_size=200))
@example("RUN " + "-" * 5000)
@example("RUN " + "<<A " * 2000)
@example("\\\n" * 5000)
def test_any_text_is_read(text: str) -> None:
    stages(text)


def test_doctor_tells_what_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM x AS test\n{SECRET}\nFROM x\n")
    app = sample.example().model_copy(update={"build": Build(), "test": ImageTest()})
    assert [found.level for found in dockerfile(app, "shop", tmp_path)] == [Level.OK]
    app = app.model_copy(update={"test": ImageTest(target="test")})
    [found] = dockerfile(app, "shop", tmp_path)
    assert (found.level, found.remedy) == (Level.BROKEN, "write `build: {secrets: {pip_token: {env: PIP_TOKEN}}}`")

"""Dockerfiles of forks: which frontends and rights they may ask for."""

from pathlib import Path

import pytest

from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.dockerfile_frontend import LARGEST, refuse_foreign_frontend


def look(folder: Path, text: str | bytes) -> None:
    file = folder / "Dockerfile"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    refuse_foreign_frontend(file, "Dockerfile")


@pytest.mark.parametrize(
    "head",
    [
        "FROM a",
        "# a comment\nFROM a",
        "# syntax=docker/dockerfile:1",
        "# syntax=docker/dockerfile",
        "#SYNTAX = docker.io/docker/dockerfile:1.7.1  ",
        "# escape=`\n# syntax=docker/dockerfile:1.4",
        "#!/usr/bin/env docker\n# syntax=docker/dockerfile:latest",
        "FROM a\nRUN <<EOF\n# syntax=ours/frontend\nEOF",
        "RUN curl --network=host",
        "RUN --network=none curl",
        "RUN --mount=type=cache,target=/c \\\n  --network=default curl --network=host",
        "RUN echo RUN --network=host",
    ],
)
def test_dockers_own_frontend_is_taken(tmp_path: Path, head: str) -> None:
    look(tmp_path, f"{head}\nFROM b\n")


@pytest.mark.parametrize(
    "head",
    [
        "# syntax=evil/frontend",
        "#syntax=evil/frontend:1",
        "# \t SynTax \t=\t evil/frontend",
        "\ufeff# syntax=evil/frontend",
        "#!/bin/sh\n# syntax=evil/frontend",
        "#\r syntax=evil/frontend",
        "#\u00a0syntax=evil/frontend",
        "# escape=`\r\n# syntax=evil/frontend\r",
        "# check=skip=all\n# syntax=evil/frontend",
        "# syntax=docker/dockerfile:1\n# syntax=evil/frontend",
        "// syntax=evil/frontend",
        "#!/bin/sh\n//syntax=evil/frontend",
        '{"syntax": "evil/frontend"}',
        '\n \t{\n"syntax": "evil/frontend"}',
        '#!/bin/sh\n{"syntax": "evil/frontend"}',
        "# syntax=docker/dockerfile:1.0-experimental",
        "# syntax=docker/dockerfile:1.1.2",
        "# syntax=docker/dockerfile:1-labs",
        f"# syntax=docker/dockerfile:1@sha256:{'0' * 64}",
        "# syntax=docker/dockerfile:1 --more",
        "# syntax=evil.example.org/docker/dockerfile:1",
        "# syntax=docker/dockerfile-upstream:master",
        "# syntax=docker/dockerfile:1evil/frontend",
    ],
)
def test_any_other_frontend_is_refused_however_it_is_written(tmp_path: Path, head: str) -> None:
    with pytest.raises(EngineError, match=r"Dockerfile names the frontend .* leave the line out, or name docker/"):
        look(tmp_path, f"{head}\nFROM b\n")


@pytest.mark.parametrize(
    "instruction",
    [
        "RUN --network=host id",
        "run --mount=type=cache,target=/c --network=host id",
        "RUN --security=insecure id",
        "RUN --net\"work\"=ho'st' id",
        "RUN --net\\\nwork=host id",
        "# escape=`\nRUN --net` \nwork=host id",
        "ONBUILD RUN --security=insecure id",
        "RUN --net\\\n\nwork=host id",
        "RUN --net\\\n# a comment\n \t\nwork=host id",
        "R\\\nUN --network=host id",
        "RUN --mount=type=bind,target='/a b' --network=host id",
        "RUN --network=$WHERE id",
        "RUN <<'E\\'\nE\\\nRUN --network=host id",
        "RUN <<EOF\nRUN --network=host id\nEOF",
        "\tRUN\t--network=host\tid",
    ],
)
def test_rights_that_no_fork_gets(tmp_path: Path, instruction: str) -> None:
    with pytest.raises(EngineError, match=r"Dockerfile asks for --(network|security)=\S+, which"):
        look(tmp_path, f"FROM a\n{instruction}\n")


@pytest.mark.parametrize(
    "lines",
    [
        ["RUN " + "-" * 500_000],
        ["RUN " + "--a " * 100_000],
        ["RUN \\"] * 100_000,
        ["RUN --a \\"] * 100_000,
        ["# x"] * 200_000,
    ],
)
@pytest.mark.timeout(60)
def test_no_file_takes_long_to_look_at(tmp_path: Path, lines: list[str]) -> None:
    look(tmp_path, "\n".join(["FROM a", *lines, "FROM b"]))


@pytest.mark.parametrize("line", ["\\", "RUN --a=\\", "--a \\"])
def test_flags_over_hundreds_of_lines_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(EngineError, match="over more than 200 lines; write them on one"):
        look(tmp_path, "\n".join(["FROM a", "RUN \\", *[line] * 1000]))


def test_a_file_too_large_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="Dockerfile is larger than 1 MiB"):
        look(tmp_path, b"#" * (LARGEST + 1))

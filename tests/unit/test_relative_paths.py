"""What the relative paths of a compose file are: files of the release, data of the app, or refused with the line to write."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Secret
from pipeline_defs.config.secret import SecretSource
from pipeline_defs.resources.compose_test_file import compose_program
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.release_files import kind_at, paths_of, release_files
from pipeline_defs.server.compose.bundle import COMPOSED, DATA, PATHS, SETTINGS, install
from pipeline_defs.server.core.path_overrides import Roots, override
from pipeline_defs.server.core.relative_paths import Given, Kind, Model, Mount, resolve_paths
from pipeline_defs.server.core.site import Site
from tests.unit.sample import example, release, run, with_environment

pytestmark = pytest.mark.usefixtures("compose_there")

# The rules

places = st.sampled_from(["a", "a/b", "a/b/c", "b", "c", ".", "../x"])
mounts = st.builds(
    lambda service, path, target, writable: Mount(service, path, target, writable, {"source": "", "target": target}),
    st.sampled_from(["web", "db"]),
    places,
    st.sampled_from(["/x", "/y"]),
    st.booleans(),
)
kinds = st.dictionaries(places, st.sampled_from(Kind))
models = st.lists(mounts, max_size=4).map(lambda found: Model(tuple(found)))
declared = st.sets(st.sampled_from(["a", "b"])).map(frozenset)


@given(model=models, kinds=kinds, data=declared)
def test_nothing_that_a_container_may_write_is_of_a_release_and_nothing_of_git_is_data(
    model: Model, kinds: dict[str, Kind], data: frozenset[str]
) -> None:
    def kind(path: str) -> Kind:
        return kinds.get(path, Kind.ABSENT)

    paths = resolve_paths(model, Given("production", "/opt/shop/data", data=data), kind)
    assert paths.release | paths.data == {mount.path for mount in model.mounts}
    assert not paths.release & paths.data
    if paths.refusals:
        assert all("write " in sentence or "name " in sentence for sentence in paths.refusals)
        return
    assert not paths.release & {mount.path for mount in model.mounts if mount.writable}
    assert all(kind(path) in (Kind.FILE, Kind.FOLDER) for path in paths.release)
    in_git = {path for path in paths.data if kind(path) in (Kind.FILE, Kind.FOLDER)}
    assert not in_git or data, "data that git has files of was declared to be data"
    made = json.loads(
        override(model, paths, Roots("/opt/shop", "/opt/shop/data"), dict.fromkeys(paths.release, "0" * 32)) or "{}"
    )
    for mount in model.mounts:
        sources = {each["source"] for each in made["services"][mount.service]["volumes"]}
        where = f"/opt/shop/data/{mount.path}" if mount.path in paths.data else f"/opt/shop/files/{'0' * 32}/"
        assert any(source.startswith(where) for source in sources)


# With a checkout, and Compose itself


class Repository:
    """A checkout, with the compose files of an environment whose folder on the server is in the same place."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "home" / "workspace" / "checkouts" / "0a" / "files"
        self.checkout.mkdir(parents=True)
        self.root = folder / "server" / "production"

    def write(self, path: str, text: str = "x\n", mode: int = 0o644) -> None:
        file = self.checkout / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def compose(self, services: dict[str, Any], path: str = "deploy/production.yml", **more: Any) -> None:
        self.write(path, json.dumps({"services": services, **more}))

    def site(self, **changes: Any) -> Site:
        given = {"compose": "deploy/production.yml", "files": (), "e2e": (), "directory": self.root, **changes}
        return Site.of(with_environment(example(), "production", **given), "production")

    def refused(self, **changes: Any) -> str:
        with pytest.raises(EngineError) as refusal:
            release_files(self.site(**changes), self.checkout, {})
        return str(refusal.value)

    def install(self, version: str = "1.0.0", settings: dict[str, str | Secret] | None = None, **changes: Any) -> Path:
        site = self.site(**changes)
        files = release_files(site, self.checkout, settings or {})
        made = release(version)
        said = run(install(site, made, files, settings or {}))
        assert said.ok, said.stderr
        return Path(site.folder(made))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def composed(folder: Path, *words: str) -> str:
    """What Compose on this machine says of a release's folder."""
    files = (folder / COMPOSED).read_text()
    text = 'set -a; . "$1"; set +a; shift; exec "$@"'
    argv = ["sh", "-euc", text, "test", str(folder / SETTINGS), *compose_program(), "-p", "shop", *words]
    done = subprocess.run(argv, env={**os.environ, "COMPOSE_FILE": files}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sources(folder: Path, service: str) -> dict[str, str]:
    """The places that a service mounts, by where it sees them."""
    model = json.loads(composed(folder, "config", "--format", "json"))
    return {each["target"]: each["source"] for each in model["services"][service]["volumes"]}


def hashes(folder: Path) -> dict[str, str]:
    """By what Compose tells that a service has to be made anew."""
    return dict(line.split() for line in composed(folder, "config", "--hash", "*").splitlines())


WEB = {"image": "shop"}


def test_a_service_is_another_one_exactly_when_what_it_sees_of_git_is(repository: Repository) -> None:
    repository.write("deploy/nginx.conf")
    repository.write("ops/init/a.sql")
    repository.write("ops/run.sh", mode=0o755)
    repository.write("deploy/c.txt")
    repository.write("deploy/env", "A=1\n")
    repository.compose(
        {
            "web": {**WEB, "volumes": ["./uploads:/uploads"]},
            "proxy": {"image": "x", "volumes": ["./nginx.conf:/etc/nginx.conf:ro"], "develop": {"watch": []}},
            "db": {"image": "x", "volumes": ["../ops/init:/init:ro", "./pgdata:/data"]},
            "runner": {
                "image": "x",
                "volumes": [{"type": "bind", "source": "../ops/run.sh", "target": "/run.sh", "read_only": True}],
            },
            "reader": {"image": "x", "configs": ["c"], "env_file": "env"},
        },
        configs={"c": {"file": "./c.txt"}},
    )
    first = repository.install()
    again = repository.install("1.1.0")
    assert first != again and {**hashes(first), "web": ""} == {**hashes(again), "web": ""}
    assert sources(first, "web")["/uploads"] == f"{repository.root}/data/deploy/uploads"
    assert sources(first, "db")["/data"] == f"{repository.root}/data/deploy/pgdata"

    changes = {
        "proxy": lambda: repository.write("deploy/nginx.conf", "y\n"),
        "db": lambda: repository.write("ops/init/b/c.sql"),
        "runner": lambda: repository.write("ops/run.sh"),  # not executable any more
        "reader": lambda: repository.write("deploy/c.txt", "y\n"),
    }
    for number, (service, change) in enumerate(changes.items()):
        before = hashes(again)
        change()
        again = repository.install(f"1.2.{number}")
        after = hashes(again)
        assert {name for name in after if after[name] != before[name]} - {"web"} == {service}
    repository.write("deploy/env", "A=2\n")
    assert hashes(repository.install("1.3.0"))["reader"] != after["reader"]
    kept = Path(sources(first, "db")["/init"])
    assert [file.name for file in kept.iterdir()] == ["a.sql"], "a rollback brings the older files back"


def test_a_service_is_another_one_when_the_inline_content_that_it_sees_is(repository: Repository) -> None:
    configs = {"page": {"content": "hello ${NAME}"}, "other": {"content": "same"}}
    services = {
        "web": WEB,
        "proxy": {"image": "x", "configs": ["page"]},
        "static": {"image": "x", "configs": ["other"]},
        "store": {"image": "x", "secrets": ["password"]},
    }

    def installed(version: str, page: str, settings: dict[str, str | Secret]) -> dict[str, str]:
        told = {**configs, "page": {"content": page}}
        repository.compose(services, configs=told, secrets={"password": {"environment": "PASSWORD"}})
        folder = repository.install(version, settings)
        assert "of-the-store" not in "".join(each.read_text() for each in folder.glob("*.yml"))
        return {name: found for name, found in hashes(folder).items() if name != "web"}

    first = installed("1.0.0", "hello ${NAME}", {"NAME": "a", "PASSWORD": Secret("one-of-the-store")})
    assert installed("1.0.1", "hello ${NAME}", {"NAME": "a", "PASSWORD": Secret("one-of-the-store")}) == first
    for number, (service, page, settings) in enumerate(
        (
            ("proxy", "hi ${NAME}", {"NAME": "a", "PASSWORD": Secret("one-of-the-store")}),
            ("proxy", "hello ${NAME}", {"NAME": "b", "PASSWORD": Secret("one-of-the-store")}),
            ("store", "hello ${NAME}", {"NAME": "a", "PASSWORD": Secret("two-of-the-store")}),
        ),
        start=1,
    ):
        other = installed(f"1.{number}.0", page, settings)
        assert {name for name in other if other[name] != first[name]} == {service}


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_containers_see_the_modes_of_git_whatever_the_umask(repository: Repository, mask: int) -> None:
    repository.write("ops/init/a.sql", mode=0o600)
    repository.write("ops/init/deep/run.sh", mode=0o755)
    repository.write("ops/run.sh", mode=0o700)
    (repository.checkout / "ops/init/link").symlink_to("a.sql")
    repository.compose({"web": {**WEB, "volumes": ["../ops/init:/init:ro", "../ops/run.sh:/run.sh:ro"]}})
    before = os.umask(mask)
    try:
        found = sources(repository.install(), "web")
    finally:
        os.umask(before)
    init = Path(found["/init"])
    modes = {path.name: path.stat().st_mode & 0o777 for path in [init, *init.rglob("*"), Path(found["/run.sh"])]}
    assert modes == {"init": 0o755, "a.sql": 0o644, "link": 0o644, "deep": 0o755, "run.sh": 0o755}
    assert (init / "link").readlink() == Path("a.sql")
    assert (repository.root / "files").stat().st_mode & 0o077 == 0


def test_what_a_compose_file_is_made_of_comes_along(repository: Repository) -> None:
    repository.write(
        "common/base.yml", json.dumps({"services": {"base": {"image": "b", "volumes": ["./seen:/seen:ro"]}}})
    )
    repository.write("common/more.yml", json.dumps({"services": {"more": {"image": "m", "volumes": ["./kept:/kept"]}}}))
    repository.write("common/seen/a")
    repository.write("deploy/.env", "WHERE=media\n")
    repository.write("deploy/second.yml", json.dumps({"services": {"web": {"volumes": ["./${WHERE}:/media"]}}}))
    repository.compose(
        {"web": WEB, "base": {"extends": {"file": "../common/base.yml", "service": "base"}}},
        include=["../common/more.yml"],
    )
    folder = repository.install(overrides=("deploy/second.yml",))
    assert sources(folder, "more") == {"/kept": f"{repository.root}/data/common/kept"}
    assert sources(folder, "web") == {"/media": f"{repository.root}/data/deploy/media"}
    assert Path(sources(folder, "base")["/seen"], "a").read_text() == "x\n"


def test_a_secret_file_is_private_and_a_new_value_is_another_configuration(repository: Repository) -> None:
    repository.compose(
        {"web": {**WEB, "env_file": ".env"}, "db": {"image": "x", "secrets": ["password"]}},
        secrets={"password": {"file": "./password.txt"}},
    )
    named = {"deploy/.env": SecretSource(env="A"), "deploy/password.txt": SecretSource(env="B")}
    settings: dict[str, str | Secret] = {"./deploy/.env": Secret("KEY=s3cr3t\n"), "./deploy/password.txt": Secret("pw")}
    folder = repository.install(settings=settings, secret_files=named)
    assert (folder / "deploy/.env").stat().st_mode & 0o777 == 0o600
    model = json.loads(composed(folder, "config", "--format", "json"))
    assert model["services"]["web"]["environment"]["KEY"] == "s3cr3t"
    password = Path(model["secrets"]["password"]["file"])
    assert (password.read_text(), password.stat().st_mode & 0o777) == ("pw", 0o444)
    assert repository.root / "files" in password.parents, "where nobody but the user may look"
    before = hashes(folder)
    after = hashes(
        repository.install("1.1.0", {**settings, "./deploy/password.txt": Secret("new")}, secret_files=named)
    )
    assert before["db"] != after["db"]
    files = release_files(repository.site(secret_files=named), repository.checkout, settings)
    assert not any(b"s3cr3t" in content or content == b"pw" for content in files.values())


@pytest.mark.parametrize(
    ("volumes", "sentence"),
    [
        (
            ["./data:/data"],
            "the service web may write to deploy/data, which is in git: what it writes would be lost with the next release; "
            "write ./data:/data:ro or a named volume, or, where git's files are not needed there, data: [deploy/data] under "
            "environments.production",
        ),
        (
            ["../nginx.conf:/etc/nginx.conf"],
            "the service web may write to nginx.conf, which is in git: what it writes would be lost with the next release; "
            "write ../nginx.conf:/etc/nginx.conf:ro or a named volume, or, where git's files are not needed there, "
            "data: [nginx.conf] under environments.production",
        ),
        (
            ["../../other:/x"],
            "the service web mounts ../other, which is outside the repository; write an absolute path of the server or a "
            "named volume",
        ),
        (
            [{"type": "bind", "source": "./certs", "target": "/certs", "read_only": True}],
            "the service web mounts deploy/certs read-only, which is not in the repository at this commit, and no service "
            "writes it; add it to git, or put it into {root}/data/deploy/certs on the server and write data: [deploy/certs] "
            "under environments.production",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_line_to_write(
    repository: Repository, volumes: list[Any], sentence: str
) -> None:
    repository.write("deploy/data/seed.csv")
    repository.write("nginx.conf")
    repository.compose({"web": {**WEB, "volumes": volumes}})
    assert repository.refused() == sentence.format(root=repository.root)


def test_an_env_file_that_is_nowhere_is_refused_with_the_line_to_write(repository: Repository) -> None:
    repository.compose({"web": {**WEB, "env_file": [".env", {"path": "more.env", "required": False}]}})
    assert repository.refused() == (
        "the service web has env_file: deploy/.env, which is not in the repository at this commit; where it is secret, write "
        'secret_files: {"deploy/.env": {file: /path/to/env}} under environments.production'
    )


def test_folders_that_git_only_keeps_there_and_declared_ones_are_data(repository: Repository) -> None:
    repository.write("deploy/storage/app/.gitignore", "*\n")
    repository.write("deploy/seeded/a.csv")
    repository.compose(
        {
            "web": {**WEB, "volumes": ["./storage:/storage", "./seeded:/seeded", "./media:/media"]},
            "nginx": {"image": "x", "volumes": ["./media:/media:ro", "./storage/app:/app:ro"]},
        }
    )
    _, paths = paths_of(repository.site(data=("deploy/seeded",)), repository.checkout, {})
    assert not paths.refusals
    wanted = {"deploy/storage", "deploy/storage/app", "deploy/seeded", "deploy/media"}
    assert (paths.data, paths.release) == (wanted, frozenset())


def test_folders_may_stand_under_files(repository: Repository) -> None:
    repository.write("ops/init/a.sql")
    repository.write("ops/init/deep/b.sql")
    repository.compose({"web": WEB})
    files = release_files(repository.site(files=("ops/init",)), repository.checkout, {})
    assert {"ops/init/a.sql", "ops/init/deep/b.sql"} < set(files)
    assert PATHS not in files and DATA not in files


def test_a_link_out_of_the_repository_is_not_followed(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (repository.checkout / "leads").symlink_to(tmp_path / "secret")
    assert kind_at(repository.checkout, "leads") is Kind.ABSENT


# What an older Shipline has left


def left_behind(repository: Repository, name: str, *, runs: bool, holds: str = "row\n") -> Path:
    """A release's folder as an older Shipline has made it, in which a container wrote."""
    folder = repository.root / "releases" / name
    (folder / "deploy/pgdata").mkdir(parents=True)
    (folder / "shipline.release.json").write_text("{}")
    if holds:
        (folder / "deploy/pgdata/rows").write_text(holds)
    if runs:
        (repository.root / "current").symlink_to(folder)
    return folder


@pytest.fixture
def with_data(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository.compose({"web": {**WEB, "volumes": ["./pgdata:/data"]}})
    return repository


def try_install(repository: Repository, **changes: Any) -> tuple[bool, str]:
    site = repository.site(**changes)
    done = run(install(site, release(), release_files(site, repository.checkout, {}), {}))
    return done.ok, f"{done.stdout}{done.stderr}".strip()


def test_data_in_the_folder_of_the_release_that_runs_is_moved_and_still_found_there(with_data: Repository) -> None:
    left_behind(with_data, "0.9.0", runs=False, holds="")
    folder = left_behind(with_data, "1.0.0", runs=True)
    inode = (folder / "deploy/pgdata").stat().st_ino
    for _ in range(2):
        ok, said = try_install(with_data)
        assert ok, said
        kept = with_data.root / "data/deploy/pgdata"
        assert kept.stat().st_ino == inode, "who has it mounted does not notice"
        assert (kept / "rows").read_text() == (folder / "deploy/pgdata/rows").read_text() == "row\n"


def test_data_in_older_releases_alone_is_refused_and_stays(with_data: Repository) -> None:
    older = left_behind(with_data, "0.9.0", runs=False)
    left_behind(with_data, "1.0.0", runs=True, holds="")
    ok, said = try_install(with_data)
    assert not ok
    assert (
        f"the app's data in deploy/pgdata is in folders of older releases: {older}/deploy/pgdata; move the one" in said
    )
    assert (older / "deploy/pgdata/rows").exists() and not (with_data.root / "data/deploy/pgdata").exists()
    assert not (with_data.root / "releases" / release().name).exists()
    (with_data.root / "data/deploy").mkdir(parents=True, exist_ok=True)
    shutil.move(older / "deploy/pgdata", with_data.root / "data/deploy/pgdata")
    assert try_install(with_data)[0]


def test_what_a_rehearsal_left_is_a_copy_and_keeps_nobody_waiting(with_data: Repository) -> None:
    left_behind(with_data, "0.9.0", runs=False)
    assert try_install(with_data, rehearses="production")[0]
    assert list((with_data.root / "data/deploy/pgdata").iterdir()) == []

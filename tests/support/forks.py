"""Forks on a bed: an app, secrets planted around it, and the question what a fork's commit got hold of."""

import base64
import dataclasses
import json
import re
import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import dagster as dg

from pipeline_defs.config import App, Secret, load_app
from pipeline_defs.lineage.events import CHECKED, image_key
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.orchestration.jobs import jobs_of
from pipeline_defs.release.records import Image
from pipeline_defs.release.request import Job, Request
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.isolation import NAMES
from tests.support import shop
from tests.support.fork_variants import GOOD_END, Files, Gitlink, Link, Place, Variant, variants
from tests.support.run_resources import run_resources
from tests.support.shop import git
from tests.testbed import docker
from tests.testbed.bed import TestBed

__all__ = ["ForkBed", "leaks", "variants"]

PULL = 7
MOST_STORED = 16 * 2**20  # bytes that Dagster may keep of one run

APP = """
repository: {repository}
image: ${{SHOP_REGISTRY}}/{name}
registry: {{username: {{env: SHOP_REGISTRY_USER}}, password: {{env: SHOP_REGISTRY_PASSWORD}}}}
lint: {{command: [make, lint]}}
github: {{repository: acme/forked, token: {{env: NOT_SET}}}}
test: {{environment: {{WORD: a word}}, timeout: 120}}
environments:
  production:
    hosts: {{address: "${{SHOP_HOST}}", port: "${{SHOP_SSH_PORT}}", key: "${{SHOP_SSH_KEY}}", known_hosts: "${{SHOP_KNOWN_HOSTS}}"}}
    directory: /opt/forked/production
    compose: production.yml
    database: {{name: forked, user: forked}}
    secrets: {{SHOP_DB_PASSWORD: {{env: SHOP_DB_PASSWORD}}}}
"""
COMPOSE = """
services:
  tests:
    image: ${IMAGE}
    command: ["sh", "-c", "echo $$HOME ${WORD}; exec python /app/conftest.py"]
    volumes: ["${RESULTS}:/results", "./fixture.txt:/fixture.txt"]
    depends_on: [db]
  db: {image: "python:3.11-slim", command: ["sleep", "600"], init: true}
"""
HOSTILE = """
services:
  tests:
    image: ${IMAGE}
    privileged: true
    network_mode: host
    volumes: ["/:/host", "/var/run/docker.sock:/var/run/docker.sock", "${RESULTS}:/results"]
"""
STEP = "RUN --mount=type=cache,target=/cache,id={cache} cat /cache/poison > /layer 2>/dev/null || echo {nonce} > /layer"


class ForkBed:
    """A bed with one app in a repository of its own, for the length of a `with` block.

    Around it lie secrets: in this process's environment, in the home's `.env`, in docker's and git's settings, in files.
    """

    def __init__(self, bed: TestBed, folder: Path) -> None:
        self.bed = bed
        self.folder = folder
        self.repository = folder / "repository"
        self.name = f"forked_{secrets.token_hex(4)}"
        self.planted = [secrets.token_urlsafe(24) for _ in range(4)]
        self._open = ExitStack()

    def __enter__(self) -> "ForkBed":
        with ExitStack() as opening:
            self._set_up(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _set_up(self, stack: ExitStack) -> None:
        in_file, in_environment, in_home, in_docker = self.planted
        secret_file = self.folder / "private" / "key.py"
        secret_file.parent.mkdir(parents=True)
        secret_file.write_text(f"{in_file.replace('-', '_')} = {in_file}\n")
        home = self.folder / "home"
        home.mkdir()
        (home / ".env").write_text(f"DEPLOY_TOKEN={in_home}\n")
        host, port = stack.enter_context(_listener())
        self.place = Place(
            secret_file=secret_file,
            spied=self.folder / "spied",
            private=f"{self.bed.registry.address}/{self.name}-private:1",
            cache="",
            step="",
            targets=(*((address, port) for address in (host, *_own_addresses())), *self._bed_addresses()),
        )
        (self.folder / "gitconfig").write_text(
            f'[filter "spy"]\n\tsmudge = "touch {self.place.spied}; cat"\n[filter "lfs"]\n\tsmudge = "touch {self.place.spied}; cat"\n'
        )
        settings = {
            "SHOP_UNRELATED_TOKEN": in_environment,
            "DOCKER_CONFIG": str(self._docker_settings(in_docker)),
            "GIT_CONFIG_GLOBAL": str(self.folder / "gitconfig"),
            "SHIPLINE_HOME": str(home),
            "DEPLOY_TOKEN": in_home,
        }
        stack.enter_context(shop.variables(shop.environment(self.bed, **settings)))
        self._push_private_image()
        self._make_repository()
        file = self.folder / f"{self.name}.yaml"  # the app's name, so that no other bed's images are taken for its own
        file.write_text(APP.format(repository=self.repository, name=self.name))
        self.app: App = load_app(file)
        (self.folder / "dagster").mkdir()
        self.instance = stack.enter_context(
            dg.DagsterInstance.local_temp(str(self.folder / "dagster"), overrides={"telemetry": {"enabled": False}})
        )
        workspace = self.folder / "workspace"
        self.engine = Engine.find(workspace)
        self.definitions = dg.Definitions(
            assets=assets_of(self.app),
            jobs=jobs_of(self.app),
            resources=run_resources(workspace),
            executor=dg.in_process_executor,
        )

    def _docker_settings(self, planted: str) -> Path:
        """Docker's settings of a user who is logged in to the bed's registry, and to another."""
        folder = self.folder / "docker"
        folder.mkdir()
        self.bed.registry.login(folder)
        settings = json.loads((folder / "config.json").read_text())
        settings["auths"]["other.example.org"] = {"auth": base64.b64encode(f"user:{planted}".encode()).decode()}
        settings["proxies"] = {"default": {"httpProxy": f"http://user:{planted}@proxy.example.org"}}
        (folder / "config.json").write_text(json.dumps(settings))
        return folder

    def _push_private_image(self) -> None:
        """An image that only a login gets: this Engine itself has forgotten it."""
        context = self.folder / "context"
        context.mkdir()
        (context / "Dockerfile").write_text("FROM scratch\nCOPY private /private\n")
        (context / "private").write_text(self.planted[0])
        docker.docker("build", "--quiet", "--tag", self.place.private, str(context))
        docker.docker("--config", str(self.folder / "docker"), "push", self.place.private)
        docker.docker("rmi", "--force", self.place.private)

    def _make_repository(self) -> None:
        self.repository.mkdir()
        git(self.repository, "init", "--quiet", "--initial-branch=development")
        dockerfile = "FROM python:3.11-slim\nCOPY . /app\n"
        files: Files = {"Dockerfile": dockerfile, "docker-compose-test.yml": COMPOSE, "conftest.py": GOOD_END}
        files |= {"version.txt": "1.0.0\n", "fixture.txt": "of development", "Makefile": "lint:\n\ttrue\n"}
        self._commit(files)
        git(self.repository, "branch", "hostile")
        git(self.repository, "checkout", "--quiet", "hostile")
        self._commit({"docker-compose-test.yml": HOSTILE})
        git(self.repository, "checkout", "--quiet", "development")

    def _commit(self, files: Files) -> str:
        for name, content in files.items():
            path = self.repository / name
            if isinstance(content, Gitlink):
                git(self.repository, "update-index", "--add", "--cacheinfo", f"160000,{content.commit},{name}")
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(content.target) if isinstance(content, Link) else path.write_text(content)
            git(self.repository, "add", "--force", "--", name)
        git(self.repository, "commit", "--quiet", "--allow-empty", "--message", "a change")
        return git(self.repository, "rev-parse", "HEAD")

    def fork(self, variant: Variant) -> str:
        """The variant's commit, in the repository as GitHub has it: under no branch, but as the head of a pull request.

        The trusted Dockerfile's step is a new one for each, which no build has executed yet.
        """
        nonce = secrets.token_hex(4)
        cache = f"{self.name}-{nonce}"
        self.place = dataclasses.replace(self.place, cache=cache, step=STEP.format(cache=cache, nonce=nonce))
        git(self.repository, "checkout", "--quiet", "--detach", variant.base)
        commit = self._commit(variant.files(self.place))
        git(self.repository, "update-ref", f"refs/pull/{PULL}/head", commit)
        git(self.repository, "checkout", "--quiet", "--force", "development")
        git(self.repository, "clean", "--quiet", "-ffdx")
        self.place.spied.unlink(missing_ok=True)
        return commit

    def run(self, job: Job = Job.INTEGRATE, alone: bool = False, **request: object) -> tuple[str, str]:
        """Run one of the app's jobs; gives the run's id and how it failed, empty where it did not.

        `alone`: the environment's asset without the image's.
        """
        environment = "" if job is Job.INTEGRATE else "production"
        asked = Request.model_validate({"app": self.app.name, "job": job, "environment": environment, **request})
        assets = [asked.target] if alone else asked.assets
        result = self.definitions.resolve_job_def(f"{self.app.name}_{job}").execute_in_process(
            run_config={"ops": {name: each for name, each in asked.run_config()["ops"].items() if name in assets}},
            asset_selection=[dg.AssetKey(name) for name in assets],
            tags=asked.run_tags(),
            instance=self.instance,
            raise_on_error=False,
        )
        return result.run_id, "" if result.success else self.said(result.run_id)

    def check(self, commit: str, base: str = "development") -> tuple[str, str]:
        """The run of a fork's commit; as `run`."""
        return self.run(commit=commit, branch=base, pull=PULL, untrusted=True)

    def check_own(self, commit: str, base: str = "development") -> tuple[str, str]:
        """The run of a pull request of the repository itself; as `run`."""
        git(
            self.repository, "branch", "--force", "topic", commit
        )  # somebody may write, and nothing else is known of them
        return self.run(commit=commit, branch=base, pull=PULL)

    def checked(self, run: str) -> list[Image]:
        """The evidence that an untrusted run kept."""
        return facts_of_run(self.instance, run, image_key(self.app.name), CHECKED, Image)

    def said(self, run: str) -> str:
        """All that a run told and recorded."""
        return "\n".join(event.to_json() for event in self.instance.all_logs(run))

    @property
    def secrets(self) -> list[Secret]:
        """Everything that must not turn up anywhere."""
        key = [line for line in self.bed.key.read_text().splitlines() if not line.startswith("-----")]
        pair = f"{self.bed.registry.user}:{self.bed.registry.password}"
        texts = [*self.planted, *key, self.bed.registry.password, pair, shop.DATABASE_PASSWORD]
        return [Secret(text) for text in texts]

    def stored(self) -> set[str]:
        """Every file of the bed's registry."""
        return set(docker.docker("exec", self.bed.registry.name, "find", "/var/lib/registry", "-type", "f").split("\n"))

    def layer(self) -> str:
        """What the trusted Dockerfile's step with the cache mount makes, seen by a trusted build."""
        folder = self.folder / "trusted"
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(
            f"FROM python:3.11-slim\n{self.place.step}\n"
            f"RUN --mount=type=cache,target=/cache,id={self.place.cache} cat /cache/poison 2>/dev/null || true\n"
            "RUN cat /layer\n"
        )
        lines: list[str] = []
        tag = f"{self.name}-trusted"
        self.engine.build(folder, tag, self.app.build, labels={}, listen=lines.append)
        self.engine.remove(tag)
        return "\n".join(line for line in lines if re.match(r"#\d+ \d+\.\d+ ", line))

    def _bed_addresses(self) -> Iterator[tuple[str, int]]:
        """Registry and server at their own addresses, and what clouds tell every machine about itself."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        for container, port in ((self.bed.registry.name, 5000), (self.bed.servers[0].name, 22)):
            yield from ((each, port) for each in docker.docker("inspect", "--format", form, container).split())
        yield "127.0.0.1", self.bed.registry.port
        yield "169.254.169.254", 80
        yield "192.0.2.1", 53


def leaks(forks: ForkBed, variant: Variant, *, own: bool = False) -> list[str]:
    """What the variant's commit got hold of, one line each; nothing where it was kept from everything.

    `own`: it is the head of a branch of the repository itself, whose pull request nobody has merged yet.
    """
    commit, before = forks.fork(variant), forks.stored()
    with _scanned(forks) as found:
        run, failed = forks.check_own(commit, variant.base) if own else forks.check(commit, variant.base)
    told = forks.said(run)
    found += [f"it said {line.strip()[:100]}" for line in re.findall(r"LEAK:[^\\\n]*", told)]
    kept = b"".join(file.read_bytes() for file in (forks.folder / "dagster").rglob("*") if file.is_file())
    found += _found_in(kept, forks, "what Dagster keeps")
    if len(told) > MOST_STORED:
        found.append(f"{len(told)} characters are kept of the run")
    if forks.place.spied.exists():
        found.append("its code ran on this machine")
    found += [f"the registry got {file}" for file in sorted(forks.stored() - before)]
    left = docker.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    found += [f"the image {name} is left" for name in left.split() if f"/{forks.name}:" in name]
    found += [f"an image of {image.commit} is known" for image in Lineage(forks.instance).images(forks.app)]
    if "poison" in forks.layer():
        found.append("the next trusted build takes what it left in a cache")
    if bool(failed) != bool(variant.refused) or not re.search(variant.refused, failed):
        found.append(f"it should have ended with {variant.refused!r}: {failed[-600:]}")
    return found


@contextmanager
def _scanned(forks: ForkBed) -> Iterator[list[str]]:
    """Every image of an untrusted run is looked through before it is removed."""
    found: list[str] = []
    remove = Engine.remove

    def look(engine: Engine, *references: str) -> None:
        for reference in references:
            if reference.startswith(NAMES) and engine.has(reference):
                file = forks.folder / "image.tar"
                docker.docker("save", "--output", str(file), reference)
                found.extend(_found_in(file.read_bytes(), forks, "the image's layers"))
                file.unlink()
        remove(engine, *references)

    with mock.patch.object(Engine, "remove", look):
        yield found


def _found_in(content: bytes, forks: ForkBed, where: str) -> list[str]:
    forms = [(number, form) for number, secret in enumerate(forks.secrets) for form in secret.encodings()]
    return sorted({f"secret {number} stands in {where}" for number, form in forms if form.encode() in content})


@contextmanager
def _listener() -> Iterator[tuple[str, int]]:
    """Something of this machine that listens on all of its addresses: gives the one containers know it by, and the port."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        address = docker.docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "bridge")
        yield address or "172.17.0.1", server.getsockname()[1]


def _own_addresses() -> list[str]:
    return subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout.split()

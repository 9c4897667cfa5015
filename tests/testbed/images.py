"""The images the test bed runs: used when there, else pulled, else built from Debian packages under the same name."""

import functools
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from pipeline_defs.config.pinned_images import pinned
from tests.testbed import compose, docker, sources
from tests.testbed.checkout import STAND_IN_LABEL, BedError, state
from tests.testbed.packages import apt_install, can_install
from tests.testbed.progress import Progress

RECIPES = Path(__file__).parent / "images"
SUITE = os.environ.get("SHIPLINE_TESTBED_SUITE", sources.OWN)
"""The Debian release from which servers, PostgreSQL and Caddy are made: the usual one, or that of a present Engine."""
CONTAINED = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
"""In name spaces of its own: when this process is killed, a bootstrap dies with it and leaves nothing mounted."""


@dataclass(frozen=True)
class Image:
    """One image: the name it is used by, its target in `images/Dockerfile`, and what to pull for it (None: never)."""

    name: str
    target: str
    origin: str | None
    recipe: Path = RECIPES


BASE = Image("debian:bookworm-slim", "", "debian:bookworm-slim")
SUITE_BASE = Image(f"debian:{SUITE}-slim", "", f"debian:{SUITE}-slim")
PYTHON = Image("python:3.11-slim", "python", "python:3.11-slim")
POSTGRES = Image("postgres:15", "postgres", "postgres:15")
CADDY = Image("caddy:2", "caddy", "caddy:2")
REGISTRY = Image("registry:2", "registry", "registry:2")
NEWMAN = Image("postman/newman:6", "newman", "postman/newman:6-alpine")
COMPOSE = Image("docker/compose-bin:v2.40.3", "compose", "docker/compose-bin:v2.40.3")
SERVER = Image("shipline-testbed-server", "server", None)
REDIS = Image("redis:7", "redis", "redis:7", RECIPES.parent / "redis")
"""With a recipe of its own: when one changes, all that are made from it are made again."""
BUSYBOX = Image("busybox:1", "busybox", "busybox:1", RECIPES.parent / "busybox")

_nothing_to_pull_from = threading.Event()
"""Set by the first pull that fails: a machine without Docker Hub waits for that once, not once an image."""


def ensure(progress: Progress) -> None:
    """Provide every image of the test bed; independent ones at the same time.

    Raises BedError when an image can be neither pulled nor built.
    """
    with FileLock(state("images") / "lock"):
        for base in dict.fromkeys((BASE, SUITE_BASE)):
            _provide(base, progress)
        with ThreadPoolExecutor(max_workers=3) as pool:
            jobs = [pool.submit(_provide_server, progress)]
            jobs += [pool.submit(_provide, image, progress) for image in (NEWMAN, POSTGRES, PYTHON, REGISTRY, CADDY)]
            for job in jobs:
                job.result()


def ensure_for_service(progress: Progress) -> None:
    """Provide what docker/Dockerfile and docker/compose.yaml name, and nothing else of the test bed. Raises BedError."""
    with FileLock(state("images") / "lock"):
        for image in dict.fromkeys((BASE, SUITE_BASE, PYTHON, COMPOSE, POSTGRES, CADDY)):
            if pinned(image.name) == image.name:  # by its digest it is pulled, or not there
                _provide(image, progress)


def ensure_redis(progress: Progress) -> None:
    """Provide what a service with workers needs besides. Raises BedError."""
    with FileLock(state("images") / "lock"):
        _provide(REDIS, progress)


def ensure_busybox(progress: Progress) -> None:
    """Provide what the apps of the menagerie are made of. Raises BedError."""
    with FileLock(state("images") / "lock"):
        _provide(BASE, progress)
        _provide(BUSYBOX, progress)


def _provide_server(progress: Progress) -> None:
    _provide(COMPOSE, progress)
    _provide(SERVER, progress)


def _provide(image: Image, progress: Progress) -> None:
    there = _recipe_of(image)
    if there is not None and there in ("", _recipe(image)):
        return
    if there is None and image.origin and _pull(image, image.origin, progress):
        return
    with progress.step(f"build {image.name}"):
        _build(image, progress) if image.target else _bootstrap(image)


@functools.cache
def _recipe(image: Image) -> str:
    """Hash of everything a stand-in is built from; one that was built from something else is built again."""
    files = sorted(path for path in image.recipe.rglob("*") if path.is_file())
    parts = (
        [path.read_bytes() for path in files]
        if image.target
        else ["\n".join(_bootstrap_options(_suite_of(image))).encode()]
    )
    parts += [SUITE.encode()] if image.target and SUITE != sources.OWN else []
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def _recipe_of(image: Image) -> str | None:
    """What the local image was built from: empty for one that was pulled, None when there is no such image."""
    if not docker.succeeds("image", "inspect", image.name):
        return None
    form = '{{with .Config.Labels}}{{index . "shipline.recipe"}}{{end}}'
    return docker.docker("image", "inspect", "--format", form, image.name)


def _pull(image: Image, origin: str, progress: Progress) -> bool:
    if _nothing_to_pull_from.is_set():
        return False
    try:
        with progress.step(f"pull {origin}"):
            docker.docker("pull", "--quiet", origin, timeout=900)
    except BedError as error:
        progress.say(f"         Stand-ins are built for images that cannot be pulled: {error}")
        _nothing_to_pull_from.set()
        return False
    if origin != image.name:
        docker.docker("tag", origin, image.name)
    return True


def _build(image: Image, progress: Progress) -> None:
    context = compose.binary(progress).parent if image is COMPOSE else image.recipe
    # A builder that the user chose may keep what it builds to itself unless told to load it.
    build = ["buildx", "build", "--load"] if docker.builds_with_buildx(docker.client()) else ["build"]
    log = state("images") / f"{image.target}.log"
    with log.open("w") as output:
        done = subprocess.run(
            [
                *[docker.client(), *build, "--progress", "plain", "--tag", image.name, "--target", image.target],
                *[
                    "--label",
                    STAND_IN_LABEL,
                    "--label",
                    f"shipline.recipe={_recipe(image)}",
                    *_build_arguments(),
                ],
                *["--file", str(image.recipe / "Dockerfile"), str(context)],
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=docker.environment(),
        )
    if done.returncode:
        said = [line for line in log.read_text(errors="replace").splitlines() if "ERROR" in line or "E: " in line]
        raise BedError(f"Building {image.name} failed, see {log}: {said[0] if said else 'no error in the log'}")


def _build_arguments() -> list[str]:
    """What the recipes are told: the release, and which PostgreSQL it has."""
    return ["--build-arg", f"SUITE={SUITE}", "--build-arg", f"PG_MAJOR={15 if SUITE == sources.OWN else 18}"]


def _bootstrap(image: Image) -> None:
    """Make the base from nothing but Debian packages."""
    if not can_install():
        raise BedError(f"{image.name} can be neither pulled (no image registry) nor built (no root with apt here).")
    if not shutil.which("mmdebstrap"):
        apt_install("mmdebstrap", optional=["debian-archive-keyring"])
    suite = _suite_of(image)
    for left in state("images").glob("bootstrap-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="bootstrap-", dir=state("images")) as folder:
        root, archive = Path(folder, "root"), Path(folder, "base.tar")
        done = subprocess.run(
            [
                *CONTAINED,
                "mmdebstrap",
                "--format=directory",
                *_bootstrap_options(suite),
                suite,
                str(root),
                *sources.of_suite(suite),
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"TMPDIR": folder, "DEBIAN_FRONTEND": "noninteractive"},
        )
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("E:")] or ["no reason given"]
            raise BedError(f"Building {image.name} from Debian packages failed: mmdebstrap: {said[0]}")
        # mmdebstrap's own tar has sparse members since 1.6: an Engine with the classic store imports them and cannot save or push them.
        subprocess.run(["tar", "--numeric-owner", "-C", str(root), "-cf", str(archive), "."], check=True)
        changes = [STAND_IN_LABEL, f"shipline.recipe={_recipe(image)}"]
        docker.docker(
            *["import", "--change", 'CMD ["bash"]', *(word for label in changes for word in ("-c", f"LABEL {label}"))],
            *[str(archive), image.name],
        )
        docker.docker("save", "--output", str(archive), image.name)  # what cannot be saved could not be pushed either


def _suite_of(base: Image) -> str:
    return base.name.removeprefix("debian:").removesuffix("-slim")


def _bootstrap_options(suite: str) -> list[str]:
    """As small as Debian's own slim image, and with the certificates this machine trusts: a company's proxy may be one."""
    dropped = ["doc", "info", "locale", "man"]
    options = ["--mode=root", "--variant=minbase", "--include=ca-certificates", "--dpkgopt=force-unsafe-io"]
    options += [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in dropped]
    options += ['--aptopt=Acquire::Languages "none"', '--aptopt=Acquire::GzipIndexes "true"']
    # A mirror's copy of a release that still moves may be some weeks old; its signature is checked all the same.
    options += ['--aptopt=Acquire::Check-Valid-Until "false"'] if suite != sources.OWN else []
    trusted = "/etc/ssl/certs/ca-certificates.crt"
    bundle = os.environ.get("SSL_CERT_FILE") or trusted
    if Path(bundle).is_file():
        options.append(f"--customize-hook=upload {shlex.quote(bundle)} {trusted}")
    return options

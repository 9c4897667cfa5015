"""What a fork may try: each variant is one commit, given as what it changes in the app's repository.

Where a program of a commit gets through it says a word that its own text, which logs may show, does not contain as a whole.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Link:
    """A symbolic link in a commit."""

    target: str


@dataclass(frozen=True)
class Gitlink:
    """A submodule in a commit."""

    commit: str


@dataclass(frozen=True)
class Place:
    """What an attacker is taken to know of the machine.

    Attributes:
        secret_file: a file of Shipline's user with secrets in it.
        spied: a path; code that ran on this machine makes a file there.
        private: an image in the registry that needs a login.
        cache: the id of a cache mount of the trusted Dockerfile.
        step: that Dockerfile's step with the cache mount.
        targets: addresses (host, port) that no check may reach.
    """

    secret_file: Path
    spied: Path
    private: str
    cache: str
    step: str
    targets: tuple[tuple[str, int], ...]


Files = dict[str, str | Link | Gitlink]


@dataclass(frozen=True)
class Variant:
    """One attempt: the files of the commit that differ, and how its run ends.

    `refused` is the pattern of the sentence that ends the run; empty for one that ends well. `base` is the branch it is to be
    merged into.
    """

    name: str
    files: Callable[[Place], Files]
    refused: str = ""
    base: str = "development"


GOOD_END = """
import pathlib, socket
socket.gethostbyname('db')
assert pathlib.Path('/fixture.txt').read_text() == 'of development'
pathlib.Path('/results/junit.xml').write_text("<testsuite name='a'><testcase name='x'/></testsuite>")
"""

_SPY = "open({spied!r}, 'w').close()\n"

_LOOKS_AROUND = """
import os, socket, threading
print(dict(os.environ))
for path in ('/proc/1/environ', '/root/.docker/config.json', {secret!r}, '/run/secrets', '/var/run/docker.sock'):
    try:
        print(path, open(path, 'rb').read())
    except OSError as error:
        print(path, error)
    if path.endswith('.sock') and os.path.exists(path):
        print('LE' + 'AK: the Engine')

def reach(address):
    try:
        socket.create_connection(address, 3).close()
        print('LE' + 'AK: reached', address)
    except OSError as error:
        print(address, error)

own = socket.gethostbyname(socket.gethostname()).rpartition('.')[0]
addresses = [*{targets!r}, (own + '.1', 22)]
threads = [threading.Thread(target=reach, args=(each,)) for each in addresses]
[each.start() for each in threads]; [each.join() for each in threads]
try:
    print('LE' + 'AK: names are asked for outside', socket.gethostbyname('example.org'))
except OSError as error:
    print(error)
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    print('LE' + 'AK: raw packets')
except OSError as error:
    print(error)
try:
    open('/fixture.txt', 'a')
    print('LE' + 'AK: may write to files of this machine')
except OSError as error:
    print(error)
try:
    os.mknod('/tmp/memory', 0o20600, os.makedev(1, 1))
    print('LE' + 'AK: makes device files')
except OSError as error:
    print(error)
"""

_HOGS = """
import subprocess
started = []
try:
    for _ in range(700):
        started.append(subprocess.Popen(['sleep', '60']))
    print('LE' + 'AK: any number of processes')
except OSError as error:
    print(len(started), error)
[each.kill() for each in started]
"""

_FLOODS = "for _ in range(40_000):\n    print('x' * 1000)\n"

_READS_IN_BUILD = r"""FROM python:3.11-slim
ARG SHOP_REGISTRY_PASSWORD
ARG HTTP_PROXY
ARG SHOP_DB_PASSWORD
RUN --mount=type=secret,id=SHOP_REGISTRY_PASSWORD --mount=type=secret,id=env --mount=type=ssh \
    (env; cat /proc/*/environ /run/secrets/* /root/.docker/config.json %s; ls -la / /run/buildkit /tmp) > /found 2>&1; cat /found; \
    test ! -S /var/run/docker.sock || echo "LE""AK: the Engine"; test ! -S "$SSH_AUTH_SOCK" || echo "LE""AK: the agent"
COPY . /app
"""

_POISONS = """FROM python:3.11-slim AS other
ARG BUILDKIT_CACHE_MOUNT_NS=
ENV BUILDKIT_CACHE_MOUNT_NS=
ARG ID={cache}
RUN --mount=type=cache,target=/cache,id={cache} echo poison > /cache/poison
RUN --mount=type=cache,target=/cache,id=/{cache} echo poison > /cache/poison
RUN --mount=type=cache,target=/cache,id=../{cache} echo poison > /cache/poison
RUN --mount=type=cache,target=/cache,id=${{ID}},sharing=locked echo poison > /cache/poison
FROM python:3.11-slim
COPY --from=other /etc/hostname /waits
FROM python:3.11-slim AS last
{step}
COPY --from=1 /waits /waits
COPY --from=other /etc/hostname /hostname
COPY . /app
"""

_ORDERED_POISON = """FROM python:3.11-slim
RUN --mount=type=cache,target=/cache,id={cache} echo poison > /cache/poison; sleep 1
FROM python:3.11-slim
{step}
COPY --from=0 /etc/hostname /hostname
COPY . /app
"""

_HOSTILE_COMPOSE = """
services:
  tests:
    image: ${IMAGE}
    privileged: true
    network_mode: host
    command: ["sh", "-c", "echo 'LE''AK: the compose file'; cat /host%s"]
    volumes: ["/:/host", "/var/run/docker.sock:/var/run/docker.sock", "${RESULTS}:/results"]
"""


def _python(text: str) -> Callable[[Place], Files]:
    def files(place: Place) -> Files:
        filled = text.replace("{spied!r}", repr(str(place.spied))).replace("{secret!r}", repr(str(place.secret_file)))
        return {"conftest.py": filled.replace("{targets!r}", repr(list(place.targets))) + GOOD_END}

    return files


def _own_code_in_lint(place: Place) -> Files:
    spy = _SPY.format(spied=str(place.spied))
    plugins = "[flake8:local-plugins]\nextension =\n    X1 = spy:Spy\npaths = .\n[flake8]\nexclude = *\n"
    names = ("flake8.py", "flake8/__init__.py", "flake8/__main__.py", "sitecustomize.py", "pyflakes.py", "optparse.py")
    modules = dict.fromkeys((*names, "spy.py"), spy)
    points = "[flake8.extension]\nX1 = spy:Spy\n"
    metadata = {"evil-1.dist-info/entry_points.txt": points, "evil-1.dist-info/METADATA": "Name: evil\nVersion: 1\n"}
    return {**modules, **metadata, ".flake8": plugins, "setup.cfg": plugins, "tox.ini": plugins} | _only_end(place)


def _only_end(_: Place) -> Files:
    return {"conftest.py": GOOD_END}


def _compose_of_its_own(place: Place) -> Files:
    hostile = _HOSTILE_COMPOSE % place.secret_file
    return {
        "docker-compose-test.yml": hostile,
        "docker-compose-test.override.yml": hostile,
        "compose.override.yaml": hostile,
        ".env": "COMPOSE_FILE=compose.override.yaml\nWORD=of the fork\n",
        "fixture.txt": Link("version.txt"),
    }


def variants() -> list[Variant]:
    """Every variant, in the order of the stages that they are aimed at."""
    attributes = "* filter=spy\n*.py filter=lfs diff=spy merge=spy working-tree-encoding=UTF-8\n"
    names = (
        "-rf.py",
        "--config=x.py",
        "a\nb.py",
        "$(touch spied).py",
        "`touch spied`.py",
        "; touch spied;.py",
        "\x1b[2J.py",
    )
    linked = "links of this commit lead out of the repository"
    return [
        Variant("a lint command that runs the checkout's code", lambda p: {"Makefile": f"lint:\n\ttouch {p.spied}\n"}),
        Variant("lint settings and modules that bring code", _own_code_in_lint),
        Variant("attributes that name filters of this machine", lambda p: {".gitattributes": attributes}),
        Variant("a submodule", lambda p: {"sub": Gitlink("1" * 40), ".gitmodules": _submodule(p)}),
        Variant("names of files that look like options and commands", lambda p: dict.fromkeys(names, "x = 1\n")),
        Variant("a version file that is a link", lambda p: {"version.txt": Link(str(p.secret_file))}, "is not a version"),
        Variant("a source file that is a link", lambda p: {"leak.py": Link(str(p.secret_file))}, linked),
        Variant("a link over a link", lambda p: {"a.py": Link("b/c"), "b": Link(str(p.secret_file.parent))}, linked),
        Variant("a .dockerignore that is a link", lambda p: {".dockerignore": Link(str(p.secret_file))}, linked),
        Variant("a Dockerfile that is a link", lambda p: {"Dockerfile": Link(str(p.secret_file))}, linked),
        Variant("a frontend of its own", lambda p: {"Dockerfile": f"# syntax={p.private}\nFROM scratch\n"}, "the frontend"),
        Variant(
            "a build with the machine's network",
            lambda p: {"Dockerfile": "FROM python:3.11-slim\nRUN --network=host id\n"},
            "asks for --network=host",
        ),
        Variant("a build that looks for secrets", lambda p: {"Dockerfile": _READS_IN_BUILD % p.secret_file}),
        Variant("a build that takes a private image", lambda p: {"Dockerfile": f"FROM {p.private}\n"}, "Dockerfile"),
        Variant(
            "a build that writes cache mounts",
            lambda p: {"Dockerfile": _POISONS.format(cache=p.cache, step=p.step)},
        ),
        Variant(
            "a build that poisons a layer by way of its cache mount",
            lambda p: {"Dockerfile": _ORDERED_POISON.format(cache=p.cache, step=p.step)},
        ),
        Variant("tests that look around", _python(_LOOKS_AROUND)),
        Variant("tests that start processes", _python(_HOGS)),
        Variant("tests that say too much", _python(_FLOODS)),
        Variant("a compose file of its own", _compose_of_its_own),
        Variant(
            "a hostile compose file in the base branch",
            _only_end,
            r"because of .*tests\.privileged.*network_mode \(host\).*volumes \(/\).*docker\.sock",
            base="hostile",
        ),
        Variant(
            "results that are a link",
            lambda p: {"conftest.py": f"import os\nos.symlink({str(p.secret_file)!r}, '/results/junit.xml')\n"},
            "wrote no results file",
        ),
        Variant(
            "results that name a file",
            lambda p: {"conftest.py": _writes(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{p.secret_file.as_uri()}">]><testsuite name="&x;"/>')},
            "document type",
        ),
        Variant(
            "results that grow",
            lambda p: {"conftest.py": _writes('<!DOCTYPE a [<!ENTITY x "x"><!ENTITY y "&x;&x;">]><testsuite name="&y;"/>')},
            "document type",
        ),
        Variant(
            "results without an end",
            lambda p: {"conftest.py": "open('/results/junit.xml', 'w').write('<testsuite>' * 2**20)\n"},
            "larger than 8 MiB",
        ),
    ]  # fmt: skip


def _writes(results: str) -> str:
    return f"open('/results/junit.xml', 'w').write({results!r})\n"


def _submodule(place: Place) -> str:
    return (
        f'[submodule "sub"]\n\tpath = sub\n\turl = ext::sh -c "touch {place.spied}"\n\tupdate = !touch {place.spied}\n'
    )

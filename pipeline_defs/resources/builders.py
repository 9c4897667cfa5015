"""Builders: whose Docker Engine builds an image: this machine's, or that of the builder which is free first."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipeline_defs.config.build import Build
from pipeline_defs.config.builder import Builder
from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.resources.docker_client import Client, EngineError, last_line
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.process import LocalRunner, stop_if_given_up
from pipeline_defs.server.core.command import CommandTimeout, Listener, Unreachable, script

if TYPE_CHECKING:
    from pipeline_defs.resources.docker_forwarding import Forwarding

_POLL_SECONDS = 0.5

# Where `save` fails in the middle, `load` may still end well: the layers are compared afterwards.
_BRING = 'DOCKER_HOST=$2 DOCKER_TLS_VERIFY= "$1" save -- "$3" | "$1" load --quiet'


@contextmanager
def builder_of(here: Engine, build: Build, say: Listener) -> Iterator[Engine]:
    """The Engine that builds: this machine's where the app names no builders, else that of the one with the fewest builds under way.

    Builders that are not reached are passed over with a line to `say`. Where all are at work, it is waited for the first that is
    free. Raises EngineError where none is reached, or none was free for as long as a build may take.
    """
    if not build.builders:
        yield here
        return
    with ExitStack() as stack:
        engine = _first_free(here, build, say, stack)
        say(f"building on {engine.builder}")
        yield engine


@contextmanager
def answering(here: Engine, builder: Builder) -> Iterator[tuple[Client, "Forwarding"]]:
    """A client of a builder's Engine, for the length of the block. Raises Unreachable, and EngineError where the Engine does not answer."""
    from pipeline_defs.resources.docker_forwarding import forwarded  # paramiko, for which no run's start has to wait

    with forwarded(builder) as forwarding:
        client = here.client.at(forwarding.host)
        answer = client.run("version", "--format", "{{.Server.Version}}")
        if not answer.ok:
            raise EngineError(
                f"the Docker Engine of {builder} does not answer: {forwarding.said or last_line(answer)}; see whether it "
                f"runs there, and whether {builder.user} may use it"
            )
        yield client, forwarding


@dataclass(frozen=True)
class BuilderEngine(Engine):
    """A builder's Engine. What it builds is brought to this machine's Engine, where it is tested, and kept there alone.

    Attributes:
        name: of an image while it is on the builder: the same for each build in its slot, so that one which was killed leaves no more
            than what the next one replaces.
    """

    here: Engine
    builder: Builder
    forwarding: "Forwarding"
    name: str

    def build(
        self,
        checkout: Path,
        tag: str,
        build: Build,
        *,
        labels: Mapping[str, str],
        listen: Listener | None = None,
        more: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Build there and bring the image here under its `tag`; see `Engine.build`."""
        try:
            super().build(checkout, self.name, build, labels=labels, listen=listen, more=more, environment=environment)
            self._bring(build.timeout)
        except EngineError:
            if self.forwarding.lost:
                raise EngineError(
                    f"the connection to the builder {self.builder} was lost while it built; see whether it runs, and "
                    "start the run again"
                ) from None
            raise
        finally:
            if not self.forwarding.lost:
                self.remove(self.name)  # its layers stay in BuildKit's cache
        self.here.tag(self.name, tag)
        self.here.remove(self.name)
        return self.here.id_of(tag)

    def _bring(self, seconds: float) -> None:
        """The same image, by its name: not by way of the registry, which is given nothing that was not tested.

        It is known by its layers, since the two Engines may have different image stores, in which one image has two ids.
        """
        bring = script(_BRING, self.client.path, self.client.host, self.name, says=f"bring {self.name}")
        try:
            brought = LocalRunner(environment=plain_environment()).run(bring, timeout=seconds)
        except CommandTimeout:
            raise EngineError(
                f"bringing the image from {self.builder} did not end within {seconds:g} s (build.timeout)"
            ) from None
        if not brought.ok or _content(self.client, self.name) != _content(self.here.client, self.name):
            raise EngineError(
                f"the image built on {self.builder} could not be brought to this machine's Engine: {last_line(brought)}; "
                "check that both disks have room, and start the run again"
            )


def _content(client: Client, image: str) -> str:
    """When an image was made, and the digests of its unpacked layers: the same in each image store. Empty where there is none."""
    found = client.run("image", "inspect", "--format", "{{.Created}} {{json .RootFS.Layers}}", "--", image)
    return found.stdout.strip() if found.ok else ""


def _first_free(here: Engine, build: Build, say: Listener, stack: ExitStack) -> BuilderEngine:
    reached, reasons = list(build.fitting), list[str]()
    until = time.monotonic() + build.timeout
    told = False
    while reached:
        for builder, lock in _slots(here.workspace / "locks", reached):
            try:
                lock.acquire()
            except Timeout:
                continue
            try:
                engine = _engine(here, builder, Path(lock.lock_file).stem, stack)
            except (Unreachable, EngineError) as error:
                lock.release()
                say(f"the builder {builder} is passed over: {error}")
                reached.remove(builder)
                reasons.append(str(error))
                break
            stack.callback(lock.release)
            return engine
        else:
            if time.monotonic() > until:
                raise EngineError(
                    f"no builder was free for {build.timeout} s (build.timeout); give the app another builder, or a "
                    "builder more `builds` at once"
                )
            if not told:
                say(
                    f"waiting for a builder: {', '.join(map(str, reached))} {'are' if len(reached) > 1 else 'is'} at work"
                )
            told = True
            stop_if_given_up()
            time.sleep(_POLL_SECONDS)
    raise EngineError(f"no builder can be used: {'; '.join(reasons)}")


def _slots(locks: Path, builders: list[Builder]) -> Iterator[tuple[Builder, FileLock]]:
    """Each slot for a build, first those of builders at which fewer are under way. The kernel frees one whose owner dies."""
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(max(each.builds for each in builders)):
        for builder in builders:
            if number < builder.builds:
                name = hashlib.sha256(str(builder).encode()).hexdigest()[:12]
                yield builder, FileLock(locks / f"builder-{name}-{number}.lock", timeout=0)


def _engine(here: Engine, builder: Builder, slot: str, stack: ExitStack) -> BuilderEngine:
    """The builder's Engine, once it answers. What an earlier build in this slot left there is removed."""
    with ExitStack() as opened:
        client, forwarding = opened.enter_context(answering(here, builder))
        home = hashlib.sha256(str(here.workspace).encode()).hexdigest()[:8]
        engine = BuilderEngine(client, here.workspace, here, builder, forwarding, f"shipline-{slot}:{home}")
        engine.remove(engine.name)
        stack.push(opened.pop_all())
    return engine

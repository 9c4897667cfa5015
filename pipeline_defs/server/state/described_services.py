"""Described services: what the compose file of a release says, merged by the server's own Compose, and the hash of
each service's configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.compose_commands import with_compose
from pipeline_defs.server.compose.compose_model import COMPLETED, ComposeModel, Service
from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.compose.merged_file import MERGED_FILE
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.state.facts import Facts

DESCRIBED, RUNNING = "described", "running"
"""What the step's output is kept as, among what a procedure has learned."""

HASHES = "# hashes of the services"
"""The line after which the hashes follow, in what is printed."""
# Compose hashes what is read from an env_file when it makes a container, and the file's name when it is only asked: so it is asked about
# the merged file, in which there is no env_file any more. Older ones do not know the hashes of all.
_DESCRIBE = (
    MERGED_FILE
    + """
described=$(rendered compose); printf '%s\\n' "$described"; echo "$1"
printf '%s\\n' "$described" | compose -f - config --hash '*' 2>/dev/null || :
"""
)
_RUNS = "# what runs\n"

# The release that runs may have files that Compose does not take any more: then nothing is known of it.
_BOTH = """
runs=$(mktemp); trap 'rm -f "$runs"' EXIT
{ eval "$2" || :; } >"$runs" 2>/dev/null &
eval "$1"; wait; printf '%s' "$3"; cat "$runs"
"""


@dataclass(frozen=True)
class DescribedServices:
    """A merged compose file.

    Attributes:
        folder: of the release.
        hashes: Compose's own, by service; what Compose did not tell is not among them.
    """

    model: ComposeModel
    folder: str
    hashes: Mapping[str, str] = field(default_factory=dict)

    @property
    def services(self) -> Mapping[str, Service]:
        """The services by their names."""
        return self.model.services

    def ends(self, name: str) -> bool:
        """Whether a service ends by design: others wait for it to end with status 0."""
        return any(each.depends_on.get(name) == COMPLETED for each in self.services.values())

    def shared_by(self, name: str) -> set[str]:
        """The services whose network, processes or volumes this one uses: it has to be made anew with them."""
        keys = self.services[name].keys
        modes = [str(keys.get(key) or "") for key in ("network_mode", "pid", "ipc")]
        volumes = [str(each).partition(":")[0] for each in keys.get("volumes_from") or []]
        return {mode.removeprefix("service:") for mode in modes if mode.startswith("service:")} | {
            each for each in volumes if each in self.services
        }

    def restarted_by(self, name: str) -> set[str]:
        """The services with which this one is restarted, as its `depends_on` wants it (`restart: true`)."""
        told = self.services[name].keys.get("depends_on") or {}
        pairs = told.items() if isinstance(told, dict) else ()
        return {str(other) for other, how in pairs if isinstance(how, dict) and how.get("restart") is True}

    def needs(self, name: str) -> set[str]:
        """The services that have to be there before this one."""
        return (set(self.services[name].depends_on) | self.shared_by(name)) & set(self.services)


def describe_command(site: Site, facts: Facts, folder: str) -> Command:
    """Ask Compose on the server for what the release in `folder` describes. What it prints may hold settings: it is not to be logged."""
    return with_compose(
        site, facts.compose, folder, _DESCRIBE, HASHES, says=f"what does {site.config.compose} describe?"
    )


def describe_step(site: Site, facts: Facts, folder: str) -> Step:
    """The step that asks for a release and, beside that, for what runs: what the release changes is known before anything is changed."""
    return Step(
        StepName.SERVICES,
        _both(site, facts, folder),
        secret=True,
        only_looks=True,
        learn=lambda text: dict(zip((DESCRIBED, RUNNING), text.split(_RUNS), strict=False)),
        check=lambda text: _refusal(site, text.split(_RUNS)[0], folder),
    )


def _both(site: Site, facts: Facts, folder: str) -> Command:
    asked = describe_command(site, facts, folder)
    if facts.folder is None or facts.folder == folder:
        return asked
    return script(
        _BOTH, asked.rendered(), describe_command(site, facts, facts.folder).rendered(), _RUNS, says=asked.shown()
    )


def running_services(site: Site, text: str | None, folder: str | None) -> DescribedServices | None:
    """What the release that runs describes; None where there is none, or its files are damaged."""
    try:
        return read_description(site, text, folder) if text and folder else None
    except ValueError:
        return None


def _refusal(site: Site, text: str, folder: str) -> str | None:
    try:
        read_description(site, text, folder)
    except ValueError as error:
        return f"{site.config.compose}: {error}"
    return None


def read_description(site: Site, text: str, folder: str) -> DescribedServices:
    """From what the server printed of the release in `folder`. Raises ValueError for what is no compose file."""
    merged, _, hashes = text.partition(f"{HASHES}\n")
    told = [line.split() for line in hashes.splitlines()]
    return DescribedServices(
        read_model(merged, site.project), folder, {words[0]: words[1] for words in told if len(words) == 2}
    )

"""Rendered compose: the merged compose file of a release as the server renders it, with all that Compose said,
before anything is changed.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipeline_defs.server.compose.bundle import SETTINGS
from pipeline_defs.server.compose.compose_commands import compose_words
from pipeline_defs.server.compose.compose_model import ComposeModel
from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.compose.merged_file import MERGED_FILE
from pipeline_defs.server.compose.surroundings import LOOK, Surroundings, read_surroundings
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site

# The app's own file without Shipline's override is what its services are looked at in, whatever their profiles. Where it cannot be
# rendered, as without an env_file, it is looked at with its variables as they are written, so that all mistakes are found at once.
# What would run is rendered, too: whatever Compose refuses then is a failure.
_RENDER = (
    """
settings=$1 own=$2 merged=$3
"""
    + MERGED_FILE
    + """
own() { (set -a; . "$settings"; set +a; eval "$own \\"\\$@\\""); }
merged() { (set -a; . "$settings"; set +a; eval "$merged \\"\\$@\\""); }
said=$(mktemp) all=$(mktemp) wrong=$(mktemp); trap 'rm -f "$said" "$all" "$wrong"' EXIT
merged config >"$all" 2>"$wrong" & asked=$!
text=$(own --profile '*' config --no-env-resolution 2>"$said") || text=$(own --profile '*' config 2>"$said") ||
  text=$(merged config 2>"$said") || text=$(own --profile '*' config --no-env-resolution --no-interpolate 2>/dev/null) || text=
sed 's/^/# said /' "$said"
if wait "$asked"; then keep "$all"; else sed 's/^/# fails /' "$wrong"; fi
printf '%s\\n' "$text"
"""
)

_UNSET = re.compile(r'\bThe \\?"?(\w+)\\?"? variable is not set')


@dataclass(frozen=True)
class RenderedCompose:
    """What was found.

    Attributes:
        model: the app's compose file as it is rendered, services of every profile included; None where it cannot be.
        unset: variables that it takes and nothing sets.
        failure: what Compose said against running it; empty where it would.
        around: what else the server has; None where no server was asked.
        sources: the app's compose file and what it is made of, as text, by path; for naming the line that is meant.
    """

    model: ComposeModel | None
    unset: tuple[str, ...] = ()
    failure: str = ""
    around: Surroundings | None = None
    sources: Mapping[str, bytes] = field(default_factory=dict)


def render(site: Site, program: tuple[str, ...], folder: str, *, around: bool = True) -> Command:
    """Render the compose file of the release in `folder`. Nothing is changed. It prints settings, secrets among them.

    With `around` it prints what else is on the server as well, for which an Engine has to answer.
    """
    file = PurePosixPath(folder) / site.config.compose
    files = [word for path in site.config.compose_files for word in ("-f", f"{folder}/{path}")]
    own = (*program, "-p", site.project, "--project-directory", str(file.parent), *files)
    words = (f"{folder}/{SETTINGS}", shlex.join(own), shlex.join(compose_words(site, program, folder)))
    return script(LOOK + _RENDER if around else _RENDER, *words, says=f"can {site.config.compose} run here?")


def read_rendered(text: str, site: Site, sources: Mapping[str, bytes]) -> RenderedCompose:
    """What a look has printed; `sources` are the release's files. Lines that are no YAML are comments in it."""
    lines = text.splitlines()
    said = [line.removeprefix("# said ") for line in lines if line.startswith("# said ")]
    fails = [line.removeprefix("# fails ") for line in lines if line.startswith("# fails ")]
    wrong = ""
    model: ComposeModel | None = None
    try:
        model = read_model(text, site.project)
    except ValueError as error:
        wrong = str(error)
    unset = [found[1] for line in (*said, *fails) for found in _UNSET.finditer(line)]
    real = [line for line in fails if line.strip() and not _UNSET.search(line)]
    if model is not None and not model.services:
        model, wrong = None, wrong or "it has no services"
    return RenderedCompose(
        model, tuple(dict.fromkeys(unset)), "\n".join(real) or wrong, read_surroundings(lines), sources
    )

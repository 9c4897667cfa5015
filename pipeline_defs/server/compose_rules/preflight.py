"""Preflight: what an attempt finds out before it changes anything: that the compose file can run here, and that every image is there."""

import shlex

from pipeline_defs.config.pinned_images import pinned
from pipeline_defs.config.secret import Secret
from pipeline_defs.release.records import Release
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.bundle import SETTINGS
from pipeline_defs.server.compose.compose_commands import LOGIN, compose_words
from pipeline_defs.server.compose.merged_file import MERGED_FILE
from pipeline_defs.server.compose.rendered_compose import read_rendered, render
from pipeline_defs.server.compose_rules import problems
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.state import data_mounts
from pipeline_defs.server.state.data_loss_check import losses
from pipeline_defs.server.steps.verification import NEWMAN

# The server's own log-in is tried before the app's: an image may be in any registry. The app's image itself is brought by its digest later.
_IMAGES = (
    LOGIN
    + """
settings=$1 program=$2 own=$3; shift 3
"""
    + MERGED_FILE
    + """
merged() { (set -a; . "$settings"; set +a; eval "$program \\"\\$@\\""); }
log_in
pull() { docker pull "$1" 2>&1 || logged_in pull "$1" 2>&1; }
for image in $(images merged 2>/dev/null) "$@"; do
  case " $own " in *" $image "*) continue ;; esac
  docker image inspect "$image" >/dev/null 2>&1 && continue
  echo "pull $image"
  said=$(pull "$image") || {
    echo "the image $image is not on the server and cannot be pulled: $(printf '%s\\n' "$said" | tail -n 1)" >&2; exit 1; }
done
echo "every image that runs beside the app is there"
"""
)

# Asks registries without pulling. A registry on loopback speaks plain HTTP, as it does for the Engine.
_SEEK = """
settings=$1 program=$2 own=$3; shift 3
umask 077; login=$(mktemp -d); trap 'rm -rf "$login"' EXIT; cat >"$login/config.json"
seek() { docker manifest inspect "$1" 2>&1 || docker manifest inspect --insecure "$1" 2>&1 ||
  DOCKER_CONFIG=$login docker manifest inspect "$1" 2>&1 || DOCKER_CONFIG=$login docker manifest inspect --insecure "$1" 2>&1; }
images=$(set -a; . "$settings"; eval "$program config --images" 2>/dev/null) || exit 1
for image in $images "$@"; do
  case " $own " in *" $image "*) continue ;; esac
  docker image inspect "$image" >/dev/null 2>&1 && continue
  said=$(seek "$image") || echo "missing $image $(printf '%s\\n' "$said" | tail -n 1)"
done
"""


def preflight(site: Site, task: Task, program: tuple[str, ...], release: Release, *, known: bool = False) -> list[Step]:
    """The steps, for a release whose files are on the server, where Compose is called as `program` says.

    With `known` the release ran there before, and less is refused.
    """
    folder = site.folder(release)
    look = Step(
        StepName.COMPOSE_FILE,
        render(site, program, folder),
        secret=True,
        check=lambda said: _refusal(said, site, task, release, known=known),
    )
    pull = Step(StepName.IMAGES, images(site, program, folder, release, task.registry_login), timeout=LONG_SECONDS)
    return [look, pull, *_data(site, program, folder)]


def _data(site: Site, program: tuple[str, ...], folder: str) -> list[Step]:
    """Whether what runs keeps its data; a rehearsal's is made anew each time."""
    if site.config.rehearses:
        return []

    def refusal(said: str) -> str | None:
        lost = losses(said, site)
        return f"{site.config.compose}: {'; '.join(lost)}" if lost else None

    return [Step(StepName.DATA, data_mounts.inspect_mounts(site, program, folder), secret=True, check=refusal)]


def images(site: Site, program: tuple[str, ...], folder: str, release: Release, login: Secret | None) -> Command:
    """Bring the images that run beside the app, and those of its end-to-end tests, as far as they are not there."""
    merged = shlex.join(compose_words(site, program, folder))
    words = (f"{folder}/{SETTINGS}", merged, " ".join(release.references), *dict.fromkeys(test_images(site)))
    return script(_IMAGES, *words, stdin=login or "{}", says=f"are the images of {site.config.compose} there?")


def seek_images(site: Site, program: tuple[str, ...], folder: str, release: Release, login: Secret | None) -> Command:
    """Ask for the same images, and for the router's, without pulling any; prints `missing IMAGE WHY` for each that nobody has."""
    merged = shlex.join(compose_words(site, program, folder))
    router = [pinned(site.config.host.router.image)] if site.config.route else []
    words = (
        f"{folder}/{SETTINGS}",
        merged,
        " ".join(release.references),
        *dict.fromkeys([*test_images(site), *router]),
    )
    return script(_SEEK, *words, stdin=login or "{}", says="can every image be had?")


def test_images(site: Site) -> list[str]:
    """The images that end-to-end tests run in, besides the app's own."""
    named = (each.image or (NEWMAN if each.collection else "") for each in site.config.e2e)
    return [pinned(image) for image in named if image]


def _refusal(said: str, site: Site, task: Task, release: Release, *, known: bool) -> str | None:
    found = problems(
        read_rendered(said, site, task.files), site, release.repository, several=release.images, known=known
    )
    for note in found.notes:
        task.say(f"{site.config.compose}: {note}")
    return found.sentence(site.config.compose) or None

"""Adoption: a compose project that runs already, and that somebody else than Shipline has started, becomes what a deployment begins with.

The project's own compose files are rendered where they lie, and kept as the release that runs. So what a deployment changes is known
before, and after one that failed what ran before is brought back, as it is with any other release.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline_defs.release.records import ADOPTED, Release
from pipeline_defs.server.compose.bundle import COMPOSED, OVERRIDE, RELEASE, SETTINGS
from pipeline_defs.server.core.command import Command, Runner, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.state.described_services import HASHES, DescribedServices, read_description
from pipeline_defs.server.state.facts import Facts, gather_facts

SECONDS = 120
FILE = "compose.yml"
"""The rendered compose file of an adopted release. It holds the values of all variables, so nobody else may read it."""

# The labels of a container say where its compose files lie, as Compose writes them. A project that Shipline itself has started in part
# is not adopted. What was given to Compose at its start alone, such as variables of a shell, is not known: the hashes tell.
_RUNNING = r"""
label=label=com.docker.compose program=$1 project=$2 root=$3 service=$4
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
of() { docker ps -aq --no-trunc --filter "$label.project=$project" --filter "$label.oneoff=False" "$@"; }
said() { docker inspect -f "{{index .Config.Labels \"com.docker.compose.project.$1\"}}" "$id" | sed 's/^<no value>$//'; }
begun() { docker inspect -f '{{index .Config.Labels "com.docker.compose.project.working_dir"}}/' $(of) | cut -c "1-$((${#root} + 1))"; }
id=$(of --filter "$label.service=$service" | head -n 1); [ -n "$id" ] || id=$(of | head -n 1)
[ -n "$id" ] && ! begun | grep -qxF "$root/" || exit 0
folder=$(said working_dir) files=$(said config_files) variables=$(said environment_file)
[ -n "$folder" ] && [ -n "$files" ] || { echo "the containers of $project do not say which compose files they are from" >&2; exit 1; }
set -f; IFS=,
set --; for file in $files; do
  case $file in /*) ;; *) file=$folder/$file ;; esac
  [ -f "$file" ] || { echo "$file, which $project was started from, is not there any more" >&2; exit 1; }
  set -- "$@" -f "$file"; done
for file in $variables; do set -- "$@" --env-file "$file"; done
unset IFS; set +f
compose() { eval "$program \"\$@\""; }
running() { compose -p "$project" --project-directory "$folder" "$@"; }
of | xargs docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}' | sort -u >"$work/ran"
running "$@" config --services | sort -u >"$work/named"
profiles=; [ -z "$(comm -23 "$work/ran" "$work/named")" ] || profiles='*'
export COMPOSE_PROFILES="$profiles"
running "$@" config >"$work/compose.yml"
"""

_ASK = (
    "hashes=$5\n"
    + _RUNNING
    + r"""
printf '# adopts\t%s\t%s\n' "$folder" "$files"
version=$(compose version --short); version=${version#v}
docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}{{"\t"}}{{.Config.Image}}{{"\t"}}{{.Image}}{{
  "\t"}}{{.State.Running}}{{"\t"}}{{index .Config.Labels "com.docker.compose.version"}}' $(of) |
while IFS="$(printf '\t')" read -r name image id runs by; do
  same=no; case $version in "$by" | "$by"-*) same=yes ;; esac
  printf '# container\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$image" "$id" "$runs" "$same" \
    "$(docker image inspect -f '{{.Id}}' "$image" 2>/dev/null)"
done
cat "$work/compose.yml"; echo "$hashes"
compose -p "$project" -f "$work/compose.yml" config --hash '*' 2>/dev/null || :
"""
)

# The folder of the release appears whole, and is what runs from then on. No container is touched.
_TAKE_OVER = (
    """
umask 077
release=$(cat) to=$5 rendered=$6 settings=$7 override=$8 composed=$9 described=${10}
"""
    + _RUNNING
    + """
rm -rf "$to.partial"; mkdir -p "$to.partial"
mv "$work/compose.yml" "$to.partial/$rendered"
printf "COMPOSE_PROFILES='%s'\\n" "$profiles" >"$to.partial/$settings"
printf '{"services": {}}' >"$to.partial/$override"
printf '%s' "$to/$rendered" >"$to.partial/$composed"; printf '%s' "$release" >"$to.partial/$described"
rm -rf "$to"; mv "$to.partial" "$to"
ln -sfn "$to" "$root/current.new"; mv -T "$root/current.new" "$root/current"; sync "$root"
"""
)


@dataclass(frozen=True)
class Container:
    """A container of the project.

    Attributes:
        image: as its compose file names it; id: of the image that it runs; named: the id of the image that has that name now.
        same_compose: the same version of Compose made it that is asked now, so that both make the same hashes.
    """

    service: str
    image: str
    id: str
    running: bool
    same_compose: bool
    named: str


@dataclass(frozen=True)
class Running:
    """What runs in a project that can be adopted: the folder and the compose files that it was started from, and what these say."""

    project: str
    folder: str
    files: tuple[str, ...]
    described: DescribedServices
    containers: tuple[Container, ...]
    hashes: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.project} was started from {self._files}"

    def refusals(self, site: Site) -> Iterator[str]:
        """Why what runs could not be brought back after a deployment that failed, a sentence each."""
        for each in self.containers:
            name = each.service
            if name not in self.described.services:
                yield f"{site.project} has a container of the service {name}, which {self._files} does not have any more; {self._again}"
            elif each.running and each.same_compose and self._differs(name):
                yield f"the service {name} runs otherwise than {self._files} says now; {self._again}"
            elif each.running and each.named != each.id:
                yield (
                    f"the service {name} runs an image that is not called {each.image} any more; {self._again}, or on the server: "
                    f"docker tag {each.id} {each.image}"
                )

    def release(self, site: Site) -> Release:
        """What runs, as a release. Nobody knows of which commit and version it is, so any version is newer."""
        main = next((each for each in self.containers if each.service == site.config.service), self.containers[0])
        return Release(
            app=site.app, version="0.0.0", repository=main.image, digest=main.id, commit="", configuration=ADOPTED
        )

    def _differs(self, service: str) -> bool:
        there, wanted = self.hashes.get(service), self.described.hashes.get(service)
        return there is not None and wanted is not None and there != wanted

    @property
    def _files(self) -> str:
        return ", ".join(self.files)

    @property
    def _again(self) -> str:
        return f"run docker compose up -d in {self.folder}, so that this is what runs"


def ask(site: Site, facts: Facts) -> Command:
    """Ask for what can be adopted. Nothing is changed. What it prints may hold settings: it is not to be logged."""
    return script(
        _ASK, *_words(site, facts), HASHES, says=f"what runs in {site.project}, and from which compose files?"
    )


def adoptable(site: Site, facts: Facts, server: Runner) -> Running | None:
    """What runs in the project that the environment names; None where a release of Shipline runs, or nothing. Raises ServerError."""
    if site.config.project is None or facts.folder is not None or not facts.seen.containers or not facts.compose:
        return None
    said = server.run(ask(site, facts), timeout=SECONDS)
    if not said.ok:
        raise ServerError(f"{site}: what runs in {site.project} cannot be taken over: {why(said)}")
    return running(site, said.stdout, facts) if said.stdout.strip() else None


def running(site: Site, said: str, facts: Facts) -> Running:
    """From what the server printed. Raises ServerError."""
    lines = [line.removeprefix("# ").split("\t") for line in said.splitlines() if line.startswith("# ")]
    folder, files = next(fields[1:] for fields in lines if fields[0] == "adopts")
    try:
        described = read_description(site, said, site.path("releases", "adopted"))
    except ValueError as error:
        raise ServerError(f"{site}: {files}, which {site.project} was started from: {error}") from None
    containers = tuple(
        Container(name, image, id_, up == "true", same == "yes", named)
        for name, image, id_, up, same, named in (fields[1:] for fields in lines if fields[0] == "container")
    )
    hashes = {each.service: each.hash for each in facts.seen.containers}
    return Running(site.project, folder, tuple(files.split(",")), described, containers, hashes)


def adopt(task: Task, server: Runner, facts: Facts) -> Facts:
    """Take over what runs, where there is anything to take over; gives the facts as they are then. Raises ServerError."""
    site = task.site
    found = adoptable(site, facts, server)
    if found is None:
        return facts
    if refused := list(found.refusals(site)):
        raise ServerError(f"{site}: {'; '.join(refused)}")
    task.say(f"{found}: it is taken over as it runs")
    done = server.run(take_over(site, facts, found), timeout=SECONDS)
    if not done.ok:
        raise ServerError(f"{site}: what runs in {site.project} cannot be taken over: {why(done)}")
    return gather_facts(site, server)


def take_over(site: Site, facts: Facts, found: Running) -> Command:
    """Keep what runs as the release that runs, in Shipline's own folder. No container is touched."""
    release = found.release(site)
    names = (site.folder(release), FILE, SETTINGS, OVERRIDE, COMPOSED, RELEASE)
    text = release.model_dump_json(indent=2)
    return script(_TAKE_OVER, *_words(site, facts), *names, stdin=text, says=f"{site.project} is taken over as it runs")


def _words(site: Site, facts: Facts) -> tuple[str, ...]:
    return (shlex.join(facts.compose), site.project, site.path(), site.config.service)

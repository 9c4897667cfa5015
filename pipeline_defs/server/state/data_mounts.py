"""Data mounts: where the containers of a site keep their data, and what the images of a release would do with it."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline_defs.server.compose.bundle import SETTINGS
from pipeline_defs.server.compose.compose_commands import NOBODYS, compose_words
from pipeline_defs.server.compose.merged_file import MERGED_FILE
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site

# What is found comes as comments in YAML, its fields parted by tabs. A container that stands still can be copied from, too. Where there
# is no container of a database, its volumes are looked into with the image that would be started on them.
_LOOK = (
    r"""
project=$1 settings=$2 merged=$3
"""
    + MERGED_FILE
    + r"""
merged() { (set -a; . "$settings"; set +a; eval "$merged \"\$@\""); }
variable() { sed -n "s/^$1=//p" | tail -n 1; }
found= tab=$(printf '\t')
label=label=com.docker.compose
look() {
  ids=$(docker ps -aq --no-trunc --filter "$label.project=$project" --filter "$label.oneoff=False") || return 1
  [ -z "$ids" ] || docker inspect -f '{{$service := index .Config.Labels "com.docker.compose.service"}}{{range .Mounts}}{{
    printf "# mount\t%s\t%s\t%s\t%s\t%s\n" $service .Type .Name .Source .Destination}}{{end}}{{range $mount := .HostConfig.Mounts}}{{
    if $mount.VolumeOptions}}{{printf "# options\t%s\t%s\t" $service $mount.Target}}{{json $mount.VolumeOptions}}{{println}}{{
    end}}{{end}}{{range .Config.Env}}{{if eq (printf "%.7s" .) "PGDATA="}}{{printf "# data\t%s\t%s\t%s\n" $.ID $service .}}{{
    end}}{{end}}' $ids
}
seen=$(look 2>/dev/null) || seen=$(look)  # a container may go while it is looked at
printf '%s\n' "$seen"
data=$(printf '%s\n' "$seen" | sed -n "s/^# data$tab//p")
while IFS=$tab read -r id service data; do
  data=${data#PGDATA=}
  [ -n "$data" ] || continue
  version=$(docker cp "$id:$data/PG_VERSION" - 2>/dev/null </dev/null | tar -xO 2>/dev/null) || continue
  found=yes; printf '# postgres\t%s\t%s\t%s\n' "$service" "$data" "$version"
done <<DATA
$data
DATA
for image in $(images merged | sort -u); do
  variables=$(docker image inspect -f '{{range .Config.Env}}{{println .}}{{end}}' "$image" 2>/dev/null) || continue
  data=$(printf '%s\n' "$variables" | variable PGDATA)
  [ -n "$data" ] || continue
  major=$(printf '%s\n' "$variables" | variable PG_MAJOR)
  [ -n "$major" ] || major=$(docker run --rm """
    + NOBODYS
    + r""" --network none --entrypoint postgres "$image" --version 2>/dev/null |
    sed 's/[^0-9]*\([0-9]*\).*/\1/')
  printf '# image\t%s\t%s\t%s\n' "$image" "$data" "$major"
  [ -z "$found" ] || continue
  for volume in $(docker volume ls -q --filter "$label.project=$project"); do
    version=$(docker run --rm """
    + NOBODYS
    + r""" --network none -v "$volume:/v:ro" --entrypoint sh "$image" -c \
      'cat /v/PG_VERSION /v/*/PG_VERSION /v/*/docker/PG_VERSION 2>/dev/null | head -n 1') || continue
    [ -z "$version" ] || printf '# volume\t%s\t%s\n' "$volume" "$version"
  done
done
rendered merged
"""
)


_OFFICIAL = re.compile(r"(^|/)(postgres|postgis/postgis|pgvector/pgvector):(pg)?(?P<major>\d+)([.-]|$)")
_NESTED = 18
"""From this version on the image keeps its data in a folder named after it."""


@dataclass(frozen=True)
class DataMount:
    """Something that a container has mounted: a volume by its name, or a folder of the host by its path.

    `subpath` is the folder of the volume that is mounted, empty for all of it.
    """

    service: str
    kind: str
    source: str
    target: str
    subpath: str = ""

    @property
    def anonymous(self) -> bool:
        """Whether it is a volume that nobody named."""
        return self.kind == "volume" and len(self.source) == 64 and set(self.source) <= set("0123456789abcdef")

    def __str__(self) -> str:
        if self.anonymous:
            return "an anonymous volume"
        return f"the {'volume' if self.kind == 'volume' else 'folder'} {self.source}"


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL data folder: where it is in the containers, and the major version that has made it."""

    data: str
    major: str


@dataclass(frozen=True)
class SiteData:
    """What is on the server, and what images bring.

    Attributes:
        held: what the containers of the project have mounted.
        clusters: the data folder of each service that has one; images: where an image keeps its data, and its major version.
        volumes: the major version of what is in a volume that no container of a database has mounted.
    """

    held: tuple[DataMount, ...] = ()
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    images: Mapping[str, Cluster] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)

    def image(self, name: str) -> Cluster | None:
        """What an image brings. Of one that is not on the server yet its tag tells, where it is one of PostgreSQL's."""
        if name in self.images:
            return self.images[name]
        found = _OFFICIAL.search(name)
        if found is None:
            return None
        major = found["major"]
        return Cluster(
            f"/var/lib/postgresql/{major}/docker" if int(major) >= _NESTED else "/var/lib/postgresql/data", major
        )


def inspect_mounts(site: Site, program: tuple[str, ...], folder: str) -> Command:
    """Look at the data of what runs, and at the images and the merged compose file of the release in `folder`, which are on the server.

    It prints settings, secrets among them. Nothing is changed.
    """
    words = (site.project, f"{folder}/{SETTINGS}", shlex.join(compose_words(site, program, folder)))
    return script(_LOOK, *words, says=f"does {site.config.compose} keep the data?")


def read_mounts(said: str) -> SiteData:
    """What the look found."""
    lines: dict[str, list[list[str]]] = {}
    for line in said.splitlines():
        if line.startswith("# ") and "\t" in line:
            kind, *rest = line.removeprefix("# ").split("\t")
            lines.setdefault(kind, []).append(rest)
    subpaths = {(service, target): _subpath(options) for service, target, options in lines.get("options", [])}
    return SiteData(
        held=tuple(
            DataMount(service, kind, name if kind == "volume" else source, target, subpaths.get((service, target), ""))
            for service, kind, name, source, target in lines.get("mount", [])
        ),
        clusters={service: Cluster(data, major) for service, data, major in lines.get("postgres", [])},
        images={image: Cluster(data, major) for image, data, major in lines.get("image", [])},
        volumes={name: major for name, major in lines.get("volume", [])},
    )


def _subpath(options: str) -> str:
    """The folder of a volume that is mounted, from the Engine's JSON."""
    try:
        said = json.loads(options)
    except ValueError:
        return ""
    return str(said.get("Subpath") or "") if isinstance(said, dict) else ""

"""Cleanup: what retention no longer keeps is removed; never what a rollback needs, and nothing but the app's own."""

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.bundle import RELEASE
from pipeline_defs.server.compose.install_program import WRITTEN
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task

# A name's time is in it; copying a file changes the file's own. What a link of the environment names is needed. A folder among the
# releases that holds none is somebody else's. What a container could write to stays: what any has mounted, and, but for the copies
# of a rehearsal, a folder in which somebody else than Shipline has written. Where the Engine does not tell, perhaps since a container
# went meanwhile, all stay until the next time.
_FILES = """
root=$(readlink -f "$1") backups=$2 releases=$3 logs=$4 days=$5 release=$6 app=$7 repositories=$8 environment=$9 apart=${10}
project=${11}; shift 11
beyond() { tail -n "+$(($1 + 1))"; }
aged() { [ -z "$days" ] || find "$root/$1" -mindepth 1 -maxdepth 1 -mtime "+$((days - 1))" -exec basename {} \\; 2>/dev/null; }
keep=" "; for link in current previous way-back; do keep="$keep$(readlink -f "$root/$link" || true) "; done
needed() { case "$keep" in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
rm -f "$root"/backups/*.partial
{ ls -1 "$root/backups" | grep '[.]dump$' | sort -r | beyond "$backups"; aged backups | grep '[.]dump$' || true; } | sort -u |
  while IFS= read -r name; do needed "$root/backups/$name" && continue
    for part in "" .sha256 .counts .roles .database; do rm -f "$root/backups/$name$part"; done; echo "removed backup $name"; done
mounted=unknown
if places=$(docker ps -aq | xargs -r docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' 2>/dev/null) &&
  devices=$(docker volume ls -q | xargs -r docker volume inspect -f '{{with .Options}}{{.device}}/{{end}}' 2>/dev/null); then
  mounted=$(printf '%s\\n' "$places" "$devices"); fi
mounts() { [ "$mounted" = unknown ] || printf '%s\\n' "$mounted" | grep -qF "$1"; }
ours() { while IFS= read -r name; do [ ! -f "$root/releases/$name/$release" ] || printf '%s\\n' "$name"; done; }
{ ls -1t "$root/releases" 2>/dev/null | ours | beyond "$releases"; aged releases | ours; } | sort -u |
  while IFS= read -r name; do needed "$root/releases/$name" && continue
    ! mounts "/releases/$name/" || continue
    if [ -z "$apart" ] && written "$root/releases/$name"; then
      echo "kept release $name: there are files in $root/releases/$name that Shipline did not write"; continue; fi
    rm -rf "$root/releases/$name"; echo "removed release $name"; done
named=$(cat "$root"/releases/*/shipline.paths.yml 2>/dev/null | grep -Eo '/(files|read)/[0-9a-f]+/' | sort -u || true)
for kind in files read; do
  ls -1 "$root/$kind" 2>/dev/null | while IFS= read -r name; do
    printf '%s\\n' "$named" | grep -qxF "/$kind/$name/" || mounts "/$kind/$name/" || rm -rf "$root/$kind/$name"; done; done
for kind in logs journal results; do
  { ls -1t "$root/$kind" 2>/dev/null | beyond "$logs"; aged "$kind"; } | sort -u |
    while IFS= read -r name; do rm -rf "$root/$kind/$name"; done; done
"""

# An image stays as long as an environment of the app on this server has a release that refers to it; the Engine itself keeps
# those of containers. The rest of the arguments are these environments' folders. Images by digest have no tag: since Docker 29 the
# command line lists those with `--all` only. Beside a folder may be those of pull requests that are rehearsed.
_IMAGES = """
label=label=shipline # Compose says itself of what project a container is; all else a container may have of its image
docker container prune -f --filter "label=com.docker.compose.project=$project" --filter "$label.app=$app" \
  --filter "$label.environment=$environment" >/dev/null 2>&1 || :
kept=$(for place; do cat "$place"/releases/*/"$release" "$place"-pull-*/releases/*/"$release" 2>/dev/null; done |
  grep -o 'sha256:[0-9a-f]*' | sort -u || true)
for name in $repositories; do
  docker image ls --all --no-trunc --digests --filter "label=shipline.app=$app" --format '{{.Repository}} {{.Digest}}' \
    "$name" 2>/dev/null; done |
  while read -r name digest; do
    case $digest in sha256:*) ;; *) continue ;; esac
    printf '%s\\n' "$kept" | grep -qxF "$digest" && continue
    docker image rm "$name@$digest" >/dev/null 2>&1 && echo "removed image $name@$digest"
  done || :
"""


def tidy(task: Task) -> Step:
    """Remove releases, backups, logs, stopped containers and images of a site that its retention does not keep.

    What runs, what ran before it, and the backup from before what runs are kept, whatever the counts and days say.
    """
    site, keep = task.site, task.site.config.retention
    counts = (str(keep.backups), str(keep.releases), str(keep.logs), str(keep.days or ""))
    apart = "apart" if site.config.rehearses else ""
    words = (
        site.path(),
        *counts,
        RELEASE,
        site.app,
        " ".join(task.app.repositories),
        site.environment,
        apart,
        site.project,
        *_folders(task),
    )
    says = f"keep {keep.backups} backups, {keep.releases} releases with their images, {keep.logs} logs"
    return Step(StepName.TIDY, script(WRITTEN + _FILES + _IMAGES, *words, says=says), timeout=LONG_SECONDS)


def _folders(task: Task) -> list[str]:
    """The folders of the app's environments that share this server."""
    here = task.site.config.host.place
    there = [name for name, each in task.app.environments.items() if here in [host.place for host in each.hosts]]
    return [Site.of(task.app, name).path() for name in there]

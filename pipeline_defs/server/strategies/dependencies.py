"""Dependencies: the services beside the app's own ones, such as its database or a proxy: each is replaced because it
differs, in its turn.
"""

from dataclasses import replace

from pipeline_defs.release.step_name import StepName, titled
from pipeline_defs.server.compose.compose_commands import compose, with_compose
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.health.container_health import LAST_WORDS, healthy
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.live_container import LIVE
from pipeline_defs.server.state.service_changes import ServiceChanges, ServiceTurn
from pipeline_defs.server.steps import shared_steps

"""The step that migrates: the app's command for it, or a service that runs to its end."""

# What it says is shown from its start on: the container may have run before.
_TO_ITS_END = (
    LIVE
    + LAST_WORDS
    + """
service=$1 tolerated=$2
compose up -d --no-build --no-deps "$service"
id=$(all "$project" "$service" | head -n 1)
[ -n "$id" ] || { echo "the service $service has no container" >&2; exit 1; }
docker logs -f --since "$(docker inspect -f '{{.State.StartedAt}}' "$id")" "$id" 2>&1 || :
while :; do
  said=$(docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$id")
  case $said in exited\\ *|dead\\ *) break ;; esac
  sleep 0.2
done
[ "${said#* }" != 0 ] || { echo "$service has ended well"; exit 0; }
[ -z "$tolerated" ] || { echo "$service ended with exit status ${said#* }, which keeps nobody from going back"; exit 0; }
refuse "$id" "$service" "ended with exit status ${said#* }"
"""
)

# A service of a profile that is not active is described all the same. Older ones of Compose do not tell of those.
_GONE = """
active=$(compose config --services)
described=$(compose --profile '*' config --services 2>/dev/null || printf '%s\\n' "$active")
among() { printf '%s\\n' "$2" | grep -qxF "$1"; }
for service; do
  if among "$service" "$described" && ! among "$service" "$active"; then continue; fi
  for id in $(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service" \\
    --filter label=com.docker.compose.oneoff=False); do
    docker stop "$id" >/dev/null || :; docker rm -f "$id" >/dev/null
  done
  echo "$service has ended"
done
"""


def replace_first(site: Site, facts: Facts, folder: str, change: ServiceChanges, *, migrate: bool = True) -> list[Step]:
    """What comes before the app's own services: what they need runs as the release describes it, and the database is migrated.

    Without `migrate` the service that is counted as the migration is passed over, and others that run to their end may fail: those of
    an older release know nothing of a newer one's database.
    """
    last_up = max((number for number, turn in enumerate(change.before) if not turn.ends), default=-1)
    own = _own_migrations(site, facts, folder) if migrate else []
    waits = shared_steps.wait_for_database(site) if own or change.before or site.config.route else []
    steps_: list[Step] = []
    if last_up < 0:
        steps_ += [*waits, *own]
    for number, turn in enumerate(change.before):
        if not migrate and turn.services == (_migration(site, change),):
            continue
        steps_ += _turn(site, facts, folder, change, turn, "others", tolerated=not migrate)
        if number == last_up:
            steps_ += [*waits, *own]
    return _numbered(steps_)


def replace_last(site: Site, facts: Facts, folder: str, change: ServiceChanges) -> list[Step]:
    """What depends on the app's services follows once these are healthy."""
    return _numbered(
        [
            step
            for turn in change.after
            for step in _turn(site, facts, folder, change, turn, "dependents", tolerated=False)
        ]
    )


def remove_dropped(site: Site, facts: Facts, folder: str, change: ServiceChanges) -> list[Step]:
    """Services that the release in `folder` no longer has are ended."""
    if not change.gone:
        return []
    end = with_compose(site, facts.compose, folder, _GONE, *change.gone, says=f"end {', '.join(change.gone)}")
    return [Step(StepName.GONE, end, timeout=LONG_SECONDS)]


def _turn(
    site: Site, facts: Facts, folder: str, change: ServiceChanges, turn: ServiceTurn, name: str, *, tolerated: bool
) -> list[Step]:
    if turn.ends:
        return [_to_its_end(site, facts, folder, change, turn.services[0], tolerated=tolerated)]
    anew = ("--force-recreate",) if turn.anew else ()
    up = compose(site, facts.compose, folder, "up", "-d", "--no-build", "--no-deps", *anew, *turn.services)
    return [
        Step(titled(StepName.UP, before=name), up, timeout=LONG_SECONDS),
        Step(
            titled(StepName.HEALTHY, before=name),
            healthy(site, *turn.services),
            timeout=_seconds(site, len(turn.services)),
        ),
    ]


def _to_its_end(
    site: Site, facts: Facts, folder: str, change: ServiceChanges, service: str, *, tolerated: bool
) -> Step:
    words = (service, "yes" if tolerated else "")
    run = with_compose(site, facts.compose, folder, _TO_ITS_END, *words, says=f"run {service} to its end")
    return Step(
        StepName.MIGRATE if service == _migration(site, change) else titled(StepName.TO_ITS_END, before=service),
        run,
        timeout=LONG_SECONDS,
        migrates=True,
        writes=True,
    )


def _migration(site: Site, change: ServiceChanges) -> str:
    """Of the services of the app's image that run to their end, the one that is counted as the migration; empty for none."""
    own = [name for name in change.migrates if name in site.services] if site.config.migrate is None else []
    return next((name for name in own if "migrat" in name), own[0] if own else "")


def _own_migrations(site: Site, facts: Facts, folder: str) -> list[Step]:
    """The app's own command. Which revision the database has was asked beside its backup, where there was anything to back up."""
    asked = [] if shared_steps.has_data(site, facts) else shared_steps.ask_revision_before(site, facts, folder)
    return [*asked, *shared_steps.migrate(site, facts, folder)]


def _seconds(site: Site, services: int) -> float:
    return site.config.health.timeout * services + 60


def _numbered(found: list[Step]) -> list[Step]:
    """The steps, each with a name of its own."""
    seen: dict[str, int] = {}
    numbered = []
    for step in found:
        seen[step.name] = seen.get(step.name, 0) + 1
        numbered.append(replace(step, name=titled(step.name, after=seen[step.name])) if seen[step.name] > 1 else step)
    return numbered

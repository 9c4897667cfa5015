"""Blue-green: the new container beside the old one, proved without traffic, then switched by the router."""

from collections.abc import Sequence

from pipeline_defs.config.route import Route
from pipeline_defs.release.step_name import StepName, titled
from pipeline_defs.server.compose.compose_commands import compose, with_compose
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.shell_clock import NOW
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.health.container_health import answers, healthy
from pipeline_defs.server.router import router
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.live_container import LIVE
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.strategies import dependencies

# What a deployment that was killed has left beside the live container would be counted as one to keep. It may have served.
_LEAVE_LIVE = """
project=$1 service=$2 release=$3 digest=$4
keep=$(live "$project" "$service" "$release" "$digest")
for id in $(all "$project" "$service"); do [ "$id" = "$keep" ] || { docker stop -t 3 "$id" || true; docker rm -f "$id"; } >/dev/null; done
"""

_BESIDE = """
service=$1
count=$(all "$project" "$service" | wc -l)
compose up -d --no-build --no-deps --no-recreate --scale "$service=$((count + 1))" "$service"
"""

# One that runs as the release describes it is not made anew, unless it is unwell.
_IF_SAME = """
release=$2 digest=$3
id=$(live "$project" "$1" "$release" "$digest")
if [ -n "$id" ] && seen=$(docker inspect -f '{{.State.Running}}{{with .State.Health}} {{.Status}}{{end}}' "$id") &&
  [ "${seen%% *}" = true ] && [ "${seen#* }" != unhealthy ]; then echo "it runs as it is described"; exit 0; fi
"""

# First the older container gets another name: whoever comes after a death in here has to know that it is leaving. Then the router's
# connections to it come to an end, and it is told to end, too. The router has closed those without a request when it was told of the
# new one, and with its older configuration forgot its count of the rest; /proc/net/tcp knows them, an address's bytes backwards.
_DRAIN = (
    NOW
    + """
project=$1 service=$2 port=$3 seconds=$4 busy=$5
peers() {
  docker inspect -f '{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}' "$1" |
    awk -F. -v port="$port" 'NF == 4 { printf "%s%02X%02X%02X%02X:%04X", between, $4, $3, $2, $1, port; between = "|" }'
}
keep= end=$(($(now) + seconds * 1000))
docker ps -a --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service" \\
  --filter label=com.docker.compose.oneoff=False --format '{{.ID}} {{.State}} {{.Names}}' | while read -r id state name; do
  [ -n "$keep" ] || [ "$state" != running ] || { keep=$id; continue; }
  docker rename "$id" "leaving-$name"
  docker exec shipline-router sh -c "$busy" busy "$(peers "$id")" "$end" "requests at $name did not end within $seconds s" || :
  left=$(((end - $(now)) / 1000)); [ "$left" -gt 1 ] || left=1
  docker stop -t "$left" "$id" >/dev/null; docker rm -f "$id" >/dev/null; echo "$name has ended"
done
"""
)


_BUSY = (
    NOW
    + """
while grep -qE " ($1) 01 " /proc/net/tcp; do
  [ "$(now)" -lt "$2" ] || { echo "$3"; exit; }; sleep 0.1
done
"""
)


def begin(
    task: Task, facts: Facts, route: Route, folder: str, change: ServiceChanges, *, migrate: bool = True
) -> list[Step]:
    """The release runs beside the live one, migrated and healthy, and gets no requests."""
    site = task.site
    leave = leave_live(site, facts)
    return shared_steps.in_order(
        Step(StepName.LEFTOVERS, leave),
        dependencies.replace_first(site, facts, folder, change, migrate=migrate),
        Step(StepName.BESIDE, beside(site, facts, folder, change), undo=leave, timeout=LONG_SECONDS, writes=True),
        Step(StepName.HEALTHY, answers(site, route), timeout=site.config.health.timeout + 60),
    )


def beside(site: Site, facts: Facts, folder: str, change: ServiceChanges) -> Command:
    """Start one more container of the main service, unless it runs as it is described."""
    service = site.config.service
    same = facts.current if service in change.same and folder == facts.folder else None
    text, which = (LIVE + _IF_SAME + _BESIDE, (same.name, same.digest)) if same else (LIVE + _BESIDE, ())
    return with_compose(site, facts.compose, folder, text, service, *which, says=f"one more {service}")


def switch(task: Task, facts: Facts, route: Route, taken: list[Step]) -> list[Step]:
    """Requests go to the new container, seen from outside.

    `taken` are the steps by which the router gets its ports, if it waits for them.
    """
    site = task.site
    back = router.forget(site) if taken else router.point_back(site, route, facts.current)
    return shared_steps.in_order(
        Step(StepName.ROUTE, router.point(site, route), undo=back),
        Step(StepName.OUTSIDE, router.probe(route)),
        taken,
    )


def drain(site: Site, route: Route) -> list[Step]:
    """The older container ends when its requests have."""
    words = (site.project, site.config.service, str(site.config.port), str(route.drain_timeout), _BUSY)
    end = script(_DRAIN, *words, says=f"end the older {site.config.service} when its requests are done")
    return [Step(StepName.DRAIN, end, timeout=route.drain_timeout + 120)]


def bring_back(task: Task, facts: Facts, route: Route, change: ServiceChanges) -> list[Step]:
    """The release that `current` names serves, alone: routed to, and started if it does not run."""
    site, current, folder = task.site, facts.current, facts.folder
    assert current is not None and folder is not None
    words = (site.config.service, current.name, current.digest)
    started = with_compose(site, facts.compose, folder, f"{LIVE}{_IF_GONE}{_BESIDE}", *words, says="it runs")
    return shared_steps.in_order(
        Step(StepName.ROUTER, router.ready(site), timeout=LONG_SECONDS),
        dependencies.replace_first(site, facts, folder, change, migrate=False),
        Step(StepName.BESIDE, started, timeout=LONG_SECONDS, writes=True),
        Step(StepName.LIVE_HEALTHY, answers(site, route, current), timeout=site.config.health.timeout + 60),
        Step(StepName.ROUTE, router.point_back(site, route, current)),
        Step(StepName.LEFTOVERS, leave_live(site, facts)),
        rest(site, facts, folder, change),
        Step(StepName.OUTSIDE, router.probe(route)),
    )


_IF_GONE = """
[ -z "$(live "$project" "$1" "$2" "$3")" ] || { echo "it runs"; exit 0; }
"""


def rest(site: Site, facts: Facts, folder: str, change: ServiceChanges) -> list[Step]:
    """What follows once the new container serves: the app's services without a route, and what depends on any of them."""
    return shared_steps.in_order(
        dependencies.remove_dropped(site, facts, folder, change),
        also(site, facts, folder, [name for name in change.app if name != site.config.service]),
        dependencies.replace_last(site, facts, folder, change),
    )


def also(site: Site, facts: Facts, folder: str, names: Sequence[str]) -> list[Step]:
    """Services without a route, such as workers: replaced, since two of them at once may not be wanted."""
    graces = site.config.stop_graces
    if not names:
        return []

    def up(*words: str) -> Command:
        return compose(site, facts.compose, folder, "up", "-d", "--no-build", "--no-deps", *words)

    usual = [name for name in names if name not in graces]
    return shared_steps.in_order(
        [Step(StepName.ALSO_UP, up(*usual), timeout=LONG_SECONDS, writes=True)] if usual else [],
        [
            Step(
                titled(StepName.UP, before=name),
                up("--timeout", str(graces[name]), name),
                timeout=LONG_SECONDS,
                writes=True,
            )
            for name in names
            if name in graces
        ],
        Step(StepName.ALSO_HEALTHY, healthy(site, *names), timeout=site.config.health.timeout * len(names) + 60),
    )


def leave_live(site: Site, facts: Facts) -> Command:
    """Remove the containers of the main service beside the one of the release that `current` names."""
    name, digest = (facts.current.name, facts.current.digest) if facts.current else ("", "")
    words = (site.project, site.config.service, name or "none", digest or "none")
    return script(LIVE + _LEAVE_LIVE, *words, says=f"remove what is left beside the live {site.config.service}")

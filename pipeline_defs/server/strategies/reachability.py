"""Reachability: whether people reach what a deployment brought: the ports that its containers publish, and the environment's `url`.

Each is asked before anything is changed and once the release serves. What answered before has to answer again; of a first deployment
the main service's own port has to. So nothing fails for an address that could never be asked from here.
"""

from collections.abc import Mapping

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Task

# A port prints `service port answer`: the HTTP status, `open` for something else that answers, `silent` where the connection is ended
# without a word, as Docker's proxy does for a container in which nobody listens, `closed`. Nothing on a server without the programs.
_ASK = """
project=$1 tries=$2
ports() {
  for id in $(docker ps -q --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False); do
    docker inspect -f '{{$service := index .Config.Labels "com.docker.compose.service"}}{{range $port, $to := .NetworkSettings.Ports}}{{
      range $to}}{{$service}} {{$port}} {{.HostIp}} {{.HostPort}}{{println}}{{end}}{{end}}' "$id" 2>/dev/null
  done | awk '$2 ~ /\\/tcp$/ && $3 !~ /:/ && NF == 4 { sub("0.0.0.0", "127.0.0.1", $3); print $1, $4, $3 }' | sort -u
}
ask() { # address, port
  if command -v curl >/dev/null; then
    for scheme in http https; do
      code=$(curl -sk -o /dev/null -m 5 -w '%{http_code}' "$scheme://$1:$2/") && status=0 || status=$?
      case $status/$code in */000) ;; *) break ;; esac
    done
    case $status/$code in 7/*) echo closed ;; 35/000 | 52/000 | 56/000) echo silent ;; */000) echo open ;; *) echo "$code" ;; esac
  elif command -v wget >/dev/null; then
    said=$(wget -S -O /dev/null -T 5 -t 1 "http://$1:$2/" 2>&1) || :
    code=$(printf '%s\\n' "$said" | sed -n 's/^ *HTTP[^ ]* \\([0-9][0-9]*\\).*/\\1/p' | tail -n 1)
    case $code/$said in ?*/*) echo "$code" ;; *refused*) echo closed ;; *) echo open ;; esac
  elif command -v bash >/dev/null; then
    if timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; then echo open; else echo closed; fi
  fi
}
while :; do
  said=$(ports | while read -r service port address; do
    answer=$(ask "$address" "$port"); [ -z "$answer" ] || echo "$service $port $answer"; done)
  tries=$((tries - 1))
  case "$tries/$said" in [1-9]*/*" closed"* | [1-9]*/*" 50"[234]* | 4/*" silent"*) sleep 1 ;; *) break ;; esac
done
[ -z "$said" ] || printf '%s\\n' "$said"
"""

_TRIES = 5
_GATEWAY = ("502", "503", "504")
"""What a proxy answers that does not reach what is behind it."""

Answers = Mapping[tuple[str, str], str]
"""The answer by service and port."""


def note_reachability(task: Task) -> list[Step]:
    """Ask before anything is changed; the answers are kept with the task."""
    if task.site.config.route:
        return []

    def remember(said: str) -> Mapping[str, str]:
        task.outside.update(read_answers(said))
        return {}

    return [Step(StepName.OUTSIDE_BEFORE, _ask(task.site, 1), learn=remember)]


def check_reachability(task: Task) -> list[Step]:
    """Ask once the release serves, before it is what the environment runs. Behind a route the router was asked already."""
    site = task.site
    if site.config.route and task.reaches is None:
        return []
    asks = script(":", says="the router was asked") if site.config.route else _ask(site, _TRIES)

    def refuse(said: str) -> str | None:
        wrong = unreached(site.config.service, task.outside, read_answers(said))
        return wrong or (task.reaches() if task.reaches else None)

    return [Step(StepName.REACHED, asks, check=refuse)]


def unreached(main: str, before: Answers, now: Answers) -> str | None:
    """Why people do not reach what serves, in a sentence; None where they do, or nobody can tell."""
    for (service, port), answer in now.items():
        known = before.get((service, port))
        if answer == "closed" and (_answered(known) or (known is None and service == main)):
            return (
                f"{service} publishes port {port}, and the server itself does not reach it there; see whether the app listens on 0.0.0.0, "
                "and what its firewall does with published ports"
            )
        if answer == "silent" and _answered(known):
            return f"{service} answered {known} on port {port} before, and nobody answers there now; see whether it listens on 0.0.0.0"
        if answer in _GATEWAY and _answered(known):
            return (
                f"{service} answers {answer} on port {port}, and answered {known} before: it does not reach the new containers; see "
                "whether the new release listens on 0.0.0.0, and whether the proxy looks up its address anew"
            )
        if answer in ("502", "504") and known is None and service != main:
            return f"{service} answers {answer} on port {port}: it does not reach {main}; see whether that listens on 0.0.0.0"
    return None


def read_answers(said: str) -> dict[tuple[str, str], str]:
    """The answers from the lines of a look."""
    words = (line.split() for line in said.splitlines())
    return {(each[0], each[1]): each[2] for each in words if len(each) == 3}


def _answered(answer: str | None) -> bool:
    return answer is not None and answer not in ("closed", "silent", *_GATEWAY)


def _ask(site: Site, tries: int) -> Command:
    return script(_ASK, site.project, str(tries), says=f"who answers on the ports that {site.environment} publishes?")

"""Caddy: the router's configuration, put together from a file for each app's route.

https://caddyserver.com/docs/json/apps/http/
"""

import json
from typing import Any

from pipeline_defs.config.route import Route
from pipeline_defs.config.secret import Secret
from pipeline_defs.server.core.site import Site

CHECKS = "127.0.0.1:2020"
"""Where the router answers itself alone, without certificates: for looking through it from outside of the app."""

PASSWORD_HASH = "PASSWORD_HASH"
"""Stands in the lines of an app for the hash of its password."""

# In the router's container: the old configuration stays when the new one is refused. Every program that is started delays the switch,
# so the shell does what it can itself; each file is one line without an end. Routes for every host name come last: the
# first that matches is taken. Of an app in maintenance the page comes before what passes its requests on.
_BEGIN = """
project=$1 hosts=$2 checks=$3
cd /router; exec 9>lock; flock 9
kinds="plain secure inner pem named secure_named logs" kept="$kinds hosts closed"; mkdir -p $kept old
refuse() { echo "$1" >&2; exit 1; }
keep() { rm -rf old; mkdir old; cp -R $kept old; }
"""
_LOAD = """
content() { IFS= read -r text <"$1" || :; }
all() { comma=; for file in "$1"/*; do [ ! -f "$file" ] || { content "$file"; printf '%s%s' "$comma" "$text"; comma=,; }; done; }
routes() {
  comma= handle='"handle":['
  for file in "$1"/*; do
    [ -f "$file" ] || continue
    content "$file"; route=$text page=closed/${file#*/[12]-}
    [ ! -f "$page" ] || { content "$page"; route=${route%%"$handle"*}$handle$text,${route#*"$handle"}; }
    printf '%s%s' "$comma" "$route"; comma=,
  done
}
logged() {
  names=$(all "$1") other=nobody
  for file in "$1"/2-*; do [ ! -f "$file" ] || other=${file#*/2-}; done
  [ -z "$names" ] || printf ',"logs":{"default_logger_name":"%s","logger_names":{%s}}' "$other" "$names"
}
{
  logs=$(all logs)
  printf '{"admin":{"listen":"localhost:2019"},"logging":{"logs":{"default":{"exclude":["http.log.access"]}%s}}' "${logs:+,$logs}"
  printf ',"apps":{"http":{"servers":{"plain":{"listen":[":80"],"routes":[%s]%s}' "$(routes plain)" "$(logged named)"
  printf ',"inner":{"listen":["%s"],"automatic_https":{"disable":true},"routes":[%s]}' "$checks" "$(all inner)"
  secure=$(routes secure)
  [ -z "$secure" ] || printf ',"secure":{"listen":[":443"],"automatic_https":{"disable_redirects":true},"routes":[%s]%s}' "$secure" \\
    "$(logged secure_named)"
  printf '}},"tls":{"certificates":{"load_pem":[%s]}}}}' "$(all pem)"
} >config.new
load() {  # wget starts ten times as fast as caddy, which says why it refuses; a proxy that Docker is told of must not see the keys
  http_proxy= wget -q -t 1 -T 60 -O /dev/null --header 'Content-Type: application/json' --post-file config.new \\
    http://localhost:2019/load 2>/dev/null ||
    caddy reload --config config.new --address localhost:2019 2>&1
}
said=$(load) || {
  for kind in $kept; do rm -rf "$kind"; mv "old/$kind" "$kind"; done
  refuse "the router refuses the route: $(printf '%s\\n' "$said" | tail -n 1)"; }
files=; for kind in $kept; do for file in "$kind"/*; do [ ! -f "$file" ] || files="$files $file"; done; done
sync config.new $files $kept 2>/dev/null || sync  # and not all that this server's programs have written
mv config.new config.json; sync . 2>/dev/null || sync
"""

# Standard input: the app's lines, one a kind. Before 2.7 Caddy knows no delay for streams.
APPLY = (
    _BEGIN
    + """
for file in hosts/*; do
  [ -f "$file" ] && [ "$file" != "hosts/$project" ] || continue
  while IFS= read -r taken; do
    for host in ${hosts:-every.other}; do
      [ "$host" != "$taken" ] || refuse "the host name $host is taken on this server, by ${file#hosts/}"
    done
  done <"$file"
done
keep
rank=1; [ -n "$hosts" ] || rank=2
before=; for kind in $kinds; do before="$before $kind/1-$project $kind/2-$project"; done
rm -f $before
version=$(cat version 2>/dev/null) || version=$(caddy version) # kept by a router of our newer ones as it starts
for kind in $kinds; do
  IFS= read -r line || line=
  [ -n "$line" ] || continue
  case ${version#v} in 2.[0-6].*) line=$(printf '%s' "$line" | sed 's/"stream_close_delay":"[0-9]*s",//g') ;; esac
  printf '%s' "$line" >"$kind/$rank-$project"
done
if [ -e "plain/$rank-$project" ]; then printf '%s\\n' ${hosts:-every.other} >"hosts/$project"; else rm -f "hosts/$project"; fi
"""
    + _LOAD
    + """
[ ! -e "closed/$project" ] || echo "maintenance is on: people get its page until somebody turns it off with shipline maintenance off"
"""
)

# Standard input: the handler that answers instead of the app, or an empty line.
CLOSE = (
    _BEGIN
    + """
keep
IFS= read -r line || line=
if [ -z "$line" ]; then rm -f "closed/$project"
elif [ -e "hosts/$project" ]; then printf '%s' "$line" >"closed/$project"
else refuse "the router passes nothing on to $project yet; deploy it first"; fi
"""
    + _LOAD
)


def certificate(route: Route) -> Secret | None:
    """The app's own certificate as the router takes it. Raises SecretUnavailable."""
    own = route.certificate
    if own is None:
        return None
    pem = {"certificate": own.certificate.read().reveal(), "key": own.key.read().reveal()}
    return Secret(json.dumps(pem, separators=(",", ":")))


def lines(site: Site, route: Route, pem: Secret | None, user: str = "") -> Secret:
    """The app's parts of the configuration, a line each: routes without TLS, with it, and for looking; a certificate; by which
    names its requests are logged, without TLS and with it, and how. Lines that say nothing are empty.

    With `user` people have to log in; what stands for the password's hash is PASSWORD_HASH.
    """
    match = [{"host": list(route.hosts)}] if route.hosts else None
    inner = _route(match, _proxy(route))
    proxy = _route(match, _log_in(user), _without_log_in(_proxy(route))) if user else inner
    plain = _route(match, _redirect(site)) if route.tls else proxy
    log = _log(site) if site.config.watched.seconds else None
    names = dict.fromkeys(route.hosts or ("every.other",), site.project) if log else None
    parts = [
        _line(plain),
        _line(proxy) if route.tls else "",
        _line(inner),
        pem.reveal() if pem else "",
        "" if route.tls else _line(names)[1:-1],
        _line(names)[1:-1] if route.tls else "",
        _line({site.project: log} if log else None)[1:-1],
    ]
    return Secret("".join(f"{line}\n" for line in parts))


def requests_of(site: Site) -> str:
    """Where the router logs the app's requests, while it is watched: time, seconds, bytes and status of each, and nothing else."""
    return f"/router/requests/{site.project}.log"


def _log(site: Site) -> dict[str, Any]:
    without = {key: {"filter": "delete"} for key in ("request", "user_id", "resp_headers")}
    return {
        "include": [f"http.log.access.{site.project}"],
        "writer": {
            "output": "file",
            "filename": requests_of(site),
            "roll_size_mb": 16,
            "roll_keep": 1,
            "roll_gzip": False,
        },
        "encoder": {"format": "filter", "wrap": {"format": "json"}, "fields": without},
    }


def _line(part: Any) -> str:
    return json.dumps(part, separators=(",", ":")) if part else ""


def _route(match: Any, *handlers: dict[str, Any]) -> dict[str, Any]:
    return {**({"match": match} if match else {}), "handle": list(handlers), "terminal": True}


def _log_in(user: str) -> dict[str, Any]:
    """HTTP basic authentication. A hash takes half a second to compare, so what was right is kept in memory."""
    account = {"username": user, "password": PASSWORD_HASH}
    basic = {"accounts": [account], "hash": {"algorithm": "bcrypt"}, "hash_cache": {}, "realm": "preview"}
    return {"handler": "authentication", "providers": {"http_basic": basic}}


def _without_log_in(proxy: dict[str, Any]) -> dict[str, Any]:
    """The app does not see what people log in to the router with."""
    return {**proxy, "headers": {"request": {"delete": ["Authorization"]}}}


_KEEP_ALIVE = {"idle_timeout": "100ms", "probe_interval": "30s", "max_idle_conns_per_host": 32}
"""Of the router's connections to an app: Caddy's own settings but for the first. A busy app's are used again long before that."""


def _proxy(route: Route) -> dict[str, Any]:
    return {
        "handler": "reverse_proxy",
        "stream_close_delay": f"{route.drain_timeout}s",
        # One that was busy at the switch would stay for two minutes after its request, and drain waits for it.
        "transport": {"protocol": "http", "keep_alive": _KEEP_ALIVE},
        "upstreams": [{"dial": "UPSTREAM"}],
        "load_balancing": {"try_duration": "5s", "try_interval": "100ms"},
    }


def _redirect(site: Site) -> dict[str, Any]:
    https = site.config.host.router.https
    port = "" if https == 443 else f":{https}"
    location = f"https://{{http.request.host}}{port}{{http.request.uri}}"
    return {"handler": "static_response", "status_code": 308, "headers": {"Location": [location]}}

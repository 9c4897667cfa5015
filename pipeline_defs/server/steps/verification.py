"""Verification: tests inside the running container, and end-to-end tests from beside it."""

from collections.abc import Mapping, Sequence

from pipeline_defs.config.pinned_images import pinned
from pipeline_defs.config.testing import E2E, Test
from pipeline_defs.release.empty_test_run import ran_nothing
from pipeline_defs.release.evidence import NOTHING_RAN, TestCounts
from pipeline_defs.release.records import Release
from pipeline_defs.server.compose.bundle import REHEARSAL_SHARES
from pipeline_defs.server.compose.compose_commands import FIND, NOBODYS
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.steps.e2e_addresses import given_variables

NEWMAN = "postman/newman:6"

_TEST = (
    FIND
    + """
project=$1 service=$2 junit=$3 results=$4; shift 4
need "$project" "$service"
mkdir -p "$(dirname "$results")"
[ -z "$junit" ] || docker exec "$id" rm -f "$junit"
status=0; docker exec "$id" "$@" || status=$?
[ -z "$junit" ] || docker exec "$id" cat "$junit" >"$results" 2>/dev/null || rm -f "$results"
exit $status
"""
)


def test(site: Site, tests: Test, results: str) -> Command:
    """Run the app's tests inside the running container; their JUnit results are copied to `results` on the server."""
    words = (site.project, site.config.service, tests.junit or "", results, *tests.command)
    return script(_TEST, *words, says=f"in {site.config.service}: {' '.join(tests.command)}")


# The tests' container shares the app's network and nothing else. Names in `blocked` lead nowhere, whoever asks for them: the container
# has a hosts file of its own, which goes before every name server. `keep` are the words that follow the options for that.
_APART = (
    FIND
    + """
prepare() {
  need "$project" "$service"
  docker image inspect "$image" >/dev/null 2>&1 || docker pull "$image" >&2
  mkdir -p "$(dirname "$results")"; rm -f "$results"
  held=$(mktemp -d); trap 'rm -rf "$held"' EXIT
  mkdir "$held/in" "$held/out"; chmod 755 "$held" "$held/in"; chmod 777 "$held/out"
  docker cp -q "$id:/etc/hosts" "$held/hosts" >/dev/null 2>&1 || echo "127.0.0.1 localhost" >"$held/hosts"
  for name in $blocked; do echo "255.255.255.255 $name"; done >>"$held/hosts"; chmod 644 "$held/hosts"
}
beside() {
  if [ -n "$blocked" ]; then set -- -v "$held/hosts:/etc/hosts:ro" "$@"; fi
  docker run --rm """
    + NOBODYS
    + """ --label "shipline.project=$project" --cpu-shares "$shares" --network "container:$id" --cap-drop ALL \\
    --security-opt no-new-privileges --pids-limit 1024 -v "$held/out:/results" "$@"
}
"""
)

_E2E = (
    _APART
    + """
project=$1 service=$2 results=$3 shares=$4 image=$5 blocked=$6 folder=$7 collection=$8 files=$9; shift 9
prepare
while [ "$files" -gt 0 ]; do
  [ -f "$folder/$1" ] || { echo "the release has no $1" >&2; exit 1; }
  mkdir -p "$held/in/$(dirname "$1")"; cp "$folder/$1" "$held/in/$1"; shift; files=$((files - 1))
done
chmod -R a+rX "$held/in"
status=0
beside --user 65534:65534 --read-only --tmpfs /tmp -e HOME=/tmp -v "$held/in:/etc/newman:ro" "$image" \\
  run "/etc/newman/$collection" --reporters cli,junit --reporter-junit-export /results/e2e.xml --color off --disable-unicode \\
  --timeout-request 15000 "$@" || status=$?
[ ! -f "$held/out/e2e.xml" ] || cp "$held/out/e2e.xml" "$results"
exit $status
"""
)


_COMMAND = (
    _APART
    + """
project=$1 service=$2 results=$3 shares=$4 image=$5 blocked=$6 junit=$7; shift 7
prepare
case $(docker image inspect -f '{{.Config.User}}' "$image") in
  '' | root | root:* | 0 | 0:*) set -- --user 65534:65534 -e HOME=/tmp "$@" ;;
esac
status=0
beside -e RESULTS=/results "$@" || status=$?
[ -z "$junit" ] || [ ! -f "$held/out/$junit" ] || cp "$held/out/$junit" "$results"
exit $status
"""
)


def image_of(tests: E2E, release: Release) -> str:
    """The image that end-to-end tests run in: a command's is the release's own, of several the first."""
    return pinned(tests.image or (NEWMAN if tests.collection else release.references[0]))


def e2e(
    site: Site,
    tests: E2E,
    release: Release,
    folder: str,
    results: str,
    *,
    files: Sequence[str] = (),
    blocked: Sequence[str] = (),
) -> Command:
    """Run end-to-end tests in the container's own network; they need no port that is open to anybody else.

    A collection sees `base_url`, `expected_version` and `expected_commit` besides its own variables, a command the same in capitals.
    The tests' container has no capabilities, is not root, and gets no more of the release than collection, environment and `files`.
    The names in `blocked` lead nowhere in it.
    """
    shares = str(
        REHEARSAL_SHARES if site.config.rehearses else 0
    )  # of processor time; 0 is what a container has by itself
    fixed = (site.project, site.config.service, results, shares, image_of(tests, release), " ".join(blocked))
    given = given_variables(site, tests, release)
    if tests.command is not None:
        return _command(tests, tests.command, release, given, fixed)
    assert tests.collection is not None
    words = [word for name, value in given.items() for word in ("--env-var", f"{name}={value}")]
    if tests.environment:
        words = ["--environment", f"/etc/newman/{tests.environment}", *words]
    needed = dict.fromkeys([tests.collection, *([tests.environment] if tests.environment else []), *files])
    return script(
        _E2E, *fixed, folder, tests.collection, str(len(needed)), *needed, *words, says=f"newman run {tests.collection}"
    )


def _command(
    tests: E2E, words: tuple[str, ...], release: Release, given: Mapping[str, str], fixed: tuple[str, ...]
) -> Command:
    ours = {name.upper(): value for name, value in given.items() if name not in tests.variables}
    options = [word for name, value in {**ours, **tests.variables}.items() for word in ("-e", f"{name}={value}")]
    program = ["--entrypoint", words[0], image_of(tests, release), *words[1:]]
    return script(_COMMAND, *fixed, tests.junit or "", *options, *program, says=f"end to end: {' '.join(words)}")


def judged(counts: TestCounts | None, said: str, tests: Test | E2E) -> str | None:
    """Why tests that ended with status 0 prove nothing; None where they do. Only results that somebody asked for may not be missing."""
    if counts is not None:
        return counts.refusal(allow_empty=tests.allow_empty)
    if tests.allow_empty:
        return None
    wanted = "junit" in tests.model_fields_set or (isinstance(tests, E2E) and tests.collection is not None)
    if wanted and tests.junit is not None:
        return f"they ended well and left no results in {tests.junit}; write them there, or set junit: null"
    return NOTHING_RAN if ran_nothing(said) else None

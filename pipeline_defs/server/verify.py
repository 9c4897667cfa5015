"""Verification: tests inside the running container, and end-to-end tests from beside it."""

from collections.abc import Mapping

from pipeline_defs.config.testing import E2E, Test
from pipeline_defs.release.records import Release
from pipeline_defs.server.bundle import REHEARSAL_SHARES
from pipeline_defs.server.command import Command, script
from pipeline_defs.server.compose import FIND
from pipeline_defs.server.site import Site

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


_E2E = (
    FIND
    + """
project=$1 service=$2 folder=$3 results=$4 shares=$5 image=$6 collection=$7; shift 7
need "$project" "$service"
[ -f "$folder/$collection" ] || { echo "the release has no $collection" >&2; exit 1; }
mkdir -p "$(dirname "$results")"; rm -f "$results"; out=$(mktemp -d); trap 'rm -rf "$out"' EXIT
status=0
docker run --rm --label "shipline.project=$project" --cpu-shares "$shares" --network "container:$id" --user 0:0 \
  -v "$folder:/etc/newman:ro" -v "$out:/results" "$image" \
  run "/etc/newman/$collection" --reporters cli,junit --reporter-junit-export /results/e2e.xml --color off --disable-unicode \
  --timeout-request 15000 "$@" || status=$?
[ ! -f "$out/e2e.xml" ] || cp "$out/e2e.xml" "$results"
exit $status
"""
)


_COMMAND = (
    FIND
    + """
project=$1 service=$2 results=$3 shares=$4 junit=$5; shift 5
need "$project" "$service"
mkdir -p "$(dirname "$results")"; rm -f "$results"; out=$(mktemp -d); chmod 777 "$out"; trap 'rm -rf "$out"' EXIT
status=0
docker run --rm --label "shipline.project=$project" --cpu-shares "$shares" --network "container:$id" \
  -v "$out:/results" -e RESULTS=/results "$@" || status=$?
[ -z "$junit" ] || [ ! -f "$out/$junit" ] || cp "$out/$junit" "$results"
exit $status
"""
)


def e2e(site: Site, tests: E2E, release: Release, folder: str, results: str) -> Command:
    """Run end-to-end tests in the container's own network; they need no port that is open to anybody else.

    A collection sees `base_url`, `expected_version` and `expected_commit` besides its own variables, a command the same in capitals.
    """
    variables = {
        "base_url": tests.base_url or f"http://127.0.0.1:{site.config.port}",
        "expected_version": release.version,
        "expected_commit": release.commit,
    }
    if tests.command is not None:
        return _command(
            site, tests, tests.command, release, {name.upper(): value for name, value in variables.items()}, results
        )
    assert tests.collection is not None
    given = {**variables, **tests.variables}
    words = [word for name, value in given.items() for word in ("--env-var", f"{name}={value}")]
    if tests.environment:
        words = ["--environment", f"/etc/newman/{tests.environment}", *words]
    fixed = (site.project, site.config.service, folder, results, _shares(site), tests.image or NEWMAN, tests.collection)
    return script(_E2E, *fixed, *words, says=f"newman run {tests.collection}")


def _command(
    site: Site, tests: E2E, words: tuple[str, ...], release: Release, variables: Mapping[str, str], results: str
) -> Command:
    given = {**variables, **tests.variables}
    options = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
    program = ["--entrypoint", words[0], tests.image or release.reference, *words[1:]]
    fixed = (site.project, site.config.service, results, _shares(site), tests.junit or "")
    return script(_COMMAND, *fixed, *options, *program, says=f"end to end: {' '.join(words)}")


def _shares(site: Site) -> str:
    """Of processor time; 0 is what a container has by itself."""
    return str(REHEARSAL_SHARES if site.config.rehearses else 0)

"""The pictures of the documentation, taken from a finished demo: `python -m docs.screenshots`.

Run `make demo ONCE=1` before. It needs Chromium on the PATH (Debian: apt-get install chromium fonts-dejavu-core) and installs
nothing. The demo's home is copied and a Shipline of its own is started on the copy, so nothing of the demo is changed.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from docs.browser import find_browser, page_of
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.web_token import read_token, with_token

IMAGES = PROJECT / "docs" / "images"
DEMO = PROJECT / ".shipline" / "demo"
COPY = PROJECT / ".shipline" / "shots"
SHIPLINE = PROJECT / ".venv" / "bin" / "shipline"
REPOSITORY = "https://git.example.org/acme/shop.git"
"""What the pictures show as the app's repository, instead of a path of the machine they were taken on."""

_HEIGHT = 900  # of a page that is not in a picture


def main() -> int:
    """Take all pictures. Status 0, or 1 with a sentence about what is missing."""
    browser = find_browser()
    if browser is None:
        return _fail("there is no Chromium here; on Debian: apt-get install chromium fonts-dejavu-core")
    if not DEMO.is_dir():
        return _fail("there is no finished demo; run: make demo ONCE=1")
    IMAGES.mkdir(exist_ok=True)
    try:
        with shipline_on_a_copy() as url, page_of(browser, COPY / "browser") as page:
            page.show(with_token(url, _token()), _HEIGHT, "Runs")
            for name, (address, height, shown, expected) in pictures(url).items():
                page.show(f"{url}{address}", height, expected)
                file = IMAGES / f"{name}.png"
                file.write_bytes(page.picture(shown))
                print(f"{file.relative_to(PROJECT)}: {file.stat().st_size // 1000} kB")
    except subprocess.CalledProcessError:  # it has said why
        return _fail("Shipline does not start on a copy of the demo's home")
    return 0


def pictures(url: str) -> dict[str, tuple[str, int, int, str]]:
    """The pictures by name: address, the page's height, how much of it is shown, and a text that is there once the page is."""
    deployed = _run_of(url, "shop_deploy", "SUCCESS")
    failed = _run_of(url, "shop_deploy", "FAILURE")
    # The runs' logs are filtered by a word: the rest of their lines names paths of this machine.
    return {
        "lineage": ("/locations/__repository__@shipline/asset-groups/shop/lineage", 520, 460, "Unsynced"),
        "job": ("/locations/__repository__@shipline/jobs/shop_deploy", 900, 860, "shop_production"),
        "runs": ("/runs", 740, 740, "shop_integrate"),
        "deployment": (f"/runs/{deployed}?logs=done in", 900, 900, "switch: done"),
        "failed": (f"/runs/{failed}?logs=e2e", 900, 530, "e2e"),
        "production": ("/assets/shop_production?view=events", 1120, 1120, "Materialized in run"),
        "automation": ("/automation", 520, 430, "shop_github"),
    }


@contextmanager
def shipline_on_a_copy() -> Iterator[str]:
    """A Shipline on a copy of the demo's home; gives its address. It is ended and the copy removed when the block ends."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(DEMO, COPY, symlinks=True)
    (COPY / "service.json").unlink(missing_ok=True)
    git = COPY / "gitconfig"
    git.write_text(f'[url "{COPY / "git" / "shop.git"}"]\n  insteadOf = {REPOSITORY}\n')
    variables = {**os.environ, "SHIPLINE_HOME": str(COPY), "SHOP_REPOSITORY": REPOSITORY, "GIT_CONFIG_GLOBAL": str(git)}
    try:
        subprocess.run([SHIPLINE, "up", "--detach"], env=variables, check=True, stdout=subprocess.DEVNULL)
        yield json.loads((COPY / "service.json").read_text())["url"]
    finally:
        subprocess.run([SHIPLINE, "down"], env=variables, check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(COPY, ignore_errors=True)


def _run_of(url: str, job: str, status: str) -> str:
    """The newest run of a job that ended so."""
    query = (
        "query($filter: RunsFilter) { runsOrError(filter: $filter, limit: 1) { ... on Runs { results { runId } } } }"
    )
    variables = {"filter": {"pipelineName": job, "statuses": [status]}}
    headers = {"Authorization": f"Bearer {_token()}"}
    answer = requests.post(
        f"{url}/graphql", json={"query": query, "variables": variables}, headers=headers, timeout=30
    ).json()
    return str(answer["data"]["runsOrError"]["results"][0]["runId"])


def _token() -> str:
    return read_token(COPY / "token")


def _fail(sentence: str) -> int:
    print(f"screenshots: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""The sample app as it is shipped to be killed: every step there can be, each as quick as it can be."""

import secrets
from dataclasses import replace

from pipeline_defs.config.database import Sanitize
from pipeline_defs.config.testing import E2E, Test
from pipeline_defs.release.records import Release
from pipeline_defs.server.core.task import Task
from tests.support.shop import SOURCE, Shop

_READ = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/products?limit=5', timeout=5)"
_SANITIZE = "ops/sanitize.sql"
_TEST = """
import sys
from pathlib import Path
fails = Path("tests/test_moon.py").exists()
found = '<failure message="wrong house"/>' if fails else ""
case = f'<testcase classname="quick" name="moon" time="0.1">{found}</testcase>'
Path("/tmp/shipline-junit.xml").write_text(f"<testsuite>{case}</testsuite>")
sys.exit(fails)
"""
_LOOK = """
import json, os, sys, urllib.request
from xml.sax.saxutils import quoteattr
def asked(path):
    with urllib.request.urlopen(os.environ["BASE_URL"] + path, timeout=10) as answer:
        return json.load(answer)
payments = os.environ["PAYMENTS"]
tests = {"products are listed": lambda: asked("/products?limit=5"),
         f"payments are {payments}": lambda: asked("/about")["payments"] == payments or sys.exit("they are not")}
failed, said = 0, ""
for name, test in tests.items():
    try:
        test()
        found = ""
    except (OSError, SystemExit) as error:
        failed, found = 1, f"<failure message={quoteattr(str(error))}/>"
    said += f"<testcase classname='quick' name={quoteattr(name)} time='0.1'>{found}</testcase>"
with open(os.environ["RESULTS"] + "/e2e.xml", "w") as results:
    results.write(f"<testsuite>{said}</testsuite>")
sys.exit(failed)
"""
_PAYMENTS = {"staging": "test", "production": "live"}
_FILES = {
    "staging.yml": (SOURCE / "staging.yml").read_text().replace("interval: 2s", "interval: 1s"),
    _SANITIZE: "update customers set email = 'customer-' || id || '@example.org';\n",
}


def quick(shop: Shop, environment: str) -> Shop:
    """With a test that only imports, an end-to-end test that only reads, and in staging a file that sanitizes."""
    staging = {"sanitize": Sanitize(sql=_SANITIZE)} if environment == "staging" else {}
    return shop.changed(
        environment,
        test=Test(command=("python", "-c", "import shop.main"), junit=None),
        e2e=(E2E(command=("python", "-c", _READ), junit=None),),
        **staging,
    )


def quickly_tested(shop: Shop) -> Shop:
    """With an end-to-end test that looks at products and payments, without Newman, and a test that only looks for a file.

    Where the app has `tests/test_moon.py` that test fails.
    """
    for name, payments in _PAYMENTS.items():
        look = E2E(command=("python", "-c", _LOOK), variables={"PAYMENTS": payments})
        shop = shop.changed(name, test=Test(command=("python", "-c", _TEST)), e2e=(look,))
    return shop


def rehearsal(shop: Shop, release: Release) -> Task:
    """The rehearsal of a release in a quick shop, by a run of its own."""
    made = shop.task("staging", release, run=f"run-{secrets.token_hex(4)}", files=_FILES)
    return replace(made, files_at=lambda _commit: made.files)

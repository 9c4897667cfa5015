"""The sample app as it is shipped to be killed: every step there can be, each as quick as it can be."""

import secrets
from dataclasses import replace

from pipeline_defs.config.database import Sanitize
from pipeline_defs.config.testing import E2E, Test
from pipeline_defs.release.records import Release
from pipeline_defs.server.task import Task
from tests.support.shop import SOURCE, Shop

_READ = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/products?limit=5', timeout=5)"
_SANITIZE = "ops/sanitize.sql"
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


def rehearsal(shop: Shop, release: Release) -> Task:
    """The rehearsal of a release in a quick shop, by a run of its own."""
    made = shop.task("staging", release, run=f"run-{secrets.token_hex(4)}", files=_FILES)
    return replace(made, files_at=lambda _commit: made.files)

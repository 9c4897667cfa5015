"""Files of a commit that must not reach production, beside an image that is as good as any."""

from collections.abc import Callable

from pipeline_defs.config.database import Sanitize
from pipeline_defs.release.records import Release
from pipeline_defs.server.core.task import Task
from tests.support.shop import SOURCE, Shop, edited

_VOLUMES = "volumes:\n  db-data:\n"
_WEB = "  web:\n"
_EDITS = {
    "volume": (_VOLUMES, f"{_VOLUMES}    name: shop-production_db-data\n    external: true\n"),
    "network": (_VOLUMES, f"{_VOLUMES}networks:\n  default:\n    name: shop-production_default\n    external: true\n"),
    "container name": (_WEB, f"{_WEB}    container_name: shop-production-web-1\n"),
    "port": ("8081", "8080"),
}


def sanitize_fails(shop: Shop) -> Task:
    """It overwrites a column that is not there."""
    files = {"ops/sanitize.sql": "update customers set phone = null;\n"}
    return shop.changed("staging", sanitize=Sanitize(sql="ops/sanitize.sql")).task("staging", good(shop), files=files)


def shares(what: str) -> Callable[[Shop], Task]:
    """A compose file of staging that names production's volume, network, container name or port."""

    def make(shop: Shop) -> Task:
        text = edited((SOURCE / "staging.yml").read_text(), ("staging.yml", *_EDITS[what]))
        return shop.task("staging", good(shop), files={"staging.yml": text})

    return make


def good(shop: Shop) -> Release:
    """A release that nothing is wrong with."""
    return shop.release("2.0.0", ("shop/main.py", 'title="Shop"', 'title="The shop"'))

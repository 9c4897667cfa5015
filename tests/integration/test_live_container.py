"""Which container is that of a release, on a real Engine."""

from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.live_container import LIVE
from tests.integration.containers import bare_place, start
from tests.support.shop import Shop

DIGEST = f"sha256:{'a' * 64}"


def found(server: Connection, site: Site, release: str) -> bool:
    """Whether a container is taken for that of a release of this digest."""
    asked = script(LIVE + 'live "$@"', site.project, "web", release, DIGEST)
    return bool(server.run(asked, timeout=60).stdout.strip())


def test_a_container_of_another_configuration_of_the_same_image_is_not_taken_for_the_release(sample: Shop) -> None:
    with bare_place(sample) as (server, site):
        digest = ("--label", f"shipline.digest={DIGEST}")
        start(server, "sleep 600", *digest, "--label", "shipline.release=1.0.0-a-new")
        assert (found(server, site, "1.0.0-a-new"), found(server, site, "1.0.0-a-old")) == (True, False)
        start(server, "sleep 600", *digest)  # from before releases were named on containers
        assert found(server, site, "1.0.0-a-old")
        server.run(script("docker rename shop-production-web leaving-web"), timeout=60)
        assert not found(server, site, "1.0.0-a-old")

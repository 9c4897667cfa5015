"""Deployments in hard times: the server is restarted under one, the connection is cut."""

import threading
from dataclasses import replace

import pytest

from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import Command, Listener, Result
from pipeline_defs.server.state.facts import gather_facts
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.procedures import images, production
from tests.support.shop import Shop

pytestmark = pytest.mark.small_app


class Doing:
    """The real server; as soon as a step begins, something is done to it."""

    def __init__(self, server: Connection, step: str, what: object) -> None:
        self.server, self.step, self.what = server, step, what

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""

        def hear(line: str) -> None:
            if line.endswith(f" begin {self.step}"):
                self.step = "\0"
                threading.Thread(target=self.what, daemon=True).start()  # type: ignore[arg-type]
            if listen:
                listen(line)

        return self.server.run(command, timeout=timeout, listen=hear)


@pytest.mark.thorough
def test_after_a_restart_of_the_server_amid_a_deployment_the_release_before_serves_again(
    live: Shop, server: Connection, second: Release
) -> None:
    machine = live.bed.servers[0]
    quick = live.bare()
    restarted = threading.Event()

    def restart() -> None:
        machine.kill()
        machine.start()
        restarted.set()

    task = quick.task("production", second, run="under which it was restarted")
    with machine.stored():
        report = deploy(task, Doing(server, "healthy", restart))
        assert restarted.wait(120)
    assert report.error and "lost" in report.error
    recovered = rollback(quick.task("production", None, run="recovery"), server)
    assert recovered.error is None and recovered.live and recovered.live.version == "1.0.0"
    assert live.health()["version"] == "1.0.0"
    facts = gather_facts(production(live), server)
    assert facts.current and facts.running == facts.current.reference
    assert images(server, "shop-production") == {facts.current.reference, "postgres:15"}


def test_a_connection_that_is_cut_amid_a_deployment_is_made_good(
    live: Shop, server: Connection, second: Release
) -> None:
    quick = live.bare()
    cut = Doing(server, "start", server.close)
    report = deploy(quick.task("production", second, run="cut off"), cut)
    assert report.error and "the connection to" in report.error and "was lost" in report.error
    recovered = rollback(replace(quick.task("production", None), run="recovery"), server)
    assert recovered.error is None and recovered.live and recovered.live.version == "1.0.0"
    assert live.health()["version"] == "1.0.0"

"""Service changes: which services are replaced, in which order; and that nothing else is."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import Container, Snapshot
from pipeline_defs.server.state.described_services import DescribedServices
from pipeline_defs.server.state.service_changes import ServiceChanges, ServiceTurn, service_changes
from tests.unit.sample import example, with_environment

HEALTHY, STARTED, ENDED = "service_healthy", "service_started", "service_completed_successfully"


def described(**services: Mapping[str, str]) -> DescribedServices:
    """Services with what each depends on, by condition; the hash of each is its name."""
    depends = {
        name: {"depends_on": {each: {"condition": how} for each, how in on.items()}} for name, on in services.items()
    }
    model = read_model(str({"services": depends}))
    return DescribedServices(model, "/releases/new", {name: name for name in services})


def ran(*services: str, state: str = "running", status: str = "0", hash_: str | None = None) -> tuple[Container, ...]:
    """Containers of services that run as they are described, unless it is said otherwise."""
    return tuple(Container(f"id-{name}", name, "image", state, status, name, hash_ or name) for name in services)


def site(*also: str, **settings: Any) -> Site:
    return Site.of(with_environment(example(), "production", also=also, **settings), "production")


def made(seen: Snapshot, *also: str, about: DescribedServices, **how: Any) -> ServiceChanges:
    return service_changes(site(*also), about, seen, **how)


PROXIED = described(web={"db": HEALTHY}, proxy={"web": HEALTHY}, db={}, broker={}, worker={"broker": STARTED})


def test_what_runs_as_it_is_described_is_left_alone() -> None:
    seen = Snapshot(ran("db", "broker", "proxy") + ran("web", "worker", hash_="older"))
    assert made(seen, "worker", about=PROXIED) == ServiceChanges(app=("web", "worker"))


def test_services_of_the_app_that_run_as_they_are_described_are_told() -> None:
    side = DescribedServices(
        read_model("services: {web: {network_mode: 'service:vpn'}, vpn: {}}"), "/new", {"web": "web", "vpn": "vpn"}
    )
    assert made(Snapshot(ran("web", "vpn")), about=side).same == ("web",)
    assert made(Snapshot(ran("web") + ran("vpn", hash_="older")), about=side).same == ()
    assert made(Snapshot(ran("web", "worker", state="exited")), "worker", about=PROXIED).same == ()


def test_what_is_to_be_restarted_with_another_service_is_made_anew_with_it() -> None:
    text = "services: {web: {}, db: {}, proxy: {depends_on: {db: {condition: service_started, restart: %s}}}}"
    for wanted in ("true", "false"):
        about = DescribedServices(read_model(text % wanted), "/new", {name: name for name in ("web", "db", "proxy")})
        seen = Snapshot(ran("web", "proxy") + ran("db", hash_="older"))
        found = made(seen, about=about).before
        assert found[1:] == ((ServiceTurn(("proxy",), anew=True),) if wanted == "true" else ())
        assert made(Snapshot(ran("web", "proxy", "db")), about=about).before == ()


def test_what_differs_is_replaced_in_its_turn() -> None:
    seen = Snapshot(ran("db", "broker", "proxy", hash_="older"))
    found = made(seen, "worker", about=PROXIED)
    assert found == ServiceChanges((ServiceTurn(("broker", "db")),), ("web", "worker"), (ServiceTurn(("proxy",)),))


def test_what_stands_still_is_started_and_what_ends_well_by_design_is_not() -> None:
    about = described(web={"db": STARTED, "chown": ENDED}, db={}, chown={})
    seen = Snapshot(ran("db", state="exited", status="1") + ran("chown", state="exited"))
    assert made(seen, about=about).before == (ServiceTurn(("db",)),)
    failed = Snapshot(ran("db") + ran("chown", state="exited", status="1"))
    assert made(failed, about=about).before == (ServiceTurn(("chown",), ends=True),)


def test_a_service_of_the_app_that_ends_runs_with_each_deployment_and_not_because_of_a_way_back() -> None:
    about = described(web={"migrate": ENDED}, migrate={"db": HEALTHY}, db={})
    seen = Snapshot(ran("db", "web") + ran("migrate", state="exited"))
    assert made(seen, "migrate", about=about) == ServiceChanges(
        (ServiceTurn(("migrate",), ends=True),), ("web",), same=("web",)
    )
    assert made(seen, "migrate", about=about, once_more=False) == ServiceChanges(app=("web",), same=("web",))


def test_who_waits_for_another_to_be_healthy_has_a_turn_of_its_own() -> None:
    about = described(web={}, a={}, b={"a": STARTED}, c={"b": HEALTHY}, d={"c": STARTED})
    assert made(Snapshot(), about=about).before == (ServiceTurn(("a", "b")), ServiceTurn(("c", "d")))


def test_what_uses_the_network_of_another_is_made_anew_with_it() -> None:
    model = read_model(
        "services: {web: {}, vpn: {}, side: {network_mode: 'service:vpn'}, log: {volumes_from: ['side:ro']}}"
    )
    about = DescribedServices(model, "/new", {name: name for name in model.services})
    seen = Snapshot(ran("vpn", hash_="older") + ran("side", "log"))
    assert made(seen, about=about).before == (ServiceTurn(("vpn",)), ServiceTurn(("side", "log"), anew=True))


def test_what_the_release_does_not_have_is_gone() -> None:
    seen = Snapshot(ran("db", "broker", "proxy", "cache"))
    assert made(seen, about=PROXIED).gone == ("cache",)


def test_a_way_back_starts_no_service_beside_the_app_that_had_been_stopped() -> None:
    before = Snapshot(ran("db", "web") + ran("proxy", state="exited"))
    seen = Snapshot(ran("db", hash_="newer") + ran("proxy", state="exited"))
    about = described(web={"db": HEALTHY}, proxy={"web": STARTED}, db={})
    assert made(seen, about=about, ran=before) == ServiceChanges((ServiceTurn(("db",)),), ("web",))


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="depend on each other in a circle"):
        made(Snapshot(), about=described(web={"a": STARTED}, a={"web": STARTED}))


NAMES = ["web", "worker", "migrate", "db", "proxy", "cache"]


@st.composite
def files(draw: st.DrawFn) -> DescribedServices:
    """Services of which each depends on some of those before it, in an order made by chance."""
    names = draw(st.permutations(NAMES))
    conditions = st.sampled_from([HEALTHY, STARTED, ENDED])  # the main service has to go on
    return described(
        **{
            name: {
                each: HEALTHY if each == "web" else draw(conditions) for each in names[:place] if draw(st.booleans())
            }
            for place, name in enumerate(names)
        }
    )


@given(files(), st.sets(st.sampled_from(NAMES)))
def test_each_service_that_differs_has_one_turn_after_all_that_it_needs(
    about: DescribedServices, same: set[str]
) -> None:
    found = made(Snapshot(ran(*sorted(same))), "worker", "migrate", about=about)
    turns = [*(turn.services for turn in found.before), found.app, *(turn.services for turn in found.after)]
    order = [name for services in turns for name in services]
    assert len(order) == len(set(order))
    own = {name for name in ("web", "worker", "migrate") if not about.ends(name)}
    assert set(found.app) == own
    assert set(order) - own == {name for name in NAMES if name not in own and name not in same}
    for place, services in enumerate(turns):
        needed = {each for name in services if name not in own - {"web"} for each in about.needs(name)} - set(services)
        assert not needed & {
            name for later in turns[place + 1 :] for name in later if name not in own and name in order
        }

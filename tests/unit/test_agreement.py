"""Agreement: whatever is cut off, and whoever is away meanwhile, in the end all hosts run one release."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.records import Release
from pipeline_defs.server.fleet.agreement import Note, State, agreed, name_of
from tests.unit.sample import release

OLD, NEW, NEWEST = release("1.0.0"), release("1.1.0"), release("1.2.0")


@dataclass
class Hosts:
    """Hosts as they are while a fleet is changed, cut off and brought back, by the rules of `fleet.py` and `settle.py`."""

    currents: list[Release | None]
    notes: list[Note | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notes = self.notes or [None] * len(self.currents)

    def states(self) -> list[State]:
        return [State(*each) for each in zip(self.currents, self.notes, strict=True)]

    def change(self, to: Release, noted: int, switched: set[int], over: set[int]) -> None:
        """Cut off after so many notes, or switches, or removed notes; each needs all of what comes before it."""
        everyone = range(len(self.currents))
        before = agreed(self.states(), complete=True)
        for place in [*everyone][:noted]:
            begun = name_of(self.currents[place])
            self.notes[place] = Note(begun=begun, leads=name_of(to), before=before[place])
        if noted < len(self.currents) or 0 not in switched:
            return
        for place in switched & {*everyone}:
            self.currents[place] = to
        if switched >= {*everyone}:
            for place in over & {*everyone}:
                self.notes[place] = None

    def bring_back(self, away: set[int], reached: set[int]) -> None:
        """Without those that are away; cut off when those were `reached`. Notes go when all that are there are done."""
        there = [place for place in range(len(self.currents)) if place not in away]
        states = self.states()
        meant = agreed([states[place] for place in there], complete=len(there) == len(states))
        for place, to in zip(there, meant, strict=True):
            if place in reached:
                self.currents[place] = to
        if reached >= {*there}:
            for place in there:
                self.notes[place] = None


places = st.sets(st.integers(0, 3), max_size=4)
EVERYONE = {0, 1, 2, 3}


@st.composite
def fleets(draw: st.DrawFn) -> Hosts:
    """One to four hosts; the first runs something, or none does."""
    others = draw(st.lists(st.sampled_from([OLD, None]), min_size=1, max_size=3))
    return draw(st.sampled_from([Hosts([OLD, *others]), Hosts([None] * (len(others) + 1))]))


@given(fleets(), st.integers(0, 4), places, places, st.lists(st.tuples(places, places), max_size=4))
def test_one_release_runs_in_the_end(
    hosts: Hosts, noted: int, switched: set[int], over: set[int], answers: list[tuple[set[int], set[int]]]
) -> None:
    before = list(hosts.currents)
    hosts.change(NEW, noted, switched, over)
    reached_all = all(current == NEW for current in hosts.currents)
    for away, reached in answers:
        hosts.bring_back(away, reached)
    hosts.bring_back(set(), EVERYONE)
    assert len({name_of(current) for current in hosts.currents if current}) <= 1
    if not reached_all:
        assert hosts.currents == before, "what had run before"
    assert hosts.notes == [None] * len(before)


@given(fleets(), places, places, places, places)
def test_a_change_on_top_of_one_that_is_not_put_right_goes_back_as_far(
    hosts: Hosts, switched: set[int], away: set[int], reached: set[int], again: set[int]
) -> None:
    before = list(hosts.currents)
    everyone = {*range(len(before))}
    hosts.change(NEW, len(before), switched - {max(everyone)}, set())
    hosts.bring_back(away, reached)
    hosts.change(NEWEST, len(before), again - {max(everyone)}, set())
    hosts.bring_back(set(), EVERYONE)
    assert len({name_of(current) for current in hosts.currents if current}) <= 1
    assert NEWEST not in hosts.currents and hosts.currents == before


def test_a_host_that_was_changed_by_hand_goes_to_what_the_first_one_runs() -> None:
    assert agreed([State(OLD), State(NEW), State(None)], complete=True) == [OLD, OLD, None]


def test_a_note_does_not_count_once_its_host_has_gone_elsewhere() -> None:
    note = Note(begun=OLD.name, leads=NEW.name, before=OLD)
    assert State(NEWEST, note).meant == NEWEST
    assert State(NEW, note).meant == OLD
    assert State(None, Note(begun="", leads=NEW.name, before=None)).open is not None


def test_while_a_host_is_away_the_others_go_back_although_all_of_them_were_changed() -> None:
    changed = [State(NEW, Note(begun=OLD.name, leads=NEW.name, before=OLD))] * 2
    assert agreed(changed, complete=False) == [OLD, OLD], "the one that is away may not have been changed"
    assert agreed(changed, complete=True) == [NEW, NEW]

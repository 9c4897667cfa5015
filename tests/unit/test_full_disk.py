"""A disk that is full: what was there stays, what is there is whole, and the writer says so."""

from tests.support.full_disk import WRITERS, tried


def test_nothing_is_half_written_on_a_full_disk() -> None:
    found = tried()
    assert {name: wrong for name, (_, wrong) in found.items() if wrong} == {}
    failed = {name.partition(",")[0] for name, (said, _) in found.items() if said}
    assert failed == set(WRITERS)  # the disk was full for each

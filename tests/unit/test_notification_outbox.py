"""An outbox keeps what is to be sent: in order, none twice, not too many, and not for ever."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.notifications.notification import Level, Notification
from pipeline_defs.notifications.outbox import DAY, SINGLE, Memory, Outbox


def notice(number: int, at: float = 0.0, level: Level = Level.GOOD) -> Notification:
    return Notification(
        happenings=("deployed",), environment="production", level=level, title=f"shop production: {number} runs", at=at
    )


@given(st.integers(0, 200))
def test_every_notice_is_sent_or_counted(number: int) -> None:
    box, sent, lost = Outbox(), 0, 0
    for each in range(number):
        box.put(notice(each))
    while not box.rests(0.0):
        lost += box.dropped
        taken, _ = box.next()
        box.sent(taken)
        sent += taken
    assert sent + lost == number
    assert box.dropped == 0


def test_few_are_sent_one_by_one_and_many_as_one() -> None:
    box = Outbox()
    for each in range(SINGLE):
        box.put(notice(each))
    assert box.next() == (1, notice(0))
    box.put(notice(9, level=Level.BAD))
    taken, together = box.next()
    assert taken == SINGLE + 1
    assert together.title == "4 things happened at shop"
    assert together.level is Level.BAD
    assert "shop production: 9 runs" in together.body


def test_what_is_not_taken_rests_and_a_day_later_is_given_up() -> None:
    box = Outbox()
    box.put(notice(1, at=0.0))
    box.put(notice(2, at=DAY))
    box.not_sent("away", 0.0)
    assert box.rests(1.0)
    assert not box.rests(61.0)
    assert box.give_up(DAY) == []
    assert box.give_up(DAY + 1) == [notice(1, at=0.0)]
    assert box.waiting == [notice(2, at=DAY)]


def test_the_memory_survives_as_text() -> None:
    memory = Memory(since=1.0, begun=True)
    memory.note_told("run-1")
    box = memory.outboxes["CHAT"] = Outbox()
    box.put(notice(1))
    box.not_sent("away", 0.0)
    again = Memory.read(memory.model_dump_json(exclude_defaults=True), 5.0)
    assert again == memory
    assert again.is_told("run-1") and not again.is_told("run-2")
    assert Memory.read("nonsense", 5.0) == Memory(since=5.0)

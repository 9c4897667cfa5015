"""The figures of the documentation's commands."""

from tests.docs.proof import count


def test_all_commands_of_the_documentation_are_counted_and_right() -> None:
    figures = count()
    assert figures["docs_commands"] > 100
    assert figures["docs_commands_failed"] == 0

"""What the documentation tells its reader to type is right."""

from tests.docs.proof import checks


def test_every_command_of_the_documentation_is_right() -> None:
    found = list(checks())
    assert len(found) > 100
    assert [f"{what}: {problem}" for what, problem in found if problem is not None] == []

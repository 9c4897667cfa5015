"""What the documentation tells its reader to type is right."""

import pytest

from tests.docs.proof import checks


@pytest.mark.usefixtures("compose_there")
def test_every_command_of_the_documentation_is_right() -> None:
    found = list(checks())
    assert len(found) > 100
    assert [f"{what}: {problem}" for what, problem in found if problem is not None] == []

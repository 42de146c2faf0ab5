import pytest

from infra.local.stack import new_stack
from infra.local.story import Story


@pytest.mark.stack
def test_the_main_job_holds_on_the_whole_system() -> None:
    said: list[str] = []

    with new_stack(said.append) as stack:
        Story(stack, said.append).play()

    assert said[-1] == "\nThe story held: 76 checks."

"""Steps of a cloud side by side."""

import pytest
from ansible.module_utils.cloud.runner import NAMED, side_by_side
from ansible.module_utils.converge import ConvergeError, Step


def test_many_that_fail_are_counted():
    def one(step):
        raise ConvergeError(step.name, "quota")

    steps = [Step(f"network:{n}", "is not there", lambda: None) for n in range(40)]
    with pytest.raises(ConvergeError) as caught:
        side_by_side(8)(steps, one)
    said = str(caught.value)
    assert said.count("quota") == NAMED and said.endswith(f"; and {40 - NAMED} more")

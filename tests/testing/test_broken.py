"""The check that is named for a broken variant rejects it, and passes its healthy twin."""

from __future__ import annotations

from typing import Any

import pytest

import heatbath as hb
from heatbath.testing.broken import BROKEN, HEALTHY
from samplers import phi4


def test_each_has_a_healthy_twin() -> None:
    assert list(BROKEN) == list(HEALTHY)


@pytest.mark.parametrize("name", BROKEN)
def test_the_named_check_rejects_it_and_passes_its_twin(name: str) -> None:
    make, check_name = BROKEN[name]
    check: Any = getattr(hb.testing, check_name)
    action = phi4(2)
    assert not check.examine(make(action)).passed
    assert check.examine(HEALTHY[name](action)).passed

"""Parts of a brain at their own rates: what is heard, how old it is, and what cannot be kept."""

from typing import Any

import pytest
import torch

from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.brain import BrainConfig, Part
from innervate.controllers.circuits.linear import LinearConfig
from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

SPEC = ControllerSpec(observations=(Channel("x", 1),), action_size=2, control_step_s=0.03)
EVERY, LATE = 3, 2


def relay(period_s: float = 0.0, delay_s: float = 0.0, last_delay_s: float = 0.0) -> Any:
    """Gives what it senses, and beside it its age."""
    parts = {
        "slow": Part(controller=LinearConfig(), senses=("x",), gives=1, period_s=period_s, delay_s=delay_s),
        "last": Part(controller=LinearConfig(), senses=("slow", "slow_age"), delay_s=last_delay_s),
    }
    made: Any = BrainConfig(parts=parts).build(SPEC, torch.Generator().manual_seed(0))
    with torch.no_grad():
        made.parts["slow"].weight.fill_(1.0)
        made.parts["last"].weight.copy_(torch.eye(2))
    return made


def run(made: Any, steps: int) -> torch.Tensor:
    state, given = made.initial_state(1), list[torch.Tensor]()
    for k in range(steps):
        with torch.no_grad():
            action, state = made({"x": torch.full((1, 1), float(k + 1))}, state)
        given.append(action[0])
    return torch.stack(given)


def test_what_is_heard_is_held_and_late_and_its_age_is_told() -> None:
    given = run(relay(EVERY * 0.03, LATE * 0.03), 14)
    for k in range(14):
        sent = k - LATE
        worked = sent // EVERY * EVERY
        expected = 0.0 if sent < 0 else worked + 1.0
        torch.testing.assert_close(given[k, 0], torch.tensor(expected), rtol=1e-4, atol=1e-4)
        age = k if sent < 0 else k - worked
        torch.testing.assert_close(given[k, 1], torch.tensor(0.03 * age), rtol=1e-4, atol=1e-4)


def test_the_last_part_is_late_to_the_body() -> None:
    given = run(relay(0.06, last_delay_s=0.09), 8)
    torch.testing.assert_close(given[:3, 0], torch.zeros(3))
    torch.testing.assert_close(given[3:, 0], torch.tensor([1.0, 1.0, 3.0, 3.0, 5.0]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"period_s": 0.05}, r"'slow' works every 0\.05 s.*0\.03 and 0\.06 fit"),
        ({"delay_s": 0.1}, r"'slow' is heard after 0\.1 s.*0\.09 and 0\.12 fit"),
        ({"delay_s": -0.03}, "is heard after"),
        ({"period_s": float("nan")}, "works every"),
    ],
)
def test_times_that_cannot_be_kept_name_those_that_can(times: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        relay(**times)


def test_a_part_at_the_bodys_own_pace_has_no_age() -> None:
    with pytest.raises(UnknownNameError, match="slow_age"):
        relay()

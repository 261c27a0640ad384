"""The spinal circuit against figures of an independent simulation of it, and against its own claims."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from innervate.controllers import Controller
from innervate.controllers.circuits.quadruped import EXAMPLE, QuadrupedConfig
from innervate.errors import ConfigError, UnknownNameError

GAITS = {
    0.0: (0.93, (0.48, 0.42, 0.94)),
    0.2: (0.63, (0.46, 0.43, 0.90)),
    0.4: (0.56, (0.48, 0.31, 0.81)),
    0.6: (0.30, (0.00, 0.80, 0.80)),
    0.8: (0.24, (0.87, 0.87, 0.87)),
}
"""Command to period in s and phases of FR, HL, HR after FL; the left adapts 5 % slower, 30 ms a step."""


def made(**given: Any) -> Controller:
    return QuadrupedConfig(**given).build(EXAMPLE, torch.Generator().manual_seed(0))


def nothing(batch: int = 1) -> dict[str, torch.Tensor]:
    return {c.name: torch.zeros(batch, c.size) for c in EXAMPLE.observations}


@torch.no_grad()
def onsets(circuit: Controller, obs: dict[str, torch.Tensor], steps: int) -> list[np.ndarray]:
    """Steps at which each flexor begins a burst, in the second half of so many steps."""
    state, active = circuit.initial_state(1), []
    for _ in range(steps):
        _, state = circuit(obs, state)
        active.append(state["active"][0].numpy().copy())
    on = np.array(active[steps // 2 :]) > 0.5
    return [np.flatnonzero(on[1:, k] & ~on[:-1, k]) for k in range(4)]


def phases(begun: list[np.ndarray]) -> list[float]:
    """Circular means of where the others begin within the period of the first."""
    first, found = begun[0], []
    for other in begun[1:]:
        turns = [(j - a) / (b - a) for a, b in pairwise(first) for j in other if a <= j < b]
        found.append(float(np.angle(np.exp(2j * np.pi * np.array(turns)).mean()) / (2 * np.pi)))
    return found


@pytest.mark.parametrize("command", GAITS)
def test_periods_and_phases_of_its_gaits(command: float) -> None:
    period_s, expected = GAITS[command]
    begun = onsets(made(command=command), nothing(), 700)
    assert abs(np.diff(begun[0]).mean() * 0.03 - period_s) <= 0.03
    off = (np.array(phases(begun)) - expected + 0.5) % 1 - 0.5
    assert np.abs(off).max() <= 0.05


def test_it_has_the_published_number_of_weights_and_copies_change_nothing() -> None:
    one, eight = made(), made(copies=8)
    assert one.parameter_count() == 92
    assert eight.parameter_count() == 8 * (80 + 8) + 4
    assert made(feedback=False, train_command=True).parameter_count() == 13
    state = {k: torch.rand(v.shape, generator=torch.Generator().manual_seed(1))
             for k, v in one.initial_state(2).items()}  # fmt: skip
    torch.testing.assert_close(one(nothing(2), state)[0], eight(nothing(2), state)[0])


def test_a_target_speed_sets_the_pace() -> None:
    follower = made(follow=True, follow_gain=1.0, follow_bias=0.0)
    for speed, period_s in ((0.2, 0.63), (0.6, 0.30)):
        begun = onsets(follower, nothing() | {"target_speed": torch.full((1, 1), speed)}, 400)
        assert abs(np.diff(begun[0]).mean() * 0.03 - period_s) <= 0.03


def test_the_delay_is_time_and_not_steps() -> None:
    fast = replace(EXAMPLE, control_step_s=0.01)
    circuit = QuadrupedConfig().build(fast, torch.Generator())
    assert circuit.initial_state(2)["values"].shape == (2, 3, 28)
    with pytest.raises(ConfigError, match=r"0.03 s, is no whole number of control steps of 0.02 s"):
        QuadrupedConfig().build(replace(EXAMPLE, control_step_s=0.02), torch.Generator())


def test_a_signed_weight_does_not_cross_zero() -> None:
    free, held = made(signed=False), made()
    state = {k: torch.ones_like(v) for k, v in held.initial_state(1).items()}
    for circuit in (free, held):
        with torch.no_grad():
            circuit.get_parameter("pattern").mul_(-1.0)
    assert held(nothing(), state)[0].abs().max() == 0
    assert free(nothing(), state)[0].abs().max() > 0


def test_limbs_of_the_body_are_felt_by_their_own_half_centre_and_hips_stay() -> None:
    circuit = made()
    with torch.no_grad():
        circuit.get_parameter("afferent").fill_(0.1)
    obs = nothing()
    obs["foot_force"][0, 1] = 2.0  # FL is the second limb of the body
    seen = circuit.probes(obs, circuit.initial_state(1))
    assert {k for k, v in seen.items() if k.startswith("AF.") and v.abs().max() > 0} == {"AF.FL.F", "AF.FL.E"}
    twelve = QuadrupedConfig().build(replace(EXAMPLE, action_size=12), torch.Generator())
    eight, _ = circuit(nothing(), circuit.initial_state(1))
    action, _ = twelve(nothing(), twelve.initial_state(1))
    assert (action[0, ::3] == 0).all()
    torch.testing.assert_close(action.reshape(4, 3)[:, 1:].reshape(1, 8), eight)


def test_areas_limbs_and_kinds_have_names() -> None:
    circuit = made()
    parts = list(circuit.probes(nothing(), circuit.initial_state(1)))
    assert len(circuit.members_of("RG", parts)) == 28
    assert len(circuit.members_of("RG.FL", parts)) == 8
    assert circuit.members_of("RG.F", parts) == [f"RG.{limb}.F" for limb in ("FL", "FR", "HL", "HR")]
    with pytest.raises(UnknownNameError):
        circuit.members_of("RG.X", parts)
    silent = onsets(circuit.lesion("BC"), nothing(), 300)
    assert np.diff(silent[0]).mean() * 0.03 == pytest.approx(0.93, abs=0.05)


def test_what_it_cannot_drive_is_said() -> None:
    cases: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
        ({}, {"action_size": 6}, "8 or 12 actuators; the body has 6"),
        ({"senses": ()}, {}, "Feedback needs senses"),
        ({"senses": ("target_speed",)}, {}, "`target_speed` has 1"),
        ({"copies": 0}, {}, "at least one copy"),
        ({"left_slower": 0.0}, {}, "left_slower"),
    )
    for given, change, words in cases:
        with pytest.raises(ConfigError, match=words):
            QuadrupedConfig(**given).build(replace(EXAMPLE, **change), torch.Generator())

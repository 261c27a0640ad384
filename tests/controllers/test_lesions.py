"""Lesions against what they say they do, on circuits whose every step can be written down."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from innervate.controllers import Controller, ControllerSpec, Obs, State
from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.controllers.probe import Lesion, Seen, Touch
from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

DT_S = 0.1
SPEC = ControllerSpec(observations=(Channel("x", 3),), action_size=3, control_step_s=DT_S)


class Relay(Controller):
    """Passes on what it senses through one part of three units; no state."""

    def forward(self, obs: Obs, state: State) -> tuple[Tensor, State]:
        return self.run(obs, state, Touch())

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Tensor, State]:
        return touch.part("relay", obs["x"]), state


def course(controller: Controller, steps: int = 12, batch: int = 2) -> Tensor:
    """Actions (step, batch, 3) while x counts 1, 2, 3, ... in every unit."""
    state, actions = controller.initial_state(batch), list[Tensor]()
    for k in range(steps):
        action, state = controller({"x": torch.full((batch, 3), k + 1.0)}, state)
        actions.append(action)
    return torch.stack(actions)


COUNT = torch.arange(1.0, 13.0)


def test_silence_is_a_share_of_one_unit_or_of_all() -> None:
    one = course(Relay(SPEC).lesion("relay[1]", severity=0.25))
    torch.testing.assert_close(one[:, 0, 1], 0.75 * COUNT)
    torch.testing.assert_close(one[:, 0, [0, 2]], COUNT[:, None].expand(-1, 2))
    assert (course(Relay(SPEC).lesion("relay")) == 0).all()
    assert Relay(SPEC).lesion("relay").recurrence == "none"  # silence for good needs no clock


def test_a_lesion_has_its_time() -> None:
    found = course(Relay(SPEC).lesion("relay", from_s=0.3, to_s=0.5))[:, 0, 0]
    expected = COUNT.clone()
    expected[3:5] = 0
    torch.testing.assert_close(found, expected)


def test_frozen_stays_as_it_was_when_the_lesion_began() -> None:
    found = course(Relay(SPEC).lesion("relay[2]", "frozen", from_s=0.4, to_s=0.8))[:, 0]
    expected = COUNT.clone()
    expected[4:8] = COUNT[4]
    torch.testing.assert_close(found[:, 2], expected)
    torch.testing.assert_close(found[:, 0], COUNT)
    half = course(Relay(SPEC).lesion("relay", "frozen", 0.5, from_s=0.4))[:, 1, 1]
    torch.testing.assert_close(half[5:], 0.5 * COUNT[5:] + 0.5 * COUNT[4])


def test_late_is_so_many_seconds_late() -> None:
    found = course(Relay(SPEC).lesion("relay", "late", 0.3))[:, 1, 1]
    torch.testing.assert_close(found, torch.cat([torch.zeros(3), COUNT[:-3]]))
    later = course(Relay(SPEC).lesion("relay", "late", 0.3, from_s=0.5))[:, 1, 1]
    torch.testing.assert_close(later, torch.cat([COUNT[:5], COUNT[2:9]]))


def test_noise_has_its_spread_and_its_lanes() -> None:
    noisy = course(Relay(SPEC).lesion("relay", "noise", 0.5), steps=400, batch=40)
    noise = noisy - torch.arange(1.0, 401.0)[:, None, None]
    assert noise.std().item() == pytest.approx(0.5, rel=0.02)
    assert noise.mean().item() == pytest.approx(0.0, abs=4 * 0.5 / math.sqrt(noise.numel()))
    flat = noise.reshape(400, -1).T
    correlation = torch.corrcoef(flat) - torch.eye(len(flat))
    assert correlation.abs().max() < 6 / math.sqrt(400)  # each unit of each body by itself
    assert torch.equal(course(Relay(SPEC).lesion("relay", "noise", 0.5), batch=3)[:, :2],
                       course(Relay(SPEC).lesion("relay", "noise", 0.5), batch=2))  # fmt: skip


def test_two_lesions_add_up_and_the_first_is_kept() -> None:
    once = Relay(SPEC).lesion("relay[0]", severity=0.5)
    twice = once.lesion("relay[0]", severity=0.5).lesion("relay[1]")
    torch.testing.assert_close(course(twice)[:, 0, 0], 0.25 * COUNT)
    assert (course(twice)[:, 0, 1] == 0).all()
    torch.testing.assert_close(course(once)[:, 0, 1], COUNT)


def test_episodes_begin_anew() -> None:
    controller = Relay(SPEC).lesion("relay", "late", 0.2)
    state = controller.initial_state(2)
    for k in range(4):
        _, state = controller({"x": torch.full((2, 3), k + 1.0)}, state)
    state = controller.reset_state(state, torch.tensor([True, False]))
    action, _ = controller({"x": torch.full((2, 3), 9.0)}, state)
    assert action[:, 0].tolist() == [0.0, 3.0]


def test_what_is_seen_is_what_goes_on() -> None:
    controller = Relay(SPEC).lesion("relay[1]")
    seen = Seen()
    action, _ = controller.run({"x": torch.ones(2, 3)}, controller.initial_state(2), seen)
    torch.testing.assert_close(seen.found["relay"], action)
    assert seen.found["relay"].tolist() == [[1.0, 0.0, 1.0]] * 2


def test_a_wiring_s_classes_and_neurons(swimmer_spec: Any, random_obs: Any) -> None:
    spec = swimmer_spec()
    whole = WiringConfig(circuit="ncap").build(spec, torch.Generator().manual_seed(0))
    old = WiringConfig(circuit="ncap", lesion=("BD2", "MV")).build(spec, torch.Generator().manual_seed(0))
    new = whole.lesion("BD2").lesion("MV")
    obs = random_obs(spec, 4)
    a, b = old(obs, old.initial_state(4))[0], new(obs, new.initial_state(4))[0]
    torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_a_lesion_of_the_hidden_layer_reaches_the_next_step() -> None:
    net = GRUConfig(units=4).build(SPEC, torch.Generator().manual_seed(0))
    cut = net.lesion("hidden[2]")
    state = cut.initial_state(1)
    for _ in range(3):
        _, state = cut({"x": torch.ones(1, 3)}, state)
    assert state["hidden"][0, 2] == 0
    assert (state["hidden"][0, [0, 1, 3]] != 0).all()


@pytest.mark.parametrize(
    ("text", "lesion"),
    [
        ("AVB", Lesion(name="AVB")),
        ("left.0[3]@2s", Lesion(name="left.0[3]", from_s=2.0)),
        ("a/b@1.5s-3s:noise=0.3", Lesion(name="a/b", kind="noise", severity=0.3, from_s=1.5, to_s=3.0)),
        ("B_dorsal[3]:late=0.2", Lesion(name="B_dorsal[3]", kind="late", severity=0.2)),
    ],
)
def test_what_the_command_line_says(text: str, lesion: Lesion) -> None:
    assert Lesion.parse(text) == lesion


@pytest.mark.parametrize("text", ["", "AVB@2", "AVB:cut", "AVB@3s-1s", "AVB:silent=2", "AVB:noise=-1", "A B"])
def test_what_cannot_be_a_lesion_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match=r"lesion"):
        Lesion.parse(text)


def test_a_part_that_there_is_not_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'relay'"):
        Relay(SPEC).lesion("relais")
    with pytest.raises(UnknownNameError, match=r"relay\[3\]"):
        Relay(SPEC).lesion("relay[3]")

"""Every registered controller can be seen and cut by name; the copy that comes back is a controller like any other."""

from typing import Any

import numpy as np
import pytest
import torch

from innervate.controllers import CONTROLLERS, Controller, ControllerSpec
from innervate.controllers.registry import example_body
from innervate.controllers.statevector import StateVector

BATCH = 3
NAMES = pytest.mark.parametrize("name", CONTROLLERS)


def made(name: str) -> Controller:
    controller = CONTROLLERS[name]().build(example_body(name), torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in controller.parameters():
            p.add_(0.05 * torch.randn(p.shape, generator=generator))
    return controller


def sensed(spec: ControllerSpec, generator: torch.Generator) -> dict[str, torch.Tensor]:
    return {c.name: 0.5 * torch.randn(BATCH, c.size, generator=generator) for c in spec.observations}


def drive(controller: Controller, steps: int, seed: int = 1) -> torch.Tensor:
    generator, state = torch.Generator().manual_seed(seed), controller.initial_state(BATCH)
    actions: list[torch.Tensor] = []
    for _ in range(steps):
        with torch.no_grad():
            action, state = controller(sensed(controller.spec, generator), state)
        actions.append(action)
    return torch.stack(actions)


def parts_of(controller: Controller) -> list[str]:
    obs = sensed(controller.spec, torch.Generator().manual_seed(2))
    return list(controller.probes(obs, controller.initial_state(BATCH)))


@NAMES
def test_probing_changes_nothing_and_every_part_has_a_batch(name: str) -> None:
    controller = made(name)
    obs, state = sensed(controller.spec, torch.Generator().manual_seed(2)), controller.initial_state(BATCH)
    before, after = controller(obs, state)
    seen = controller.probes(obs, state)
    assert seen, f"{name} shows nothing"
    assert all(value.shape[0] == BATCH and value.dim() in (1, 2) for value in seen.values())
    again, after_again = controller(obs, state)
    assert torch.equal(before, again)
    assert all(torch.equal(after[k], after_again[k]) for k in after)


@NAMES
@pytest.mark.parametrize("kind", ["silent", "noise", "frozen", "late"])
def test_every_part_can_be_lesioned_in_every_way(name: str, kind: Any) -> None:
    controller = made(name)
    parts = parts_of(controller)
    for part in (parts[0], parts[-1]):
        hurt = controller.lesion(part, kind, 0.5, from_s=0.06)
        actions = drive(hurt, 12)
        assert torch.isfinite(actions).all()
        intact = drive(controller, 12)
        torch.testing.assert_close(actions[:2], intact[:2], rtol=0, atol=0)  # before it begins
        vector = StateVector(hurt)
        state = hurt.initial_state(BATCH)
        assert all(torch.equal(v, state[k]) for k, v in vector.unpack(vector.pack(state)).items())


@NAMES
def test_silencing_everything_silences_the_action_or_leaves_the_clock(name: str) -> None:
    """With all parts silent, what is sensed no longer matters."""
    controller = made(name)
    parts = parts_of(controller)
    cut: Controller = controller
    for part in parts:
        cut = cut.lesion(part)
    np.testing.assert_array_equal(drive(cut, 5, seed=1).numpy(), drive(cut, 5, seed=9).numpy())


@NAMES
@pytest.mark.slow
def test_ten_thousand_steps_leave_the_state_finite(name: str) -> None:
    controller = made(name)
    assert torch.isfinite(drive(controller, 10_000)).all()

"""The recall task gives nothing away, and who can remember is told from who cannot."""

import torch

from innervate.controllers.circuits.mlp import MLPConfig
from innervate.controllers.circuits.recurrent import RecurrentConfig
from innervate.controllers.core import CoreConfig
from innervate.launch.bench.cores.recall import ARMS, DT_S, SPEC, learned, sequences


def test_the_answer_is_in_the_first_step_only() -> None:
    xs, answers = sequences(2000, 30, torch.Generator().manual_seed(0))
    assert xs.shape == (31, 2000, 3)
    assert torch.equal(xs[0, :, 0], answers) and abs(float(answers.mean())) < 0.1
    told = torch.stack([xs[1:, answers > 0].mean(1), xs[1:, answers < 0].mean(1)])
    assert float((told[0] - told[1]).abs().max()) < 0.25  # noise of 2,000
    assert torch.equal(xs[1:, :, 0], torch.zeros(30, 2000)) and (xs[:-1, :, 2] == 0).all() and (xs[-1, :, 2] == 1).all()


def test_arms_are_of_equal_size() -> None:
    for arm in ARMS:
        count = arm.at(50).build(SPEC, torch.Generator().manual_seed(0)).parameter_count()
        assert abs(count - (301 if "reservoir" in arm.name else 4000)) <= 200, (arm.name, count)


def test_who_remembers_learns_it_and_who_does_not_stays_at_chance() -> None:
    elm = RecurrentConfig(core=CoreConfig(kind="elm", units=12, slowest_s=20 * DT_S))
    found = learned(elm, 10, 1e-2, 100, 0)
    assert found["updates"] is not None and found["accuracy"] > 0.98
    null = learned(MLPConfig(hidden=(16,)), 10, 1e-2, 100, 0)
    assert null["updates"] is None and abs(null["accuracy"] - 0.5) < 0.06

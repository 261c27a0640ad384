"""Each neuron of a circuit is pulsed and all are watched: known circuits, and an atlas that is known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.controllers.circuits.wiring.circuit import Circuit, Motor, Neuron, Synapse
from innervate.controllers.circuits.wiring.formats import to_json
from innervate.errors import ConfigError, RunError
from innervate.launch.analysis.measures.propagation import area_under_curve, nearness, responses
from innervate.launch.analysis.method import METHODS, analyse, save
from innervate.launch.analysis.recordings.propagation_atlas import read_atlas
from innervate.launch.analysis.recordings.traces import Traces
from innervate.signals import Channel

h5py: Any = pytest.importorskip("h5py")
SPEC = ControllerSpec(observations=(Channel("joint_angle", 1),), action_size=1, control_step_s=0.02)
NAMES = ("AVAL", "AVBL", "AVDL", "AVEL")


def chain() -> Any:
    """AVAL excites AVBL, which inhibits AVDL, each a leaky line of its own time; AVEL stands alone."""
    cells = tuple(Neuron(name=n, dynamics="leaky", tau_s=0.2, activation="identity") for n in NAMES)
    synapses = (Synapse(pre="AVAL", post="AVBL", weight=0.8), Synapse(pre="AVBL", post="AVDL", weight=-0.5))
    circuit = Circuit(neurons=cells, synapses=synapses, motors=(Motor(neuron="AVDL", actuator=0),))
    return WiringConfig(circuit=to_json(circuit)).build(SPEC, torch.Generator().manual_seed(0))


def test_a_pulse_goes_down_the_chain_with_sign_and_time() -> None:
    found = responses(chain(), amplitude=1.0, pulse_s=0.4, watch_s=2.0)
    assert found.units == NAMES
    a, b, d, e = range(4)
    moved = found.peak != 0
    assert moved.tolist() == [[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    # A leaky line under a constant input u for 0.4 s reaches u (1 - exp(-0.4 / 0.2)).
    assert found.peak[a, a] == pytest.approx(1.0) and found.peak[e, e] == pytest.approx(1.0)
    assert found.peak[a, b] == pytest.approx(0.8 * (1 - np.exp(-2)), abs=0.03)
    assert found.peak[b, d] == pytest.approx(-0.5 * (1 - np.exp(-2)), abs=0.03)
    assert 0 > found.peak[a, d] > found.peak[b, d]
    assert found.latency_s[a, b] < found.latency_s[a, d] and np.isnan(found.latency_s[d, a])
    twice = responses(chain(), amplitude=2.0, pulse_s=0.4, watch_s=2.0)
    np.testing.assert_allclose(twice.peak, 2 * found.peak, atol=1e-5)


def test_parts_with_numbered_units_are_pulsed_too() -> None:
    found = responses(GRUConfig(units=5).build(SPEC, torch.Generator().manual_seed(0)))
    assert len(found.units) >= 5 and (np.diag(found.peak) != 0).all()


def test_areas_and_nearness_by_hand() -> None:
    assert area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == 0.75
    assert area_under_curve(np.ones(4), np.array([False, False, True, True])) == 0.5
    assert np.isnan(area_under_curve(np.ones(2), np.ones(2, bool)))
    ways = nearness(np.array([[0, 5.0, 0], [0, 0, 2.0], [0, 0, 0]]))
    np.testing.assert_allclose(ways, [[0, 1, 0.5], [0, 0, 1], [0, 0, 0]])


def written(path: Path, responds: np.ndarray) -> Path:
    """An atlas as wormneuroatlas has it: rows are who answers."""
    with h5py.File(path, "w") as file:
        file["neuron_ids"] = np.array([name.encode() for name in NAMES])
        file["wt/dFF"] = np.where(responds.T, 0.3, 0.0)
        file["wt/q"] = np.where(responds.T, 0.01, 0.6)
        file["wt/q_eq"] = np.where(responds.T, 0.9, 0.01)
        file["wt/occ1"] = np.full((4, 4), 5)
    return path


def told(path: Path, controller: Any) -> dict[str, str]:
    rows = np.random.default_rng(0).normal(size=(30, 4))
    one = Traces(0.02, NAMES, rows, origin="chain", controller=controller)
    return dict(analyse([one], "propagation", METHODS["propagation"].Config(atlas=str(path))).told())


def test_a_worm_that_is_the_circuit_is_told_from_its_mirror(tmp_path: Path) -> None:
    truth = responses(chain()).peak != 0
    np.fill_diagonal(truth, False)
    right = told(written(tmp_path / "same.h5", truth), chain())
    assert right["pairs observed in the worm"] == "12, of which 3 respond"
    assert right["area under the curve, circuit"].startswith("1.000")
    assert right["area under the curve, nearness"].startswith("1.000")
    assert right["area under the curve, contacts"].startswith(
        "0.833"
    )  # not two synapses apart
    mirrored = told(written(tmp_path / "mirror.h5", truth.T), chain())
    assert mirrored["area under the curve, circuit"].startswith("0.333")  # 3 of 9 silent pairs move, no true one does


def test_what_cannot_be_pulsed_or_compared_is_told(tmp_path: Path) -> None:
    table = Traces(0.1, ("a", "b"), np.random.default_rng(0).normal(size=(30, 2)), origin="worm.csv")
    with pytest.raises(ConfigError, match=r"worm\.csv is a table"):
        analyse([table], "propagation")
    rows = table.activity
    two = [Traces(0.1, ("a", "b"), rows, controller=chain()) for _ in range(2)]
    with pytest.raises(ConfigError, match="one circuit at a time"):
        analyse(two, "propagation")
    with pytest.raises(RunError, match=r"There is no atlas .*funatlas\.h5"):
        read_atlas(tmp_path / "no.h5")
    (tmp_path / "bad.h5").write_bytes(b"no")
    with pytest.raises(RunError, match="no signal-propagation atlas"):
        read_atlas(tmp_path / "bad.h5")
    body = replace(SPEC, observations=(Channel("joint_angle", 5, "rad", 1.0),), action_size=5)
    nameless = WiringConfig(circuit="ncap").build(body, torch.Generator())
    with pytest.raises(ConfigError, match="share 0 neurons"):
        told(written(tmp_path / "worm.h5", np.eye(4, k=1, dtype=bool)), nameless)
    with pytest.raises(ConfigError, match="amplitude above 0"):
        responses(chain(), amplitude=0.0)


def test_it_is_drawn_beside_the_worm(tmp_path: Path) -> None:
    path = written(tmp_path / "worm.h5", np.eye(4, k=1, dtype=bool))
    one = Traces(0.02, NAMES, np.random.default_rng(0).normal(size=(30, 4)), origin="chain", controller=chain())
    found = analyse([one], "propagation", METHODS["propagation"].Config(atlas=str(path)))
    picture, numbers = save(found, tmp_path, "propagation")
    assert picture.stat().st_size > 10_000
    with np.load(numbers, allow_pickle=False) as stored:
        assert tuple(stored["units"]) == NAMES and stored["peak"].shape == (4, 4)

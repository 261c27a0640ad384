"""Runs whose controller is a circuit: plotted, lesioned, stimulated, and the tutorial about them."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.analysis.recordings.recording import record
from innervate.launch.cli import main
from innervate.launch.commands import connectome
from innervate.launch.run.evaluation import evaluate_run, load_controller
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.training import train

SWIM = WorldConfig(id="innervate/Swim-v0", options={"n_links": 4})


@pytest.fixture(scope="module")
def entrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "entrained"
    train(SWIM, controller=WiringConfig(), learner=CMAConfig(population=4, sigma=0.1), steps=4000, out=out)
    return out


def test_plot_draws_three_pictures(entrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["plot", str(entrained)])
    assert len(capsys.readouterr().out.splitlines()) == 3
    for name in ("wiring.png", "activity.png", "phase_portrait.png"):
        picture = np.asarray(Image.open(entrained / name).convert("RGB"))
        assert min(picture.shape[:2]) > 400
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


def test_a_controller_without_named_neurons_is_plotted_too(run: Path) -> None:
    main(["plot", str(run)])
    assert not (run / "wiring.png").exists()
    assert (run / "phase_portrait.png").stat().st_size > 10_000


def test_what_is_recorded_is_what_the_body_did(entrained: Path) -> None:
    folder = RunFolder.open(entrained)
    recording = record(load_controller(folder, SWIM), SWIM)
    assert recording.activity.shape == (1000, len(recording.neurons))
    assert recording.reward.sum() == pytest.approx(evaluate_run(entrained, 1).episodes.returns[0])
    place = {name: i for i, name in enumerate(recording.neurons)}
    assert recording.joint_angle is not None
    # A stretch receptor is the clipped bend of its joint; a muscle pair is its joint's torque.
    np.testing.assert_allclose(recording.activity[:, place["SD1"]], recording.joint_angle[:, 1].clip(0, 1), atol=1e-6)
    torque = recording.activity[:, place["MD0"]] - recording.activity[:, place["MV0"]]
    np.testing.assert_allclose(recording.action[:, 0], torque, atol=1e-6)


def test_lesions_and_stimuli_reach_an_evaluation(entrained: Path) -> None:
    whole = evaluate_run(entrained, 2).episodes.returns.mean()
    assert whole > 300
    assert evaluate_run(entrained, 2, lesion=["oscillator"]).episodes.returns.mean() < 0.5 * whole
    late = evaluate_run(entrained, 2, lesion=["oscillator@15s"]).episodes.returns.mean()
    assert 0.5 * whole < late < whole
    assert evaluate_run(entrained, 2, stimulate=["MD 1.0"]).episodes.returns.mean() < 0.9 * whole


def test_what_cannot_be_lesioned_is_said(entrained: Path, trained: Path) -> None:
    with pytest.raises(UnknownNameError, match="SD2"):
        evaluate_run(entrained, 1, lesion=["SD22"])
    with pytest.raises(UnknownNameError, match="Known: B_dorsal"):
        evaluate_run(trained, 1, lesion=["SD0"])
    with pytest.raises(ConfigError, match="a current into a named neuron"):
        evaluate_run(trained, 1, stimulate=["SD0 1.0"])
    with pytest.raises(ConfigError, match="A lesion reads"):
        evaluate_run(entrained, 1, lesion=["SD0@soon"])


def test_a_connectome_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """cect stood in for by an object with its interface: nodes, and a matrix of contacts for each kind."""
    data = SimpleNamespace(
        nodes=["AVBL", "DB1", "VB1"],
        connections={
            "Generic_CS": np.array([[0, 3, 0], [0, 0, 1], [0, 0, 0]]),
            "Generic_GJ": np.array([[0, 0, 2]] * 3),
        },
    )
    fake: dict[str, Any] = {
        "cect.readers": SimpleNamespace(__path__=[str(tmp_path)]),
        "cect.readers.Small": SimpleNamespace(get_instance=lambda: data, READER_DESCRIPTION="<b>a</b> worm"),
        "importlib.metadata": SimpleNamespace(version=str),
    }
    monkeypatch.setattr(connectome.importlib, "import_module", fake.__getitem__)
    document = connectome.convert("Small")
    assert document["chemical"] == {"AVBL": {"DB1": 3.0}, "DB1": {"VB1": 1.0}}
    assert document["gap"] == {"AVBL": {"VB1": 2.0}, "DB1": {"VB1": 2.0}, "VB1": {"VB1": 2.0}}
    assert document["source"].startswith("a worm")


def test_without_cect_the_extra_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["connectome", "Cook2019HermReader", "--out", str(tmp_path / "c.json")])
    assert "innervate[connectome]" in capsys.readouterr().err


def test_the_tutorial_s_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[2] / "docs/tutorials/circuits.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(code, "circuits.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert int(lines[1].split()[-1]) > 850

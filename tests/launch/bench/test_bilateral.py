"""The bilateral benchmark: what it trains can be trained, and what it says of known scores is so."""

from pathlib import Path

import numpy as np
import pytest
import torch

from innervate.agents.hemispheric.program import program
from innervate.agents.hemispheric.training import TrainingConfig
from innervate.launch.bench import bilateral
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench.bilateral import models as bilateral_models
from innervate.launch.bench.bilateral import recurrent as bilateral_recurrent
from innervate.launch.bench.bilateral.models import TASKS, Scores

pytest.importorskip("numba")
torch.set_num_threads(1)


def test_every_variant_is_known_to_the_fused_engine_and_has_a_name_of_its_own() -> None:
    spec = bilateral_models.paper_arm().spec
    names = [name for kind in bilateral_models.kinds() for name in (*kind.losses, kind.ensemble) if name]
    assert len(set(names)) == len(names) >= 12
    for kind in bilateral_models.kinds():
        assert program(kind.config.build(spec, torch.Generator().manual_seed(0))).rows > 16


def test_parameter_matched_means_matched() -> None:
    spec, by_name = bilateral_models.paper_arm().spec, {n: k for k in bilateral_models.kinds() for n in k.losses}

    def size(name: str) -> int:
        return by_name[name].config.build(spec, torch.Generator().manual_seed(0)).parameter_count()

    both, one = size(bilateral.BILATERAL), size("unilateral, parameter-matched")
    assert abs(one - both) <= 0.05 * both
    assert abs(2 * size("dominant of 5 units") - both) <= 0.13 * both  # two outputs instead of a shared one


def test_a_kind_is_trained_judged_and_lesioned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bilateral_models, "TEST_TRIALS", 8)
    short = TrainingConfig(batches=1, batch=4, steps=15, engine="fused")
    monkeypatch.setattr(bilateral_models, "protocol", lambda bench, batches: short)  # pyright: ignore
    bench = Bench(quick=True, seeds=1, work=tmp_path, say=lambda _: None)
    kind = bilateral_models.kinds()[1]
    found = bilateral_models.measured(bench, kind, 1)
    name = bilateral.BILATERAL
    cut = {site: found[f"{name}; {site} lesioned"]["reach"]["end error, m"] for site in ("left", "right", "callosum")}
    whole = found[name]["reach"]["end error, m"]
    assert len(whole) == 1
    assert all(value != whole for value in cut.values())
    assert bilateral_models.measured(bench, kind, 1) == found  # from the piece that was kept


def test_movements_are_judged_from_their_cue_on() -> None:
    path = np.arange(10.0)[:, None, None] + np.zeros((10, 3, 2))
    moves = bilateral_recurrent._from_the_cue(path, np.array([0.0, 0.03, 0.05]), 0.01)  # pyright: ignore
    assert moves.shape == (5, 3, 2)
    assert moves[0, :, 0].tolist() == [0.0, 3.0, 5.0]
    assert (np.diff(moves, axis=0) == 1).all()


def known(offset: dict[str, float]) -> Scores:
    """Ten seeds of every variant; `offset` (cm) of some."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1e-3, 10)
    measures = {m for task in TASKS for m, _, _ in bilateral.SHOWN[task]} | {bilateral.ERROR}
    names = [n for kind in bilateral_models.kinds() for n in (*kind.losses, kind.ensemble) if n]
    return {
        name: {task: {m: (0.05 + offset.get(name, 0.0) / 100 + noise).tolist() for m in measures} for task in TASKS}
        for name in names
    }


def test_claims_fall_as_the_scores_do() -> None:
    said = {row.row: row for row in bilateral.claims(known({"dominant": -1.0, bilateral.BILATERAL: -0.5}))}
    won = said["reach: dominant, minus non-dominant"]
    assert won.value == pytest.approx(-1.0)
    assert won.peer.endswith("each side beats the other in its own task: better")
    assert said["hold: non-dominant, minus dominant"].peer.endswith(": worse")
    assert said[f"reach: {bilateral.BILATERAL}, minus dominant"].peer.endswith(": worse")
    assert said[f"reach: {bilateral.BILATERAL}, minus non-dominant"].peer.endswith(": better")
    same = said["reach: dominant, loss as released, minus dominant"]
    assert same.value == pytest.approx(1.0)

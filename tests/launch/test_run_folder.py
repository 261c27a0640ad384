"""Run folders: complete, resumable, and refused with one sentence when they are not what they should be."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from innervate.agents.learners.ppo import PPOConfig
from innervate.errors import RunError, UnknownNameError
from innervate.files import Transaction
from innervate.launch.run.config import RunConfig
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.training import Run

FILES = {
    "config.json", "config.toml", "manifest.json", "model.safetensors", "optimizer.safetensors", "rng.json",
    "progress.jsonl", "evaluation.json", "learning_curve.png", "README.md", "interface.json", "spent.json",
}  # fmt: skip


def test_a_finished_run_explains_itself(trained: Path) -> None:
    assert {p.name for p in trained.iterdir() if p.is_file()} == FILES
    assert list((trained / "tensorboard").glob("events*"))
    card = (trained / "README.md").read_text()
    stored = json.loads((trained / "evaluation.json").read_text())
    assert f"{stored['return_mean']:.1f}" in card
    assert f"innervate evaluate {trained}" in card
    again = evaluate_run(trained, 10).summary()
    assert again == {k: v for k, v in stored.items() if k != "around"}  # the card says what the parameters do


@pytest.mark.parametrize("learner", [None, PPOConfig(num_envs=2, rollout_steps=32, batch_size=32, epochs=1)])
def test_resumed_from_disk_equals_uninterrupted(
    config: Callable[..., RunConfig], tmp_path: Path, learner: PPOConfig | None
) -> None:
    options, half = ({}, 4000) if learner is None else ({"learner": learner, "steps": 256}, 128)
    whole = Run.start(config(**options), tmp_path / "whole").train()
    cut = Run.start(config(**{**options, "steps": half}), tmp_path / "cut").train()
    Run.resume(cut.path, steps=whole.config().steps).train()
    a, b = whole.model(), cut.model()
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert [r["steps"] for r in whole.progress()] == [r["steps"] for r in cut.progress()]


def test_a_commit_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at every single file operation in turn, the folder holds the old pair or the new one."""
    outcomes: set[str] = set()
    for stop_at in range(40):
        folder = tmp_path / str(stop_at)
        folder.mkdir()
        Transaction(folder).write({"a": b"old", "b": b"old"})
        left = [stop_at]

        def dies(real: Callable[..., object], left: list[int] = left) -> Callable[..., object]:
            def call(*args: object, **kwargs: object) -> object:
                if left[0] == 0:
                    raise KeyboardInterrupt
                left[0] -= 1
                return real(*args, **kwargs)

            return call

        with monkeypatch.context() as patched:
            for name in ("replace", "rename", "fsync", "rmdir", "mkdir"):
                patched.setattr(os, name, dies(getattr(os, name)))
            try:
                Transaction(folder).write({"a": b"new", "b": b"new"})
                finished = True
            except KeyboardInterrupt:
                finished = False
        reader = Transaction(folder)
        seen = {reader.find(n).read_bytes() for n in ("a", "b")}
        assert len(seen) == 1, f"a reader meets a torn pair after {stop_at} operations"
        reader.recover()
        assert {(folder / n).read_bytes() for n in ("a", "b")} == seen
        assert {p.name for p in folder.iterdir()} == {"a", "b"}
        outcomes |= {s.decode() for s in seen}
        if finished:
            break
    else:
        pytest.fail("the write never finished")
    assert outcomes == {"old", "new"}


def test_an_existing_folder_is_not_touched(config: Callable[..., RunConfig], run: Path) -> None:
    before = {p: p.read_bytes() for p in run.iterdir() if p.is_file()}
    with pytest.raises(RunError, match="exists already"):
        Run.start(config(), run)
    assert {p: p.read_bytes() for p in run.iterdir() if p.is_file()} == before


def test_nothing_is_left_of_a_run_that_could_not_begin(config: Callable[..., RunConfig], tmp_path: Path) -> None:
    from innervate.agents.learner import WorldConfig

    with pytest.raises(ValueError, match="400"):
        Run.start(config(world=WorldConfig(id="swim", options={"n_links": 400})), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "rng.json", "optimizer.safetensors"])
def test_truncated_files_are_named(run: Path, name: str) -> None:
    path = run / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RunError, match=name):
        Run.resume(run, steps=8000)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "rng.json", "optimizer.safetensors"])
def test_missing_files_are_named(run: Path, name: str) -> None:
    (run / name).unlink()
    with pytest.raises(RunError, match=name):
        Run.resume(run, steps=8000)


def test_wrong_shapes_are_named(run: Path) -> None:
    tensors = load_file(run / "model.safetensors")
    save_file({**tensors, "controller.b_oscillator": torch.zeros(3)}, run / "model.safetensors")
    for use in (lambda: evaluate_run(run), lambda: Run.resume(run, steps=8000)):
        with pytest.raises(RunError, match=r"controller.b_oscillator of shape \(3,\)"):
            use()


def test_strange_and_missing_tensors_are_named(run: Path) -> None:
    tensors = load_file(run / "model.safetensors")
    save_file({**tensors, "controller.brain": torch.zeros(3)}, run / "model.safetensors")
    with pytest.raises(RunError, match=r"controller\.brain"):
        evaluate_run(run)
    del tensors["controller.muscle_ipsi"]
    save_file(tensors, run / "model.safetensors")
    with pytest.raises(RunError, match=r"controller\.muscle_ipsi"):
        evaluate_run(run)


def test_a_weight_that_is_not_a_number_is_named(run: Path) -> None:
    tensors = load_file(run / "model.safetensors")
    save_file({**tensors, "controller.b_oscillator": torch.tensor(np.nan)}, run / "model.safetensors")
    for use in (lambda: evaluate_run(run), lambda: Run.resume(run, steps=8000)):
        with pytest.raises(RunError, match=r"controller.b_oscillator that is not finite"):
            use()


def edit(run: Path, **changes: object) -> None:
    document = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**document, **changes}))


def test_configurations_that_are_not_ours_are_refused(run: Path) -> None:
    original = (run / "config.json").read_text()
    for changes, error, message in (
        ({"format": 99}, RunError, "format 99"),
        ({"controller": {"name": "ncpa"}}, UnknownNameError, "Did you mean 'ncap'"),
        ({"controller": {"name": "ncap", "__class__": "os.system"}}, UnknownNameError, "__class__"),
        ({"world": {"id": "innervate/Swim-v7"}}, UnknownNameError, "innervate/Swim-v0"),
        ({"learner": 3}, RunError, "wrong shape"),
    ):
        edit(run, **changes)
        with pytest.raises(error, match=message):
            evaluate_run(run)
        (run / "config.json").write_text(original)
    (run / "config.json").write_text("[1, 2]")
    with pytest.raises(RunError, match="JSON object"):
        evaluate_run(run)


def test_paths_out_of_the_folder_are_refused(run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.safetensors"
    (run / "model.safetensors").rename(outside)
    (run / "model.safetensors").symlink_to(outside)
    with pytest.raises(RunError, match="outside the run folder"):
        evaluate_run(run)


def test_a_pickle_is_not_opened(run: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (run / "exploded",)

    torch.save({"controller.b_oscillator": Bomb()}, run / "model.safetensors")
    with pytest.raises(RunError, match="damaged"):
        evaluate_run(run)
    assert not (run / "exploded").exists()


def test_a_folder_that_does_not_exist() -> None:
    with pytest.raises(RunError, match="There is no run folder"):
        RunFolder.open(Path("nowhere"))

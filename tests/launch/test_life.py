"""A life in a run folder: told trial by trial, killed and gone on with bit for bit."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

from innervate.agents.brains.forager import FORAGER, SENSES
from innervate.agents.experience.senses.place import PlaceConfig
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.errors import ConfigError, RunError
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.life import LIFE, TRIALS, Life
from innervate.launch.run.training import Run

BY_RAYS = {**SENSES, "place": PlaceConfig(channel="ray", places=144)}
"""The forager where no OpenGL is."""
DAY: dict[str, Any] = {"trials": 2, "trial_s": 3.0, "probe_s": 1.0, "explore_s": 4.0}


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("life") / "forager"
    world = WorldConfig(id="innervate/HiddenGoal-v0", options=DAY, senses=tuple(BY_RAYS.values()))
    learner = CMAConfig(population=4)
    Run.start(RunConfig(world=world, controller=FORAGER, learner=learner, steps=1,
                        evaluation=EvaluationConfig(every_steps=0)), out)  # fmt: skip
    return out


@pytest.fixture
def folder(untrained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(untrained, tmp_path / "forager"))


def lived(folder: Path, *pieces: int, lesion: Sequence[str] = ()) -> tuple[bytes, list[dict[str, Any]]]:
    """All that is kept after so many steps, each piece in a life of its own, and the diary."""
    for steps in pieces:
        life = Life(folder, lesion)
        life.live(steps)
        life.close()
    diary = (folder / TRIALS).read_text(encoding="utf-8").splitlines()
    return (folder / LIFE).read_bytes(), [json.loads(line) for line in diary]


def test_a_life_stopped_anywhere_is_the_same_life(folder: Path, tmp_path: Path) -> None:
    """In an exploration, in a trial, in another episode; and killed: what came after the last line is lived again."""
    other, killed = (Path(shutil.copytree(folder, tmp_path / name)) for name in ("other", "killed"))
    whole, told = lived(folder, 170)
    pieces, again = lived(other, 17, 60, 93)
    assert told == again and [t["number"] for t in told][:3] == [0, 1, 2] and told[-1]["episode"] == 1
    assert told[0]["probe"] and told[0]["latency_s"] == pytest.approx(4.0)
    life = Life(killed)
    life.live(100)
    for _ in range(20):  # lived, but not kept
        life.env.step(np.zeros((1, 2), np.float32))
    with open(killed / TRIALS, "a", encoding="utf-8") as file:
        file.write('{"step": 7')  # torn
    life.close()
    after, retold = lived(killed, 70)
    assert retold == told
    assert pieces == whole and after == whole


def test_a_life_keeps_its_lesions_and_its_folder(folder: Path) -> None:
    lived(folder, 5, lesion=("remembered_familiarity",))
    with pytest.raises(ConfigError, match="was begun with the lesions"):
        Life(folder)
    (folder / LIFE).write_bytes(b"no")
    with pytest.raises(RunError, match="damaged"):
        Life(folder, ("remembered_familiarity",))
    with pytest.raises(RunError, match="run folder"):
        Life(Path("swim-entrained"))


def test_a_life_of_other_parts_or_of_another_format_is_named(folder: Path) -> None:
    lived(folder, 5)
    with safe_open(folder / LIFE, framework="numpy") as file:
        about: dict[str, Any] = json.loads(file.metadata()["life"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118

    def refused(told: dict[str, Any], kept: dict[str, np.ndarray], match: str) -> None:
        (folder / LIFE).write_bytes(save(kept, {"life": json.dumps(told)}))
        with pytest.raises(RunError, match=match):
            Life(folder)

    name = next(name for name in arrays if "held/" in name)
    refused(about, {k: v for k, v in arrays.items() if k != name}, f"lacks '{name}'.*version that began it")
    refused(about, arrays | {"world.wings": np.zeros(2, np.float32)}, r"has 'world\.wings'")
    refused({**about, "format": 99}, arrays, "format 99")
    (folder / LIFE).write_bytes(save(arrays, {"life": json.dumps({k: v for k, v in about.items() if k != "format"})}))
    assert len(lived(folder, 3)[1]) == 0  # from before formats: goes on

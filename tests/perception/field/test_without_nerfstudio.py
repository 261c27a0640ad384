"""What concerns nerfstudio where it is not installed: one sentence, no unpickling, torchvision's operators."""

import importlib.util
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from innervate.errors import ConfigError, MissingExtraError
from innervate.perception.field.nerf.runs import load_run
from innervate.perception.field.radiance.voxel import VoxelField


class Evil:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (str(self.path),)


def run_of(folder: Path, state: object) -> Path:
    (folder / "nerfstudio_models").mkdir(parents=True)
    evil = "!!python/object/apply:os.system ['touch ran']"
    (folder / "config.yml").write_text(f"{evil}\nmethod_name: innervate-nerfacto\n")
    torch.save({"pipeline": state, "step": 3}, folder / "nerfstudio_models/step-000000003.ckpt")
    return folder


def test_a_malicious_checkpoint_is_not_run(tmp_path: Path) -> None:
    folder = run_of(tmp_path / "run", {"_model.grid": Evil(tmp_path / "ran")})
    with pytest.raises(ConfigError, match="nothing in it was run"):
        load_run(folder)
    assert not (tmp_path / "ran").exists()
    with (folder / "nerfstudio_models/step-000000003.ckpt").open("wb") as file:
        pickle.dump(Evil(tmp_path / "ran"), file)
    with pytest.raises(ConfigError, match="nothing in it was run"):
        load_run(folder)
    assert not (tmp_path / "ran").exists()


def test_a_damaged_checkpoint_is_said_to_be_one(tmp_path: Path) -> None:
    folder = run_of(tmp_path / "run", {})
    path = folder / "nerfstudio_models/step-000000003.ckpt"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ConfigError, match="no checkpoint that can be read"):
        load_run(folder)
    path.unlink()
    with pytest.raises(ConfigError, match="no checkpoint in"):
        load_run(folder)
    with pytest.raises(ConfigError, match="no run of nerfstudio"):
        load_run(tmp_path / "nowhere")


def test_a_voxel_run_needs_no_nerfstudio(field: VoxelField, tmp_path: Path) -> None:
    folder = run_of(tmp_path / "run", {
        "_model.grid": torch.from_numpy(field.grid), "_model.leap": torch.from_numpy(field.leap),
        "_model.shape": torch.tensor(field.shape), "_model.origin": torch.from_numpy(field.origin),
        "_model.voxel_m": torch.tensor(field.voxel_m, dtype=torch.float64),
    })  # fmt: skip
    back = load_run(folder)
    assert isinstance(back, VoxelField)
    assert back.bounds == pytest.approx(field.bounds) and (back.grid == field.grid).all()


@pytest.mark.skipif(importlib.util.find_spec("nerfstudio") is not None, reason="nerfstudio is installed")
def test_without_nerfstudio_the_command_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"pip install --no-deps nerfstudio==1\.1\.5"):
        load_run(run_of(tmp_path / "run", {"_model.field.aabb": torch.zeros(2, 3)}))


def test_torchvision_s_missing_operators_are_defined() -> None:
    code = (
        "import torch\n"
        "from innervate.perception.field.nerf.torchvision_cpu import define\n"
        "define(); define()\n"
        "boxes = torch.tensor([[0, 0, 2, 2], [0, 0, 2, 2.2], [5, 5, 6, 6], [0, 0, 1, 1.0]])\n"
        "print(torch.ops.torchvision.nms(boxes, torch.tensor([0.5, 0.9, 0.8, 0.1]), 0.5).tolist())\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[1, 2, 3]"

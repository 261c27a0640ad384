"""nerfstudio's own commands on a tiny capture, offline and on the CPU; `.ci/nerf` builds an environment for them.

`INNERVATE_NERF=required` turns a missing nerfstudio from a reason to skip into a failure.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

if os.environ.get("INNERVATE_NERF") != "required":
    pytest.importorskip("nerfstudio")

from innervate.perception.field.capture.capture import Capture
from innervate.perception.field.capture.folder import save_capture
from innervate.perception.field.field import NeuralField, psnr
from innervate.perception.field.nerf.runs import load_run
from innervate.perception.field.radiance.voxel import VoxelField

pytestmark = pytest.mark.filterwarnings("ignore")  # nerfstudio's own
STEPS = {"innervate-voxel": 40, "innervate-nerfacto": 15}


def ns(command: str, *arguments: str | Path) -> None:
    """Run one of nerfstudio's commands of this environment."""
    line = [str(Path(sys.executable).parent / command), *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module", params=STEPS)
def run(request: pytest.FixtureRequest, capture: Capture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    save_capture(capture, folder / "capture")
    ns("ns-train", request.param, "--data", folder / "capture", "--output-dir", folder / "out", "--timestamp", "t",
       "--experiment-name", "e", "--max-num-iterations", str(STEPS[request.param]))  # fmt: skip
    return folder / "out/e" / request.param / "t"


def test_it_trains_evaluates_renders_and_reloads(run: Path, capture: Capture, tmp_path: Path) -> None:
    ns("ns-eval", "--load-config", run / "config.yml", "--output-path", tmp_path / "eval.json")
    told = json.loads((tmp_path / "eval.json").read_text())["results"]["psnr"]
    ns("ns-render", "dataset", "--load-config", run / "config.yml", "--output-path", tmp_path / "pictures",
       "--rendered-output-names", "rgb", "depth", "--split", "test")  # fmt: skip
    assert len(list((tmp_path / "pictures/test/rgb").iterdir())) == len(capture.held_out)
    field, tests = load_run(run / "config.yml"), capture.testing
    assert isinstance(field, NeuralField)
    views = [field.render(pose, tests.camera) for pose in tests.poses]
    ours = float(np.mean([psnr(v.rgb, image) for v, image in zip(views, tests.images, strict=True)]))
    assert ours == pytest.approx(told, abs=0.05)  # the frame, the lens and the weights are the same
    assert told > (20 if isinstance(field, VoxelField) else 8)
    if isinstance(field, VoxelField):
        assert tests.depth is not None
        assert np.median(np.abs(np.stack([v.depth for v in views]) - tests.depth)) < 0.04
        assert field.bounds[0] == pytest.approx(capture.bounds[0])


def test_the_fused_hash_encoding_has_the_torch_one_s_values_and_gradients() -> None:
    import torch
    from nerfstudio.field_components.encodings import HashEncoding  # pyright: ignore[reportMissingImports]

    from innervate.perception.field.nerf.hash_encoding import FusedHashEncoding, fuse

    torch.manual_seed(0)
    theirs, ours = (HashEncoding(6, 16, 256, 12, implementation="torch") for _ in range(2))
    ours.load_state_dict(theirs.state_dict())
    assert fuse(ours) == 1 and type(ours) is FusedHashEncoding and fuse(ours) == 0
    points = torch.cat([torch.rand(500, 3), torch.tensor([[0.0, 0, 0], [1, 1, 1], [0.5, 0.25, 0.125]])])
    upstream = torch.randn(503, 12)
    for encoding in (theirs, ours):
        encoding(points).backward(upstream)
    assert torch.allclose(ours(points), theirs(points), rtol=1e-5, atol=1e-9)
    assert torch.allclose(ours.hash_table.grad, theirs.hash_table.grad, rtol=1e-4, atol=1e-6)
    loose = points.clone().requires_grad_()
    ours(loose).sum().backward()  # gradients by position fall back to theirs
    assert loose.grad is not None


def test_a_capture_that_is_wrong_stops_before_training(capture: Capture, tmp_path: Path) -> None:
    save_capture(capture, tmp_path)
    document = json.loads((tmp_path / "transforms.json").read_text())
    for frame in document["frames"]:
        frame["transform_matrix"] = (np.array(frame["transform_matrix"]) * [1, -1, -1, 1]).tolist()
    (tmp_path / "transforms.json").write_text(json.dumps(document))
    line = [str(Path(sys.executable).parent / "ns-train"), "innervate-voxel", "--data", str(tmp_path),
            "--output-dir", str(tmp_path / "out")]  # fmt: skip
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "look like OpenCV's" in done.stderr

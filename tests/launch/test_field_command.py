"""`innervate field` as a new user types it, on a capture without OpenGL."""

import json
from pathlib import Path

import mujoco
import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.envs.sight.gl import probe
from innervate.launch.cli import main
from innervate.perception.field.radiance.checkpoint import load_field

needs_gl = pytest.mark.skipif("ok" not in probe().values(), reason="no OpenGL library here can render a frame")


def test_depth_and_labels_need_no_opengl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("innervate.envs.sight.gl.choose", lambda: pytest.fail("OpenGL was asked for"))
    main(["field", "capture", "flat", "--out", str(tmp_path), "--views", "3", "--held-out", "1", "--size", "16",
          "--no-colours", "--way", "path"])  # fmt: skip
    document = json.loads((tmp_path / "transforms.json").read_text())
    assert len(document["frames"]) == 4 and len(document["test_filenames"]) == 1
    assert "3 views to train on" in capsys.readouterr().out


@needs_gl
def test_from_a_scene_to_a_path_and_a_mesh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["field", "capture", "room", "--views", "24", "--held-out", "2", "--size", "48"])
    main(["field", "train", "capture", "--cpu-s", "0", "--rays", "200000", "--voxel-m", "0.07"])
    shown = capsys.readouterr().out
    assert shown.count("PSNR") >= 10 and "held-out views" in shown
    main(["field", "render", "field.safetensors", "--capture", "capture"])
    assert len(list((tmp_path / "views").glob("*.png"))) == 2
    main(["field", "plan", "field.safetensors", "--capture", "capture", "--start", "2.5", "2.6", "--goal", "3.0", "2.0",
          "--radius-m", "0.1", "--height-m", "0.2", "0.4"])  # fmt: skip
    way = np.loadtxt("plan.csv", delimiter=",", skiprows=1)
    assert way[0] == pytest.approx([2.5, 2.6]) and way[-1] == pytest.approx([3.0, 2.0])
    assert (tmp_path / "plan.png").stat().st_size > 5000
    main(["field", "export", "field.safetensors", "--capture", "capture", "--label", "chest",
          "--out", "chest.xml"])  # fmt: skip
    assert mujoco.MjModel.from_xml_path("chest.xml").nbody == 2
    main(["field", "export", "field.safetensors", "--out", "room.obj"])
    main(["field", "export", "field.safetensors", "--capture", "capture", "--out", "space.npz"])
    with np.load("space.npz", allow_pickle=False) as space:
        assert space["state"].shape == load_field(Path("field.safetensors")).shape
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["field", "export", "field.safetensors", "--label", "chest", "--out", "chest.xml"])
    assert "give --capture" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["field", "export", "field.safetensors", "--label", "chst", "--out", "chest.xml"])
    assert "Did you mean 'chest'" in capsys.readouterr().err


def test_mistakes_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line, sentence in (
        (["field", "train", str(tmp_path)], "no transforms.json"),
        (["field", "render", str(tmp_path / "x.safetensors")], "There is no field"),
        (["field", "capture", "rom", "--no-colours"], "Did you mean 'room'"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(line)
        error = capsys.readouterr().err
        assert ended.value.code == 2 and sentence in error and len(error.strip().splitlines()) == 1

"""Captures that would fill the memory or the screen: one sentence, at once."""

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from innervate.errors import InnervateError
from innervate.launch.cli import main
from innervate.perception.field.capture.folder import load_capture

from .test_foreign_captures import write


def one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["field", "train", str(folder), "--out", str(folder / "f.safetensors")])
    error = capsys.readouterr().err
    assert ended.value.code == 2 and len(error.strip().splitlines()) == 1 and not (folder / "f.safetensors").exists()
    return error


def test_a_picture_of_a_hundred_megapixels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    Image.new("1", (10_000, 10_000), 1).save(tmp_path / "images/4.png")
    assert "100 megapixels" in one_sentence(tmp_path, capsys)
    Image.new("1", (20_000, 10_000), 1).save(tmp_path / "images/4.png")  # a bomb by Pillow's own measure
    assert "4.png is not an image" in one_sentence(tmp_path, capsys)


def test_a_mask_of_a_hundred_megapixels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, lambda d: d["frames"][2].update(mask_path="mask.png"))
    Image.new("1", (10_000, 10_000), 1).save(tmp_path / "mask.png")
    assert "100 megapixels" in one_sentence(tmp_path, capsys)


def test_a_json_of_fifty_megabytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    text = (tmp_path / "transforms.json").read_text()
    (tmp_path / "transforms.json").write_text(text + " " * 50_000_000)
    assert "50 MB" in one_sentence(tmp_path, capsys)


def test_a_json_of_a_hundred_thousand_brackets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "transforms.json").write_text("[" * 100_000)
    assert "damaged" in one_sentence(tmp_path, capsys)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_poses_that_are_no_numbers_name_their_picture(
    value: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(d: dict[str, Any]) -> None:
        d["frames"][3]["transform_matrix"][1][3] = value

    write(tmp_path, change)
    assert "The pose of images/3.png holds NaN or infinity" in one_sentence(tmp_path, capsys)


@pytest.mark.parametrize("seed", range(40))
def test_any_key_may_hold_anything(seed: int, tmp_path: Path) -> None:
    """A value of another kind somewhere in the file: read, or refused as every mistake is."""
    rng = np.random.default_rng(seed)
    write(tmp_path)
    document = json.loads((tmp_path / "transforms.json").read_text())
    document.update(k1=0.0, camera_model="OPENCV", aabb_scale=4, scale=0.33, offset=[0.5] * 3, bounds=[[-1], [1]],
                    train_filenames=["images/0.png"], depth_unit_scale_factor=0.001, label_names=["a"])  # fmt: skip
    strange: list[Any] = [None, "", "x", [], {}, -1, 1e308, True, float("nan"), [[1]], {"a": 1}]
    part = document if rng.random() < 0.6 else document["frames"][int(rng.integers(9))]
    part[sorted(part)[int(rng.integers(len(part)))]] = strange[int(rng.integers(len(strange)))]
    (tmp_path / "transforms.json").write_text(json.dumps(document))
    with contextlib.suppress(InnervateError):
        load_capture(tmp_path)

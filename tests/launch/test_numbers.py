"""Numbers that mean nothing, in commands on pictures: one sentence with the option's name, before anything is done."""

from pathlib import Path

import pytest

from innervate.launch.cli import main

WRONG = [
    ("field capture room --views 0", "--views is a number from 1; 0 was asked"),
    ("field capture room --views -3", "--views is"),
    ("field capture room --held-out -1", "--held-out is"),
    ("field capture room --size 0", "--size is"),
    ("field capture room --seed -1", "--seed is"),
    ("field train . --rays 0", "--rays is"),
    ("field train . --cpu-s -3", "--cpu-s is"),
    ("field train . --cpu-s nan", "--cpu-s is a number from 0; nan was asked"),
    ("field train . --voxel-m 0", "--voxel-m is a number above 0; 0 was asked"),
    ("field train . --seed -1", "--seed is"),
    ("field train . --out field.bin", "field.bin has another ending"),
    ("field localise f.safetensors --capture . --off-m -1", "--off-m is"),
    ("field plan f.safetensors --capture . --start 0 0 --goal 1 1 --radius-m -1", "--radius-m is"),
    ("field plan f.safetensors --capture . --start nan 0 --goal 1 1", "--start, --goal"),
    ("record swim --seconds -1 --out a.mp4", "--seconds is"),
    ("record swim --seconds nan --out a.mp4", "--seconds is"),
    ("record swim --seed -1 --out a.mp4", "--seed is"),
    ("record swim --size 0 10 --out a.mp4", "--size is"),
    ("train swim --steps 1e3000", "steps"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG)
def test_a_number_that_means_nothing(
    words: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(words.split())
    said = capsys.readouterr().err
    assert stop.value.code == 2 and sentence in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_picture_is_no_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "transforms.json").write_text("{}")
    with pytest.raises(SystemExit):
        main(["field", "render", str(tmp_path / "transforms.json")])
    assert "is no field" in capsys.readouterr().err


def test_an_opengl_backend_that_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUJOCO_GL", "elg")
    with pytest.raises(SystemExit):
        main(["field", "capture", "room"])
    said = capsys.readouterr().err
    assert "MUJOCO_GL=elg names no OpenGL backend; egl, osmesa, glfw" in said and said.count("\n") == 1

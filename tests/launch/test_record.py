"""Videos, animations and pictures, of runs and of tasks."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from innervate.envs.sight import gl
from innervate.launch.cli import main
from innervate.launch.run.video import encoded, raster

needs_gl = pytest.mark.skipif("ok" not in gl.probe().values(), reason="no OpenGL here")


@needs_gl
@pytest.mark.parametrize(("name", "frames", "height"), [("a.webp", 3, 120), ("a.gif", 3, 120), ("a.jpg", 1, 120)])
def test_the_ending_says_what_is_written(trained: Path, name: str, frames: int, height: int, tmp_path: Path) -> None:
    words = ["record", str(trained), "--seconds", "0.25", "--size", "160", "120", "--out", str(tmp_path / name)]
    main(words)
    with Image.open(tmp_path / name) as picture:
        assert picture.size == (160, height) and getattr(picture, "n_frames", 1) == frames


@needs_gl
def test_a_task_is_recorded_too_through_a_camera_that_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["record", "swim", "--seconds", "0.1", "--size", "80", "60", "--out", str(tmp_path / "x" / "swim.png")])
    assert (tmp_path / "x" / "swim.png").exists()
    for words, told in (
        (["--out", "a.jpg", "--camera", "nothere"], "track"), (["--out", "a.bmp"], "ends in"), ([], "Where to"),
    ):  # fmt: skip
        with pytest.raises(SystemExit) as stop:
            main(["record", "swim", *words])
        assert stop.value.code == 2 and told in capsys.readouterr().err


def test_the_raster_shows_the_newest_at_the_right() -> None:
    seen = [np.array([float(k == 9), 0.5]) for k in range(10)]  # the first unit fires last; the second never changes
    picture = raster(seen, 9, 100, steps=10, least=1)
    assert picture.shape == (4, 100, 3) and picture[0, -1, 0] == 255 and picture[0, 0, 0] < 30


def test_an_animation_keeps_its_pace() -> None:
    data = encoded([np.full((8, 8, 3), shade, np.uint8) for shade in (0, 100, 200)], ".gif", 10.0)
    assert data[:4] == b"GIF8"

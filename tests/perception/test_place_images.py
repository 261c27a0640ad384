from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from innervate.errors import ConfigError
from innervate.perception.place.images import check_images, load_images
from innervate.perception.place.preprocess import grey, patch_normalise, patch_normalised_pixels, resize


def save(folder: Path, name: str, shape: tuple[int, int] = (4, 6), value: int = 7) -> None:
    Image.fromarray(np.full((*shape, 3), value, np.uint8)).save(folder / name)


def test_a_folder_is_read_in_the_order_of_names_and_other_files_are_left_alone(tmp_path: Path) -> None:
    save(tmp_path, "b.png", value=2)
    save(tmp_path, "a.png", value=1)
    (tmp_path / "notes.txt").write_text("not an image")
    folder = load_images(tmp_path)
    assert folder.names == ("a.png", "b.png")
    assert folder.images[:, 0, 0, 0].tolist() == [1, 2]


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "b.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.jpg").write_text("text")
    with pytest.raises(ConfigError, match=r"b\.png"):
        load_images(tmp_path)
    assert load_images(tmp_path, skip_corrupt=True).corrupt == ("b.png", "c.jpg")


def test_unequal_sizes_empty_and_missing_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no image"):
        load_images(tmp_path)
    save(tmp_path, "a.png")
    save(tmp_path, "b.png", shape=(4, 5))
    with pytest.raises(ConfigError, match=r"b\.png is 5 x 4 .* a\.png is 6 x 4"):
        load_images(tmp_path)
    with pytest.raises(ConfigError, match="no folder"):
        load_images(tmp_path / "elsewhere")


@pytest.mark.parametrize("bad", [np.zeros((2, 3, 3)), np.zeros((3, 3), np.uint8), np.zeros((0, 3, 3), np.uint8)])
def test_arrays_that_are_not_images_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ConfigError):
        check_images(bad)


def test_resize_reproduces_a_linear_ramp_at_half_pixel_centres() -> None:
    ramp = np.tile(np.arange(64, dtype=np.float32), (1, 32, 1))
    small = resize(ramp, (16, 32))
    assert np.allclose(small[0, 0], np.arange(32) * 2 + 0.5, atol=1e-5)


def test_grey_weighs_the_channels_as_luma() -> None:
    pixel = np.array([[[[10, 20, 30]]]], np.uint8)
    assert grey(pixel)[0, 0, 0] == pytest.approx(0.299 * 10 + 0.587 * 20 + 0.114 * 30, rel=1e-6)


def test_patch_normalisation_equals_the_definition_pixel_by_pixel() -> None:
    image = np.random.default_rng(0).uniform(0, 255, (1, 12, 9)).astype(np.float32)
    padded = np.pad(image[0].astype(float), 3, constant_values=np.nan)
    for ddof in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(padded, (7, 7)).reshape(12, 9, -1)
        expected = (image[0] - np.nanmean(windows, -1)) / np.nanstd(windows, -1, ddof=ddof)
        assert np.allclose(patch_normalise(image, 7, ddof)[0], np.clip(expected, -1, 1), atol=1e-5)


def test_a_black_or_flat_frame_has_no_contrast_rather_than_nan() -> None:
    for value in (0, 77, 255):
        assert (patch_normalised_pixels(np.full((1, 32, 64), value, np.uint8)) == 127).all()

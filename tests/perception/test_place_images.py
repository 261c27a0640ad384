from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from innervate.errors import ConfigError
from innervate.perception.place.images.images import check_images, load_images
from innervate.perception.place.images.preprocess import grey, patch_normalise, patch_normalised_pixels, resize


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


def test_empty_and_missing_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no image"):
        load_images(tmp_path)
    with pytest.raises(ConfigError, match="no folder"):
        load_images(tmp_path / "elsewhere")


def test_other_sizes_are_brought_to_the_first_one_s(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    save(tmp_path, "b.png", shape=(8, 5), value=9)
    folder = load_images(tmp_path)
    assert folder.images.shape == (2, 4, 6, 3) and (folder.images[1] == 9).all()


def test_names_are_sorted_as_people_count(tmp_path: Path) -> None:
    for n in (0, 1, 2, 10, 11, 100):
        save(tmp_path, f"{n}.png", value=n)
        save(tmp_path, f"IMG_{n}b.PNG", value=n)
    names = load_images(tmp_path).names
    counted = ("0.png", "1.png", "2.png", "10.png", "11.png", "100.png")
    assert names == counted + tuple(f"IMG_{n}b.PNG" for n in (0, 1, 2, 10, 11, 100))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_phone_s_orientation_is_applied(orientation: int, tmp_path: Path) -> None:
    upright = np.random.default_rng(0).integers(0, 255, (4, 6, 3)).astype(np.uint8)
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: np.rot90(upright.swapaxes(0, 1), 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(turned)).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(load_images(tmp_path).images[0], upright)


def test_sixteen_bits_keep_their_upper_eight(tmp_path: Path) -> None:
    values = np.array([[0, 256, 65535], [511, 512, 32768]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    np.testing.assert_array_equal(load_images(tmp_path).images[0, ..., 0], values // 256)


def test_what_a_mac_leaves_is_ignored_and_what_is_not_read_is_named(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    (tmp_path / "._a.png").write_bytes(b"Mac OS X")
    (tmp_path / "b.HEIC").write_bytes(b"ftypheic")
    folder = load_images(tmp_path)
    assert folder.names == ("a.png",) and folder.unread == ("b.HEIC",) and folder.corrupt == ()


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_large_pictures_are_shrunk_by_averaging(ending: str, tmp_path: Path) -> None:
    board = np.kron(np.arange(6 * 4).reshape(4, 6), np.full((160, 160), 10)).astype(np.uint8)
    Image.fromarray(board).save(tmp_path / f"a.{ending}")
    image = load_images(tmp_path).images[0, ..., 0]
    assert max(image.shape) <= 256 and image.shape[1] * 4 == image.shape[0] * 6
    side = image.shape[0] // 4
    np.testing.assert_allclose(image[side // 2 :: side, side // 2 :: side], board[80::160, 80::160], atol=3)


def test_a_hundred_megapixels_are_read_and_a_bomb_is_refused(tmp_path: Path) -> None:
    Image.new("1", (10_000, 10_000), 1).save(tmp_path / "a.png")
    assert (load_images(tmp_path).images == 255).all()
    Image.new("1", (14_000, 13_000)).save(tmp_path / "b.png")
    with pytest.raises(ConfigError, match="bomb"):
        load_images(tmp_path)


@pytest.mark.filterwarnings("ignore")
def test_every_nth_frame_of_a_video(tmp_path: Path) -> None:
    frames = np.repeat(np.arange(0, 240, 20, dtype=np.uint8), 32 * 48 * 3).reshape(12, 32, 48, 3)
    iio.imwrite(tmp_path / "a.mp4", frames, fps=10, macro_block_size=16)
    folder = load_images(tmp_path / "a.mp4", every=3)
    assert folder.names == ("a.mp4#0", "a.mp4#3", "a.mp4#6", "a.mp4#9")
    np.testing.assert_allclose(folder.images.mean((1, 2, 3)), [0, 60, 120, 180], atol=6)
    (tmp_path / "b.mp4").write_bytes(b"none")
    with pytest.raises(ConfigError, match="not a video"):
        load_images(tmp_path / "b.mp4")


@pytest.mark.filterwarnings("ignore")
def test_a_video_without_frames_is_told(tmp_path: Path) -> None:
    frames = np.zeros((4, 32, 48, 3), np.uint8)
    iio.imwrite(tmp_path / "a.mp4", frames, fps=10, macro_block_size=16)
    whole = (tmp_path / "a.mp4").read_bytes()
    box = b"\0\0\0\x08free"
    emptied = {
        "nothing": b"",
        "a header": whole[: whole.find(b"mdat") - 4] + box,
        "no tracks": whole[: whole.find(b"ftyp") - 4 + int.from_bytes(whole[:4], "big")] + b"\0\0\0\x08moov",
        "no pictures": whole[: whole.find(b"mdat") + 4] + b"\0" * 64,
    }
    for data in emptied.values():
        (tmp_path / "b.mp4").write_bytes(data)
        with pytest.raises(ConfigError, match=r"b\.mp4") as caught:
            load_images(tmp_path / "b.mp4")
        assert "\n" not in str(caught.value)


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

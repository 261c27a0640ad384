"""Pictures, masks and depth files as they are decoded; what a decoder would lose is kept or refused by name."""

import os
import unicodedata
import warnings
from pathlib import Path, PureWindowsPath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from innervate.errors import ConfigError, NonFiniteError

_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
_DEEP = ("I", "F")
_CONVERT = frozenset({".heic", ".heif", ".avif", ".exr", ".dng", ".cr2", ".nef", ".arw", ".raw", ".jxl"})
"""Endings of pictures that Pillow does not decode."""
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)
"""The key of EXIF, and its values for pictures that are stored on their side."""
DAMAGED = (UnidentifiedImageError, OSError, SyntaxError, ValueError)
"""Pillow's ways of saying so."""


LARGEST_PIXELS = 50_000_000
"""Of a picture: a field shows far fewer, and a capture of many must fit."""


def inside(folder: Path, name: str) -> Path:
    """The file of a name written on any system; it may not lead out of its folder, but by the user's own links.

    A path of another machine (`/home/ann/room/images/1.png`, `C:/room/images/1.png`) is looked for by its end.
    """
    path, there = folder / plain(name), PureWindowsPath(name)
    if path.is_absolute() and path.is_relative_to(folder.absolute()):
        path = folder / path.relative_to(folder.absolute())
    if there.root and ".." not in there.parts and not (_within(path, folder) and path.is_file()):
        ends = (folder.joinpath(*there.parts[k:]) for k in range(1, len(there.parts)))
        path = next((p for p in ends if p.is_file()), path)
    if not _within(path, folder):
        raise ConfigError(f"{name} leads out of {folder}; a capture reads its own files only: put the pictures, or a "
                          "link to them, into it, and name them from there.")
    return path


def _within(path: Path, folder: Path) -> bool:
    return Path(os.path.normpath(path)).is_relative_to(os.path.normpath(folder))


def plain(name: object) -> str:
    """A name with `/` between folders and without a leading `./`."""
    return str(name).replace("\\", "/").removeprefix("./")


def find_picture(folder: Path, name: str) -> Path | None:
    """The file of a picture; None if there is none.

    Its ending may be left out or be that of another copy of it (`1.jpg` for `1.png`), and where no file has the name
    as it is written, letters are compared whatever their case and composition.
    """
    path = inside(folder, name)
    if path.is_file():
        return path
    place = path.parent
    if not place.is_dir():  # a folder's name may be composed otherwise as well
        place = next((p for p in _listed(place.parent) if p.is_dir() and _same(p.name) == _same(place.name)), place)
    files = [p for p in _listed(place) if p.is_file()]
    wanted = _same(path.name)
    stems = {wanted, _same(path.stem)} if path.suffix.lower() in _ENDINGS else {wanted}
    exact = [p for p in files if _same(p.name) == wanted]
    return next(iter(exact or [p for p in files if p.suffix.lower() in _ENDINGS and _same(p.stem) in stems]), None)


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def read_picture(
    path: Path, white_level: float | None, size: tuple[float, float] | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Colours (height, width, 3) of 8 bits, and alpha (height, width) where any pixel is not opaque.

    Grey of more than 8 bits is divided by `white_level`, the value that is white; without, it is refused. Pixels are
    taken as they are stored, as programs that find poses do; where EXIF says that they lie on their side, and `size`
    (width, height; what the intrinsics are for) is that of the upright picture alone, they are turned upright.
    """
    try:
        with _opened(path) as stored:
            upright = stored.getexif().get(ORIENTATION, 1) in LYING and (stored.height, stored.width) == size
            picture = ImageOps.exif_transpose(stored) if upright and stored.size != size else stored
            if picture.mode.split(";")[0] in _DEEP:
                deep, rgba = np.asarray(picture), None
            elif not picture.has_transparency_data:
                return np.asarray(picture.convert("RGB")), None
            else:
                deep, rgba = None, np.asarray(picture.convert("RGBA"))
    except (*DAMAGED, Image.DecompressionBombError) as error:
        how = "convert it to PNG or JPEG" if path.suffix.lower() in _CONVERT else "mend or remove it"
        raise ConfigError(f"{path} is not an image that can be read ({error}): {how}.") from error
    if deep is not None:
        return _grey(deep, path, white_level), None
    assert rgba is not None
    alpha = rgba[..., 3]
    return rgba[..., :3], None if (alpha == 255).all() else alpha


def _opened(path: Path) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # from 90 megapixels; refused from 179
        picture = Image.open(path)
    pixels = picture.width * picture.height
    if pixels > LARGEST_PIXELS:
        picture.close()
        raise ValueError(f"it has {pixels / 1e6:.0f} megapixels, and {LARGEST_PIXELS / 1e6:.0f} are read: shrink the "
                         "pictures, and the intrinsics with them")
    return picture


def _grey(values: np.ndarray, path: Path, white_level: float | None) -> np.ndarray:
    if white_level is None or not white_level > 0:
        raise ConfigError(f"{path} is grey of more than 8 bits (up to {values.max():g}), and which value is white is "
                          'not known: write "white_level" into transforms.json, 4095 for 12 bits, 65535 for 16.')
    grey = np.clip(np.round(values * (255.0 / white_level)), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, 2)


def read_mask(path: Path, size: tuple[int, int]) -> np.ndarray:
    """Which pixels of a picture of (height, width) count: those that are not black; of a JPEG, the lighter half."""
    return read_plane(path, size, grey=True) > (127 if path.suffix.lower() in (".jpg", ".jpeg") else 0)


def read_plane(path: Path, size: tuple[int, int], *, grey: bool = False) -> np.ndarray:
    """Depth, labels or (`grey`) a mask, brought to the picture's (height, width) by its nearest pixels.

    Raises:
        ConfigError: missing, damaged, or of other proportions than the picture.
        NonFiniteError: NaN among the values.
    """
    try:
        if path.suffix == ".npy":
            array = np.load(path, allow_pickle=False)
        else:
            with _opened(path) as picture:
                coloured = grey and picture.mode not in ("1", "L", "I", "I;16", "F")
                array = np.asarray(picture.convert("RGB").convert("L") if coloured else picture)
    except (*DAMAGED, Image.DecompressionBombError) as error:
        how = ": write it as PNG, or as .npy of metres" if path.suffix.lower() in _CONVERT else ""
        raise ConfigError(f"{path} is missing or cannot be read ({error}){how}.") from error
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise NonFiniteError(f"{path} holds NaN; write infinity, or 0, where there is no reading.")
    if array.ndim == 3 and 1 in (array.shape[0], array.shape[2]):
        array = array.squeeze(2 if array.shape[2] == 1 else 0)
    if array.dtype.kind not in "biuf":
        raise ConfigError(f"{path} holds {array.dtype}, and numbers are needed.")
    if array.ndim != 2:
        raise ConfigError(f"{path} has the shape {array.shape}; one value a pixel is needed, not colours.")
    if array.shape == size:
        return array
    if 0 in array.shape or abs(array.shape[0] * size[1] - array.shape[1] * size[0]) > max(size):
        raise ConfigError(f"{path} has the shape {array.shape}, which has other proportions than the picture's "
                          f"{size[1]} x {size[0]}.")
    row, column = (((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip(size, array.shape, strict=True))
    return array[np.ix_(row, column)]

"""Folders of images in, arrays out; what cannot be read is named."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from innervate.errors import ConfigError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
"""Endings of file names that count as images; other files in a folder are left alone."""


@dataclass(frozen=True)
class ImageFolder:
    """The images of one traverse, in the order of their file names."""

    images: UInt8[np.ndarray, "image height width 3"]
    names: tuple[str, ...]
    """File names, in the order of `images`."""
    corrupt: tuple[str, ...] = ()
    """Files with an image's ending that could not be decoded and were left out."""


def check_images(images: np.ndarray) -> None:
    """Raise `ConfigError` unless `images` is a non-empty stack of grey or RGB images of 8 bits."""
    grey, rgb = images.ndim == 3, images.ndim == 4 and images.shape[-1] == 3
    if images.dtype != np.uint8 or not (grey or rgb):
        raise ConfigError(
            "Images come as uint8 arrays of shape (n, height, width) or (n, height, width, 3); "
            f"this one is {images.dtype} of shape {images.shape}. One image alone needs a leading axis: image[None]."
        )
    if images.size == 0:
        raise ConfigError(f"There is no image in an array of shape {images.shape}; at least one is needed.")


def _decode(path: Path) -> UInt8[np.ndarray, "height width 3"]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def load_images(folder: Path, *, limit: int | None = None, skip_corrupt: bool = False) -> ImageFolder:
    """All images of a folder, sorted by file name.

    Files without an image's ending are ignored. A file that has one but cannot be decoded raises `ConfigError`, or
    is left out and named in `corrupt` if `skip_corrupt`. So does an image whose size differs from the first one's:
    places would not be comparable.
    """
    if not folder.is_dir():
        raise ConfigError(f"There is no folder {folder}; a folder of images is needed.")
    paths = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in SUFFIXES)[:limit]
    images: list[UInt8[np.ndarray, "height width 3"]] = []
    names: list[str] = []
    corrupt: list[str] = []
    for path in paths:
        try:
            image = _decode(path)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:  # Pillow's ways of saying "damaged"
            if not skip_corrupt:
                raise ConfigError(f"{path} is not an image that can be decoded ({error}); mend or remove it, "
                                  "or have damaged files skipped.") from error
            corrupt.append(path.name)
            continue
        if images and image.shape != images[0].shape:
            raise ConfigError(f"{path.name} is {image.shape[1]} x {image.shape[0]} pixels and {names[0]} is "
                              f"{images[0].shape[1]} x {images[0].shape[0]}; all images of a folder share one size.")
        images.append(image)
        names.append(path.name)
    if not images:
        raise ConfigError(f"{folder} holds no image; known endings: {', '.join(sorted(SUFFIXES))}.")
    return ImageFolder(np.stack(images), tuple(names), tuple(corrupt))

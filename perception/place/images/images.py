"""Folders of images and videos in, arrays out; what cannot be read is named."""

import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from innervate.errors import ConfigError

from .events import EVENTS, event_pictures

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
"""Endings of file names that count as images."""
UNREAD = frozenset({
    ".heic", ".heif", ".avif", ".gif", ".jxl", ".dng", ".cr2", ".nef", ".arw", ".raw", ".exr", ".aedat", ".aedat4",
})  # fmt: skip
"""Endings that look like pictures and are not read; such files are named, others are left alone."""
VIDEOS = frozenset({".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg"})
LEFT = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN"})
"""Folders that systems leave beside one's own, with copies of pictures among them."""
LONGEST = 256
"""Pixels of an image's longer side, at most: recognisers look at far fewer, and a thousand photographs must fit."""
DAMAGED = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""Pillow's ways of saying so."""


@dataclass(frozen=True)
class ImageFolder:
    """The images of one traverse, in the natural order of their file names (`2.png` before `10.png`)."""

    images: UInt8[np.ndarray, "image height width 3"]
    names: tuple[str, ...]
    """File names, or numbers of a video's frames, in the order of `images`."""
    corrupt: tuple[str, ...] = ()
    """Files with an image's ending that could not be decoded and were left out."""
    unread: tuple[str, ...] = ()
    """Files whose endings look like pictures of a kind that is not read."""
    files: tuple[Path, ...] = ()
    """The files of `images`; empty where they are not files of their own."""
    below: int = 0
    """Images in subfolders, which were left alone since the folder has some of its own."""


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


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts names as people count: digits as numbers, letters whatever their case."""
    pieces = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in pieces if p)


def load_images(source: Path, *, limit: int | None = None, skip_corrupt: bool = False, every: int = 1) -> ImageFolder:
    """All images of a folder, in the natural order of their names, every n-th frame of a video, or a file of events.

    A folder that has only folders gives the images of these, one after another (`drive/left/1.png` after
    `drive/front/9.png`), named with their folders.
    Images are turned as their EXIF orientation says, shrunk to `LONGEST` as they are read (by whole factors, averaging)
    and then to the size of the first where they differ from it; grey ones of 16 bits keep their upper eight. What a Mac
    leaves beside its files (`._*`) is ignored.

    Raises:
        ConfigError: no such folder or video, nothing in it, or a file that cannot be decoded, unless `skip_corrupt`:
            then it is left out and named in `corrupt`.
    """
    if every < 1 or (limit is not None and limit < 1):
        raise ConfigError(f"every and limit are numbers from 1, got {every} and {limit}.")
    if source.is_file() and source.suffix.lower() in VIDEOS:
        return _stacked(source, list(_frames(source, every, limit)), [], [])
    if source.is_file() and source.suffix.lower() in EVENTS:
        pictures = islice(event_pictures(source), 0, None if limit is None else limit * every, every)
        return _stacked(source, [(name, _small(Image.fromarray(a))) for name, a in pictures], [], [])
    if source.is_file() and source.suffix.lower() in UNREAD:
        raise ConfigError(f"{source.name} is of a kind that is not read ({source.suffix}); convert pictures to PNG, "
                          "and events to a structured .npy of x, y, t and p.")
    if not source.is_dir():
        what = f"{source} is a file of another kind" if source.is_file() else f"There is no folder {source}"
        raise ConfigError(f"{what}; a folder of images, a video ({_list(VIDEOS)}) or a file of "
                          f"events ({_list(EVENTS)}) is needed.")
    found = _files(source)
    own = [p for p in found if p.parent == source]
    files = own if any(p.suffix.lower() in SUFFIXES for p in own) else found
    unread = [_name(p, source) for p in files if p.suffix.lower() in UNREAD | VIDEOS]
    below = sum(p.suffix.lower() in SUFFIXES and p.parent != source for p in found) if files is own else 0
    paths = [p for p in files if p.suffix.lower() in SUFFIXES][::every][:limit]
    kept: list[Path] = []
    read: list[tuple[str, Image.Image]] = []
    corrupt: list[str] = []
    for path in paths:
        image = _decode(path, skip_corrupt=skip_corrupt)
        if image is None:
            corrupt.append(_name(path, source))
        else:
            read.append((_name(path, source), image))
            kept.append(path)
    return replace(_stacked(source, read, corrupt, unread), files=tuple(kept), below=below)


def _files(source: Path) -> list[Path]:
    """All files in and below a folder but hidden ones and those of `LEFT`, in natural order; each folder once."""
    found: list[Path] = []
    seen: set[str] = {os.path.realpath(source)}
    for at, folders, names in os.walk(source, followlinks=True):
        real = {f: os.path.realpath(os.path.join(at, f)) for f in sorted(folders) if f[0] != "." and f not in LEFT}
        folders[:] = [f for f, where in real.items() if where not in seen]
        seen |= set(real.values())
        found += [Path(at, n) for n in names if n[0] != "."]
    return sorted(found, key=lambda p: [natural(part) for part in p.relative_to(source).parts])


def _name(path: Path, source: Path) -> str:
    return path.relative_to(source).as_posix()


def _decode(path: Path, *, skip_corrupt: bool) -> Image.Image | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # from 90 megapixels; refused from 179
            image = Image.open(path)
        with image:
            image.draft("RGB", (LONGEST, LONGEST))  # a JPEG decodes to a fraction of its size at once
            return _small(ImageOps.exif_transpose(image))
    except DAMAGED as error:
        if skip_corrupt:
            return None
        raise ConfigError(
            f"{path} is not an image that can be decoded ({error}); mend or remove it, or have damaged files skipped."
        ) from error


def _small(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        if image.mode == "F" or values.min(initial=0) < 0 or values.max(initial=0) > 65535:
            raise ValueError(f"its pixels are of mode {image.mode} and not whole numbers of 16 bits")
        image = Image.fromarray((values.astype(np.uint16) >> 8).astype(np.uint8))
    image = image.convert("RGB")
    factor = -(-max(image.size) // LONGEST)
    return image.reduce(factor) if factor > 1 else image


def _frames(path: Path, every: int, limit: int | None) -> Iterator[tuple[str, Image.Image]]:
    import imageio.v3 as iio

    taken = 0
    try:
        for number, frame in enumerate(iio.imiter(path, plugin="FFMPEG")):
            if number % every == 0:
                yield f"{path.name}#{number}", _small(Image.fromarray(frame))
                taken += 1
            if taken == limit:
                return
    except (OSError, ValueError, RuntimeError, IndexError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise ConfigError(f"{path} is not a video that can be decoded ({lines[-1].rstrip('.')}).") from error
    if taken == 0:
        raise ConfigError(f"{path} is a video without frames.")


def _stacked(source: Path, read: list[tuple[str, Image.Image]], corrupt: list[str], unread: list[str]) -> ImageFolder:
    if not read:
        others = f", only {len(unread)} that are not read ({', '.join(unread[:3])}): convert them" if unread else ""
        streams = [p.name for p in _files(source) if p.suffix.lower() in VIDEOS | EVENTS] if source.is_dir() else []
        if streams:
            others = f", but {streams[0]}: give the video or the file of events itself, not its folder"
        raise ConfigError(f"{source} holds no image{others}; known endings: {_list(SUFFIXES)}.")
    size = read[0][1].size
    images = [np.asarray(i if i.size == size else i.resize(size, Image.Resampling.BOX)) for _, i in read]
    return ImageFolder(np.stack(images), tuple(name for name, _ in read), tuple(corrupt), tuple(unread))


def _list(endings: frozenset[str]) -> str:
    return ", ".join(sorted(endings))

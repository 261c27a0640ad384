"""Arrays on disk: npz without pickle, written so that a kill leaves the old file or the new one."""

import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from innervate.errors import ConfigError


def replace_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Replace `path` by what `write` puts into a file; a kill at any instant leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Replace `path` by a file of `arrays`; one of them is `kind`, the name of what they describe."""
    replace_file(path, lambda file: np.savez(file, allow_pickle=False, **dict(arrays)))


def load_arrays(path: Path, kind: str) -> dict[str, np.ndarray]:
    """The arrays of a file that says it is of `kind`; `ConfigError` for a missing, damaged or other file."""
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise ConfigError(f"There is no file {path}.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} is not a whole file of arrays ({error}).") from error
    found = str(arrays.get("kind", "something else"))
    if found != kind:
        raise ConfigError(f"{path} holds {found!r}, not {kind!r}.")
    return arrays

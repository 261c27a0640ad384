"""Files that are whole or absent, whatever kills the writer."""

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from innervate.errors import ConfigError, RunError

__all__ = [
    "UMASK",
    "Transaction",
    "inside",
    "load_arrays",
    "read_json",
    "replace_file",
    "save_arrays",
    "sync_folder",
    "write_bytes_atomically",
    "write_text_atomically",
]

UMASK = os.umask(0)
"""What this process takes away from the permissions of new files, as it was when innervate was imported."""
os.umask(UMASK)


def replace_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Replace `path` by what `write` puts into a file; a kill at any instant leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o666 & ~UMASK)  # mkstemp keeps its files from everybody else
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data`."""
    replace_file(path, lambda file: file.write(data))


def write_text_atomically(path: Path, text: str) -> None:
    """`write_bytes_atomically` for text."""
    write_bytes_atomically(path, text.encode("utf-8"))


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Transaction:
    """Several files of a folder that change together or not at all.

    They are written to `.pending`, which is renamed to `.commit` when all are on disk, and then moved to their
    places. `recover` rolls a `.commit` forward and forgets a `.pending`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pending, self.commit = folder / ".pending", folder / ".commit"

    def recover(self) -> None:
        """Finish or forget what a killed writer left; to be called by the folder's one writer."""
        if self.commit.is_dir():
            self._roll_forward()
        shutil.rmtree(self.pending, ignore_errors=True)

    def write(self, files: Mapping[str, bytes]) -> None:
        """Replace all `files` (name to content) at once."""
        self.recover()
        self.pending.mkdir()
        for name, data in files.items():
            with open(self.pending / name, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        sync_folder(self.pending)
        os.rename(self.pending, self.commit)
        sync_folder(self.folder)
        self._roll_forward()

    def _roll_forward(self) -> None:
        for path in sorted(self.commit.iterdir()):
            os.replace(path, self.folder / path.name)
        self.commit.rmdir()
        sync_folder(self.folder)

    def find(self, name: str) -> Path:
        """Where the committed version of a file lies, for readers, who may meet a writer in mid-commit."""
        committed = self.commit / name
        return committed if committed.exists() else self.folder / name


def inside(folder: Path, path: Path) -> Path:
    """`path`, refused if it leads out of `folder` (a symbolic link, say)."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise RunError(f"{path} leads to {path.resolve()}, outside the run folder; nothing outside it is read.")
    return path


def read_json(folder: Path, path: Path) -> dict[str, Any]:
    """A JSON object from inside `folder`."""
    try:
        document = json.loads(inside(folder, path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing: {folder} is not a complete run folder.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RunError(f"{path} is damaged or truncated: {error}.") from error
    if not isinstance(document, dict):
        raise RunError(f"{path} should hold a JSON object, not a {type(document).__name__}.")
    return document


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

"""One writer for a run folder: the kernel frees the lock when its holder dies, however it dies."""

import fcntl
import os
import socket
import time
from pathlib import Path
from typing import IO

from innervate.errors import RunError


class FolderLock:
    """An exclusive lock on a folder, held until `release` or until this process ends."""

    def __init__(self, folder: Path, *, wait_s: float = 0.0) -> None:
        self._path = folder / ".lock"
        self._file: IO[str] | None = None
        deadline = time.monotonic() + wait_s
        while not self._taken():
            if time.monotonic() >= deadline:
                try:
                    holder = self._path.read_text(encoding="utf-8") or "another process"
                except FileNotFoundError:  # released this very moment
                    continue
                raise RunError(f"{folder} is being trained by {holder}; wait until it ends, or stop it.")
            time.sleep(0.2)

    def _taken(self) -> bool:
        file = open(self._path, "a+", encoding="utf-8")  # noqa: SIM115
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_ino != self._path.stat().st_ino:
                raise FileNotFoundError(self._path)
        except (BlockingIOError, FileNotFoundError):  # held, or removed by its last holder after we had opened it
            file.close()
            return False
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        """Let others write; once is enough, twice does no harm."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)  # while it is held: nobody else may be in between
            self._file.close()
            self._file = None

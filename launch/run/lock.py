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
        self._file: IO[str] | None = open(folder / ".lock", "a+", encoding="utf-8")  # noqa: SIM115
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    self._file.seek(0)
                    holder = self._file.read().strip() or "another process"
                    self._file.close()
                    raise RunError(
                        f"{folder} is being trained by {holder}; wait until it ends, or stop it, then try again."
                    ) from None
                time.sleep(0.2)
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()} on {socket.gethostname()}")
        self._file.flush()

    def release(self) -> None:
        """Let others write; once is enough, twice does no harm."""
        if self._file is not None:
            self._file.close()
            self._file = None

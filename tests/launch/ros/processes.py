"""`innervate ros serve` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


@contextmanager
def serving(
    folder: Path, *options: str, what: str = "swim", python: str = sys.executable
) -> Generator[tuple[str, int]]:
    """Address and process id of a simulation that serves."""
    out = folder / "serve.out"
    command = [python, "-m", "innervate", "ros", "serve", what, "--port", "0", *options]
    with open(out, "w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=ENVIRONMENT)
    try:
        yield _address(out, process), process.pid
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(out: Path, process: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if (found := re.search(r"\): .*?(\S+://\S+|node \S+)\n", out.read_text())) is not None:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"nothing serves: {out.read_text()}")


def innervate(*arguments: str | Path, python: str = sys.executable) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    command: Sequence[str] = [python, "-m", "innervate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=ENVIRONMENT, check=False)

"""A page as headless Chromium shows it, on a screen as wide as a phone's."""

import shutil
import subprocess
from pathlib import Path

CHROMIUM = shutil.which("chromium")


def photograph(page: Path, shot: Path) -> list[str]:
    """Write the picture of a page; returns what the page said on its console."""
    done = subprocess.run(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=420,3000",
         "--enable-logging=stderr", f"--screenshot={shot}", page.as_uri()],
        capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]

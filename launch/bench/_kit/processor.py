"""Which processor a figure of speed was measured on."""

import platform
from pathlib import Path


def processor() -> str:
    """Its name as Linux tells it, or as Python does elsewhere."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()

"""The list of packages, read from the folders: folder X at the top level is innervate.X; the root lies in launch/_root.

Everything else about the build is in pyproject.toml.
"""

from pathlib import Path

from setuptools import setup

ROOMS = ("agents", "controllers", "envs", "launch", "perception")


def packages() -> list[str]:
    """Names of all packages, the root first."""
    root = Path(__file__).parent
    folders = sorted(init.parent.relative_to(root) for room in ROOMS for init in (root / room).rglob("__init__.py"))
    # To setuptools every folder is a package, those of data too: unnamed, each would print a box when it is installed.
    data = sorted(f.relative_to(root) for room in ROOMS for f in (root / room).rglob("assets") if f.is_dir())
    return ["innervate", *(".".join(("innervate", *f.parts)) for f in (*folders, *data) if f.name != "_root")]


setup(
    packages=packages(),
    package_dir={"innervate": "launch/_root", **{f"innervate.{room}": room for room in ROOMS}},
)

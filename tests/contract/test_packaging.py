"""The list of packages in pyproject.toml is the list of folders on disk; one top-level import name."""

import importlib
import importlib.metadata
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("agents", "controllers", "envs", "launch", "perception")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib is in the standard library from 3.11")
def test_every_folder_is_listed() -> None:
    tomllib = importlib.import_module("tomllib")
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {"innervate"}
    for room in ROOMS:
        for init in (ROOT / room).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT).parts
            if "_root" not in parts:
                found.add("innervate." + ".".join(parts))
    assert listed == found


def test_every_folder_with_code_is_a_package() -> None:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), f"{path.parent} has code but no __init__.py"


def test_one_import_name() -> None:
    names = [name for name, owners in importlib.metadata.packages_distributions().items() if "innervate" in owners]
    assert [n for n in names if not n.startswith("__editable__")] == ["innervate"]

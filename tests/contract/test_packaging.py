"""Every folder with code is installed; one top-level import name."""

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest
import setuptools

ROOT = Path(__file__).parents[2]
ROOMS = ("agents", "controllers", "envs", "launch", "perception")


def test_every_folder_is_a_package_that_is_installed() -> None:
    spec = importlib.util.spec_from_file_location("setup_of_innervate", ROOT / "setup.py")
    assert spec is not None and spec.loader is not None
    setup = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **_arguments: None)  # pyright: ignore[reportUnknownLambdaType]
        spec.loader.exec_module(setup)
    listed = set(setup.packages())
    found = {"innervate"}
    for room in ROOMS:
        for init in (ROOT / room).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT).parts
            if "_root" not in parts:
                found.add("innervate." + ".".join(parts))
        for data in (ROOT / room).rglob("assets"):  # for setuptools, a package: unnamed, it prints a box
            found.add("innervate." + ".".join(data.relative_to(ROOT).parts))
    assert listed == found


def test_every_folder_with_code_is_a_package() -> None:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), f"{path.parent} has code but no __init__.py"


def test_one_import_name() -> None:
    names = [name for name, owners in importlib.metadata.packages_distributions().items() if "innervate" in owners]
    assert [n for n in names if not n.startswith("__editable__")] == ["innervate"]

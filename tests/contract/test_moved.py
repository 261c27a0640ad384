"""Old names import what took their place, say so, and stand for nothing that is gone."""

import importlib
import subprocess
import sys

import pytest

from innervate.moved import MOVED
from innervate.signals import Channel


def test_every_old_name_gives_the_new_module() -> None:
    """In a process of its own, so that no other test finds old names already imported."""
    code = (
        "import importlib, sys, warnings; warnings.simplefilter('ignore')\n"
        "import innervate; from innervate.moved import MOVED\n"
        "for old, new in MOVED.items():\n"
        "    assert importlib.util.find_spec('innervate.' + new) is not None, new\n"
        "    try: found = importlib.import_module('innervate.' + old)\n"
        "    except innervate.errors.MissingExtraError: continue\n"
        "    assert found is sys.modules['innervate.' + new], (old, found)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_old_name_warns_with_the_new_one() -> None:
    old, new = next(iter(MOVED.items()))
    sys.modules.pop(f"innervate.{old}", None)
    with pytest.warns(DeprecationWarning, match=f"innervate.{new}"):
        importlib.import_module(f"innervate.{old}")
    sys.modules.pop(f"innervate.{old}", None)
    with pytest.warns(DeprecationWarning, match="Channel"):
        from innervate.controllers import Port  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
    assert Port is Channel

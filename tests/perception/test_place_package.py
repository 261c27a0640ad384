"""What the package offers, with and without its extra; and the recorded traverses, where they are."""

import subprocess
import sys

import pytest

import innervate.perception.place as package

_WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import innervate.perception.place as place
assert place.SumOfAbsoluteDifferences and place.Place
from innervate.errors import MissingExtraError
try:
    place.SpikingMap
except MissingExtraError as error:
    assert "innervate[kernels]" in str(error)
    print("said so")
"""


def test_every_offered_name_is_there() -> None:
    pytest.importorskip("numba")
    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match="PlaceEnsembel"):
        _ = package.PlaceEnsembel  # pyright: ignore[reportAttributeAccessIssue]


def test_without_numba_the_rest_works_and_the_message_names_the_extra() -> None:
    out = subprocess.run([sys.executable, "-c", _WITHOUT_NUMBA], capture_output=True, text=True, check=False)
    assert out.stdout.strip() == "said so", out.stderr

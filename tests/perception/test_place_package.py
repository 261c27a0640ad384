"""What the package offers, with and without its extra; and the recorded traverses, where they are."""

import subprocess
import sys

import numpy as np
import pytest

import innervate.perception.place as package
from innervate.errors import ConfigError
from innervate.launch.bench.place_data import Traverses, traverses

_WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import innervate.perception.place as place
assert place.SumOfAbsoluteDifferences and place.Place
from innervate.errors import MissingExtraError
try:
    place.SpikingMap
except MissingExtraError as error:
    assert "innervate[place]" in str(error)
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


@pytest.fixture(scope="module")
def nordland() -> Traverses:
    try:
        return traverses("nordland_64x32").first(100)
    except ConfigError as error:
        pytest.skip(str(error))


def test_summer_to_winter_on_recorded_images(nordland: Traverses) -> None:
    pytest.importorskip("numba")
    pytest.importorskip("skimage")
    recalls: dict[str, float] = {}
    for recogniser in (package.SpikingMap(11), package.HogCosine(), package.SumOfAbsoluteDifferences()):
        recogniser.fit(nordland.reference)
        found = recogniser.scores(nordland.query).argmax(1)
        recalls[type(recogniser).__name__] = float((found == np.arange(100)).mean())
    assert recalls["SpikingMap"] >= 0.9
    assert recalls["SpikingMap"] > recalls["HogCosine"] > recalls["SumOfAbsoluteDifferences"]

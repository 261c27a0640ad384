"""Recognisers on recorded images: a summer's drive mapped, a winter's drive asked."""

import numpy as np
import pytest

import innervate.perception.place as package
from innervate.errors import ConfigError
from innervate.launch.bench.place.data import Traverses, traverses


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

import numpy as np
import pytest

from innervate.launch.bench.place.vprtempo import Package, package_amplitudes
from innervate.perception.place.recognisers.vprtempo import (
    VPRTempo,
    tempo_spikes,
    train_feature_layer,
    train_output_layer,
)

from ...perception.scenes import route


def test_weights_equal_the_package() -> None:
    pytest.importorskip("vprtempo")
    spikes = tempo_spikes(route(30, seed=1), side=14, patch=7)
    package = Package(spikes, epochs=6, seed=2)  # 180 updates: past the first annealing steps
    feature, output = package.layer("feature_layer"), package.layer("output_layer")
    before = feature.weight.copy(), output.weight.copy()
    package.train("feature_layer")
    package.train("output_layer")
    train_feature_layer(feature, spikes, package.orders[0])
    features = feature.clamped(spikes @ feature.weight.T)
    train_output_layer(output, features, feature.fire_rate, package.orders[1])
    for name, ours, start in zip(("feature_layer", "output_layer"), (feature, output), before, strict=True):
        theirs = package.layer(name)
        assert np.abs(ours.weight - theirs.weight).max() <= 1e-6
        assert np.abs(ours.threshold - theirs.threshold).max() <= 1e-6
        assert np.abs(ours.weight - start).max() > 1e-3  # training did something
    query = spikes[:1] * np.float32(0.9)
    folded = output.weight @ feature.weight
    assert np.allclose(folded @ query[0], package.evaluate(query), rtol=1e-4, atol=1e-6)


def test_amplitudes_equal_the_package_up_to_one_grey_level() -> None:
    pytest.importorskip("vprtempo")
    images = route(4, seed=9)
    images[2] //= 5
    ours = tempo_spikes(images)
    theirs = np.concatenate([package_amplitudes(image) for image in images])
    assert np.abs(ours - theirs).max() <= 1.01 / 255
    assert (np.abs(ours - theirs) > 1e-6).mean() < 0.02


def test_the_gamma_of_the_input_brings_the_mean_to_one_half() -> None:
    dark = (route(1, seed=2) // 6).astype(np.uint8)
    bright = route(1, seed=2)
    assert np.abs(tempo_spikes(dark) - tempo_spikes(bright)).mean() < 0.1
    assert tempo_spikes(np.zeros((1, 32, 64), np.uint8)).max() <= 0.5


def test_the_same_seed_gives_the_same_network_and_modules_cover_all_places() -> None:
    images = route(7, seed=3)
    first, second = (VPRTempo(5, module_size=3, side=14) for _ in range(2))
    first.fit(images)
    second.fit(images)
    assert np.array_equal(first.folded, second.folded)
    assert first.scores(images).shape == (7, 7)

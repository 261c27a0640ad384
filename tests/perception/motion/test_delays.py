"""The layer of delays: both forms agree, it is the sum it says it is, and it learns the order of events."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from innervate.errors import ConfigError
from innervate.perception.motion.delays import DelayLayer
from innervate.perception.motion.films import FilmConfig, Motions
from innervate.perception.motion.learning import learn
from innervate.perception.motion.stream import DelayStream

pytest.importorskip("numba")


def layer_of(classes: int, delays: int, size: int, seed: int) -> DelayLayer:
    generator = torch.Generator().manual_seed(seed)
    layer = DelayLayer(classes, delays, size, generator)
    with torch.no_grad():
        layer.weight.normal_(generator=generator)
        layer.bias.normal_(generator=generator)
    return layer


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(2, 5), st.integers(1, 4), st.sampled_from([1, 3, 5]),
    st.integers(1, 9), st.integers(1, 9), st.floats(0.0, 1.0), st.floats(0.01, 1.0),
)  # fmt: skip
def test_events_give_what_the_convolution_gives(
    seed: int, classes: int, delays: int, size: int, rows: int, columns: int, active: float, share: float
) -> None:
    layer = layer_of(classes, delays, size, seed).pruned(share)
    film = np.random.default_rng(seed).random((7, 2, rows, columns)) < active
    stream = DelayStream(layer, rows, columns)
    with torch.no_grad():
        dense = layer(torch.from_numpy(film.astype(np.uint8))).numpy()
    for _ in range(2):  # a cleared stream begins anew
        found = np.stack([stream.see(tick) for tick in film])
        np.testing.assert_allclose(found, dense, rtol=1e-5, atol=1e-5 * max(1.0, float(np.abs(dense).max())))
        stream.clear()


def test_the_evidence_is_the_sum_by_hand_and_the_larger_polarity() -> None:
    layer = layer_of(3, 2, 3, 0)
    film = np.zeros((2, 2, 5, 5), np.uint8)
    film[0, 0, 2, 3] = film[1, 1, 1, 2] = 1  # ON one tick ago, one column to the right; OFF now, one row above
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    as_it_is = weight[0, 1, 1, 2] + weight[1, 0, 0, 1]
    exchanged = weight[1, 1, 1, 2] + weight[0, 0, 0, 1]
    with torch.no_grad():
        found = layer(torch.from_numpy(film))[1, 2, 2].numpy()
        patch = torch.from_numpy(film[::-1, :, 1:4, 1:4].copy()).float().permute(1, 0, 2, 3)[None]
        np.testing.assert_allclose(layer.at_patches(patch)[0].numpy(), found, atol=1e-6)
    np.testing.assert_allclose(found, np.maximum(as_it_is, exchanged) + bias, atol=1e-6)


def test_on_and_off_exchanged_is_the_same_motion() -> None:
    layer = layer_of(4, 3, 3, 1)
    film = torch.from_numpy((np.random.default_rng(1).random((6, 2, 8, 8)) < 0.3).astype(np.uint8))
    with torch.no_grad():
        torch.testing.assert_close(layer(film), layer(film.flip(1)))
        plain = torch.arange(3).expand(6, 3)
        torch.testing.assert_close(layer(film), layer(film, plain))  # the order that is no other
        assert not torch.allclose(layer(film), layer(film, plain.flip(1)))


def test_a_stream_goes_on_from_a_snapshot() -> None:
    film = np.random.default_rng(2).random((9, 2, 6, 7)) < 0.3
    whole, halved = (DelayStream(layer_of(3, 4, 3, 2), 6, 7) for _ in range(2))
    expected = [whole.see(tick) for tick in film]
    for tick in film[:5]:
        halved.see(tick)
    kept = halved.snapshot()
    other = DelayStream(layer_of(3, 4, 3, 2), 6, 7)
    other.restore(kept)
    np.testing.assert_array_equal([other.see(tick) for tick in film[5:]], expected[5:])
    with pytest.raises(ConfigError, match="does not fit"):
        DelayStream(layer_of(3, 4, 3, 2), 7, 7).restore(kept)


def test_pruning_keeps_the_largest() -> None:
    layer = layer_of(3, 2, 3, 3)
    kept = layer.pruned(0.1)
    assert kept.synapses == round(0.1 * layer.weight.numel())
    gone = (kept.weight == 0) & (layer.weight != 0)
    assert layer.weight[gone].abs().max() < kept.weight[kept.weight != 0].abs().min()


def test_a_pruned_layer_learns_on_with_what_it_has() -> None:
    config, generator = FilmConfig(motions=Motions(4, (1.0,)), size=16, ticks=20), torch.Generator().manual_seed(0)
    layer = DelayLayer(4, 3, 3, generator).pruned(0.2)
    before = layer.weight.detach().clone()
    learn(layer, config.films(2, np.random.default_rng(0)), generator, steps=5, batch=64)
    assert ((layer.weight != 0) == (before != 0)).all()
    assert not torch.equal(layer.weight, before)


def test_it_learns_the_motion_by_the_order_of_the_delays_and_by_nothing_else() -> None:
    config = FilmConfig(motions=Motions(4, (1.0,)), size=20, ticks=60, threshold=0.6)
    films, new = config.films(16, np.random.default_rng(0)), config.films(6, np.random.default_rng(1))
    right = dict[bool, float]()
    for shuffled in (False, True):
        generator = torch.Generator().manual_seed(0)
        layer = DelayLayer(4, 4, 5, generator)
        learn(layer, films, generator, steps=120, batch=1024, rate=0.02, shuffled=shuffled)
        hits = list[np.ndarray]()
        for film in new:
            ticks = torch.from_numpy(film.events.astype(np.uint8))
            order = torch.rand(60, 4, generator=generator).argsort(dim=1) if shuffled else None
            with torch.no_grad():
                told = layer(ticks, order).mean(dim=(1, 2)).argmax(-1).numpy()
            hits.append((told == film.label)[film.since >= 4])
        right[shuffled] = float(np.concatenate(hits).mean())
    assert right[False] > 0.9
    assert right[True] < 0.6


def test_what_cannot_be_is_refused() -> None:
    generator = torch.Generator()
    for arguments in ((1, 2, 3), (3, 0, 3), (3, 2, 4)):
        with pytest.raises(ConfigError, match="A layer of delays has"):
            DelayLayer(*arguments, generator)
    layer = DelayLayer(4, 5, 9, generator)
    with pytest.raises(ConfigError, match="share of the weights"):
        layer.pruned(0.0)
    with pytest.raises(ConfigError, match="hold no patch"):
        learn(layer, FilmConfig(size=8, ticks=20).films(1, np.random.default_rng(0)), generator)
    stream = DelayStream(layer, 4, 6)
    for column, row in ((6, 0), (0, 4), (-1, 0)):
        with pytest.raises(ConfigError, match="do not lie on a retina"):
            stream.step(np.array([column]), np.array([row]), np.array([True]))
    with pytest.raises(ConfigError, match="1 x 1 pixels"):
        DelayStream(layer, 0, 6)

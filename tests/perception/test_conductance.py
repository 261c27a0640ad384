"""The conductance network against hand-written integration, closed forms, and the statistics it must have."""

import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.perception.place.spiking.conductance import COLUMN_SUM, ConductanceNetwork, InputSpikes
from innervate.perception.place.spiking.conductance_kernel import advance, poisson_spikes, scale_columns


def test_poisson_trains_have_the_rate_and_the_spread_of_bernoulli_trials() -> None:
    rng = np.random.default_rng(0)
    pixels = np.array([0, 64, 255], np.uint8)
    counts = np.array([np.bincount(poisson_spikes(pixels, 4.0, 3500, rng)[1], minlength=3) for _ in range(3000)])
    p = pixels / 4.0 * 1e-4
    mean, variance = 3500 * p, 3500 * p * (1 - p)
    assert counts[:, 0].sum() == 0
    for i in (1, 2):
        assert counts[:, i].mean() == pytest.approx(mean[i], abs=4 * np.sqrt(variance[i] / 3000))
        assert counts[:, i].var() == pytest.approx(variance[i], rel=4 * np.sqrt(2 / 3000))


def test_spike_lists_are_in_order_of_time_and_uniform_over_it() -> None:
    start, who = poisson_spikes(np.full(784, 200, np.uint8), 4.0, 3500, np.random.default_rng(1))
    assert start[0] == 0
    assert start[-1] == len(who)
    first_half = start[1750] / len(who)
    assert first_half == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(len(who)))


def test_columns_are_scaled_whatever_the_order_of_the_synapses() -> None:
    network = ConductanceNetwork(np.random.default_rng(2), inputs=30, neurons=7)
    network.present(InputSpikes(np.zeros((5, 6), np.uint8), np.random.default_rng(0)), learn=True)
    network.freeze()
    assert network.weight.sum(0) == pytest.approx(COLUMN_SUM, rel=1e-5)


class Bench:
    """One input, two neurons: every synapse and delay chosen by hand."""

    def __init__(self, weights: tuple[float, float], delays: tuple[int, int]) -> None:
        order = np.argsort(delays, kind="stable")
        self.weight = np.array([weights], np.float32)[:, order].copy()
        self.target = order[None].astype(np.int16)
        self.position = np.argsort(order)[None].astype(np.int16)
        self.first = np.searchsorted(np.sort(delays), np.arange(102))[None].astype(np.int16)
        self.arrived = np.full((1, 2), -(2**30), np.int32)
        self.v = np.array([[-65.0, -65.0], [-60.0, -60.0]])
        self.g = np.zeros((4, 2))
        self.theta = np.full(2, 20.0)
        self.post = np.zeros((2, 2), np.float32)
        self.fired = np.full((2, 2), -(2**30), np.int64)
        self.clock = 0

    def run(self, steps: int, spikes: tuple[int, ...] = (), *, learn: bool = False) -> np.ndarray:
        start = np.searchsorted(np.array(spikes), np.arange(max(spikes, default=-1) + 2)).astype(np.int32)
        counts = advance(
            self.clock, steps, learn, start, np.zeros(len(spikes), np.int16), self.weight, self.target,
            self.position, self.first, self.arrived, self.v, self.g, self.theta, self.post, self.fired,
        )  # fmt: skip
        self.clock += steps
        return counts


def test_a_spike_arrives_after_its_delay_and_decays_with_one_millisecond() -> None:
    bench = Bench((0.4, 0.9), (7, 3))
    bench.run(4, (0,))  # steps 0..3: the second neuron's synapse has a delay of 3 steps
    assert bench.g[0] == pytest.approx([0, 0.9], rel=1e-6)
    bench.run(4)
    bench = Bench((0.4, 0.9), (7, 3))
    bench.run(8, (0,))
    assert bench.g[0] == pytest.approx([0.4, 0.9 * 0.9**4], rel=1e-6)


def test_the_membrane_follows_its_equation() -> None:
    bench = Bench((0.0, 0.0), (0, 0))
    bench.v[:] = [[-105.0, -80.0], [-100.0, -70.0]]
    bench.g[1, 1] = 2.0
    v, gi = -80.0, 2.0
    for _ in range(200):  # 20 ms
        v += 0.1 / 100 * ((-65 - v) + gi * (-100 - v))
        gi -= 0.1 / 0.5 * gi
    bench.run(200)
    assert bench.v[0, 1] == pytest.approx(v, rel=1e-9)
    assert bench.v[0, 0] == pytest.approx(-65 - 40 * np.exp(-20 / 100), rel=1e-3)  # exact solution, no input
    assert bench.v[1, 0] == pytest.approx(-60 - 40 * np.exp(-20 / 10), rel=1e-2)


def test_a_spike_resets_raises_the_threshold_and_silences_the_others_for_a_while() -> None:
    bench = Bench((0.0, 0.0), (0, 0))
    bench.v[0] = [-50.0, -53.0]  # threshold is theta - 72 = -52
    counts = bench.run(1, learn=True)
    assert counts.tolist() == [1, 0]
    assert bench.v[0, 0] == -65.0
    assert bench.theta == pytest.approx([20.05, 20.0], rel=1e-6)
    assert bench.g[2] == pytest.approx([10.4, 0.0])
    bench.run(20)
    assert bench.fired[1, 0] > 0  # its inhibitory partner fired
    assert bench.fired[1, 1] < 0
    assert bench.g[1, 1] > 0  # and reached the other excitatory neuron
    assert bench.g[1, 0] == 0  # but not its own


def test_no_second_spike_within_fifty_milliseconds() -> None:
    bench = Bench((0.0, 0.0), (0, 0))
    spikes = []
    for step in range(1600):
        bench.v[0, 0], bench.g[:] = -40.0, 0.0
        if bench.run(1)[0]:
            spikes.append(step)
    assert np.diff(spikes).tolist() == [501] * 3


def test_stdp_follows_the_triplet_rule() -> None:
    bench = Bench((0.2, 0.2), (10, 10))
    bench.v[0, 0] = -50.0
    bench.run(1, learn=True)  # first post spike at step 0: no post2 yet, nothing is potentiated
    assert bench.weight.tolist() == [[pytest.approx(0.2), pytest.approx(0.2)]]
    bench.run(101, (90,), learn=True)  # sent at step 91, arrives at 101: depressing side, w += 1e-4 post1
    after_pre = 0.2 + 1e-4 * np.exp(-101 * 0.1 / 20)
    assert bench.weight[0, bench.position[0, 0]] == pytest.approx(after_pre, rel=1e-6)
    assert bench.weight[0, bench.position[0, 1]] == pytest.approx(0.2)
    bench.fired[:] = -(2**30)
    bench.run(60, learn=True)
    bench.v[0, 0] = -40.0
    now = bench.clock
    bench.run(1, learn=True)
    gain = 0.01 * np.exp(-(now - 101) * 0.1 / 20) * np.exp(-now * 0.1 / 40)
    assert bench.weight[0, bench.position[0, 0]] == pytest.approx(after_pre + gain, rel=1e-5)


def test_weights_stay_within_one() -> None:
    network = ConductanceNetwork(np.random.default_rng(3), inputs=80, neurons=5)
    rng = np.random.default_rng(4)
    for _ in range(12):
        network.present(InputSpikes(np.full((8, 10), 255, np.uint8), rng), learn=True)
        assert network.live_weight.min() >= 0
        assert network.live_weight.max() <= 1.0 + 1e-6


def test_frozen_means_frozen_and_restarting_with_the_same_seed_repeats_itself() -> None:
    network = ConductanceNetwork(np.random.default_rng(5), inputs=200, neurons=20)
    weight, theta = network.weight.copy(), network.theta.copy()
    image = np.random.default_rng(6).integers(0, 255, (10, 20)).astype(np.uint8)
    answers = []
    for _ in range(2):
        network.restart(np.random.default_rng(7))
        answers.append(network.present(InputSpikes(image, np.random.default_rng(8)), learn=False))
    assert answers[0].sum() > 0
    assert np.array_equal(*answers)
    assert np.array_equal(network.theta, theta)
    assert np.array_equal(network.live_weight, weight)


def test_scaling_by_hand() -> None:
    weight = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    target = np.array([[1, 0], [0, 1]], np.int16)
    scale_columns(weight, target, 10.0)
    assert weight == pytest.approx(np.array([[2.0, 4.0], [6.0, 8.0]]))

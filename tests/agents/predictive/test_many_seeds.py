"""The compiled trainer against the torch networks, their autograd in double precision, and torch's Adam."""

from dataclasses import replace

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from innervate.agents.mazes.many_seeds import losses_kernel as kernel
from innervate.agents.mazes.many_seeds.buffers import net_of, shape_of, work_of
from innervate.agents.mazes.many_seeds.trainer import MazeAgentConfig, latents_of, train
from innervate.agents.mazes.many_seeds.weights import from_torch, to_torch
from innervate.agents.mazes.paper import PaperWeights, TwoSteps, paper_losses, weighted
from innervate.controllers.paper_nets import T_MAZE, PaperNetsConfig
from innervate.envs.mazes import Maze, four_rooms, open_room
from innervate.errors import ConfigError

BATCH = 64
NAMES = ("value", "prediction", "negatives")
DISCOUNT = 0.9
CASES = {
    "the paper's": (PaperNetsConfig(), PaperWeights(), True, open_room(8), True),
    "with horizon": (PaperNetsConfig(), PaperWeights(horizon=0.5, negatives=1.0), False, open_room(8), True),
    "linear heads, unshuffled": (
        PaperNetsConfig(latent=3, rectified=False, value=(32, 16)), PaperWeights(prediction=1.0), True, open_room(8),
        False,
    ),
    "four rooms": (PaperNetsConfig(latent=8), PaperWeights(horizon=0.8), True, four_rooms(12), True),
    "odd image": (PaperNetsConfig(latent=2), PaperWeights(horizon=0.25), True, open_room(5), True),
}  # fmt: skip


class Pair:
    """The same networks in both forms, a target, and batches drawn from a random walk's distribution."""

    def __init__(self, name: str, seed: int = 0) -> None:
        nets, self.weights, self.masked, floor, shuffled = CASES[name]
        self.maze = Maze.on(floor, np.random.default_rng(seed), shuffled=shuffled)
        side = len(self.maze.background)
        generator = torch.Generator().manual_seed(seed)
        self.nets, self.other = (nets.build(side, 4, generator) for _ in range(2))
        self.shape = shape_of(nets, side, 4)
        self.flat = from_torch(self.nets, self.shape)
        self.gradient = np.zeros_like(self.flat)
        self.work = work_of(self.shape, self.maze.places, BATCH)
        self.target = self.table(from_torch(self.other, self.shape))
        self.nets, self.other = self.nets.double(), self.other.double()
        self.images = torch.from_numpy(self.maze.images()).double()
        self.rng = np.random.default_rng(seed)
        self.terms = np.zeros(3, np.float32)

    def table(self, flat: np.ndarray) -> np.ndarray:
        net = net_of(flat, self.shape)
        kernel.latents(net, self.shape, self.work, self.maze.background, self.maze.pixel)
        kernel.values(net, self.shape, self.work)
        return self.work.q.copy()

    def draw(self) -> tuple[kernel.Batch, TwoSteps]:
        """Few places are drawn twice in a row, so that coinciding latents occur, too."""
        s = self.rng.integers(self.maze.places, size=(3, BATCH))
        s[1, 1:5] = s[1, :4]
        a = self.rng.integers(4, size=(2, BATCH))
        terminal = self.rng.random(BATCH) < 0.2
        reward = self.rng.random(BATCH).astype(np.float32)
        carry_on = 1 - (terminal & self.masked).astype(np.float32)
        image, number = self.images, torch.from_numpy
        theirs = TwoSteps(
            image[s[0]], number(a[0]), image[s[1]], number(a[1]), number(reward).double(), number(terminal), image[s[2]]
        )
        return kernel.Batch(s[0], a[0], s[1], a[1], reward, carry_on, s[2]), theirs

    def ours(self, batch: kernel.Batch) -> None:
        net = net_of(self.flat, self.shape)
        kernel.latents(net, self.shape, self.work, self.maze.background, self.maze.pixel)
        kernel.values(net, self.shape, self.work)
        loss = kernel.loss_of(self.weights, DISCOUNT)
        kernel.gradients(
            net, self.shape, self.work, self.maze.background, self.maze.pixel, self.target, batch, loss,
            net_of(self.gradient, self.shape), self.terms,
        )  # fmt: skip

    def theirs(self, batch: TwoSteps) -> dict[str, torch.Tensor]:
        terms = paper_losses(
            self.nets, self.other, batch, horizon=self.weights.horizon, discount=DISCOUNT, mask_terminal=self.masked
        )
        self.nets.zero_grad()
        weighted(terms, self.weights).backward()
        return {name: term.detach() for name, term in terms.items()}


def agree(pair: Pair) -> None:
    """Draw a batch; latents, losses and all gradients are those of double precision to single precision's rounding."""
    batch, theirs = pair.draw()
    pair.ours(batch)
    terms = pair.theirs(theirs)
    with torch.no_grad():
        np.testing.assert_allclose(pair.work.z.T, pair.nets.encode(pair.images), rtol=1e-5, atol=3e-6)
    np.testing.assert_allclose(pair.terms, [float(terms[n]) for n in NAMES], rtol=3e-6)
    exact = from_torch(pair.nets, pair.shape, gradients=True)
    whole = np.linalg.norm(exact)
    assert np.linalg.norm(pair.gradient - exact) < 1e-5 * whole
    for ours, torch_s in zip(net_of(pair.gradient, pair.shape), net_of(exact, pair.shape), strict=True):
        assert np.linalg.norm(ours - torch_s) < 1e-5 * np.linalg.norm(torch_s) + 3e-6 * whole
        assert np.linalg.norm(torch_s) > 0


@pytest.mark.parametrize("name", CASES)
def test_latents_losses_and_gradients_are_torch_s(name: str) -> None:
    agree(Pair(name))


@pytest.mark.parametrize("name", ["the paper's", "linear heads, unshuffled"])
def test_they_stay_so_over_two_hundred_updates(name: str) -> None:
    """Each is judged at the weights that the kernels have reached; left alone, any two roundings part at a kink."""
    pair = Pair(name)
    first, second = np.zeros_like(pair.flat), np.zeros_like(pair.flat)
    for step in range(1, 201):
        agree(pair)
        kernel.adam(pair.flat, pair.gradient, first, second, step, 1e-3)
        to_torch(pair.flat, pair.shape, pair.nets)


def test_adam_is_torch_s() -> None:
    rng = np.random.default_rng(0)
    flat = rng.standard_normal(1000, np.float32)
    theirs = torch.nn.Parameter(torch.from_numpy(flat.copy()))
    adam = torch.optim.Adam([theirs], lr=1e-3)
    first, second = np.zeros_like(flat), np.zeros_like(flat)
    for step in range(1, 201):
        gradient = (rng.standard_normal(1000) * 10.0 ** rng.integers(-6, 1, 1000)).astype(np.float32)
        theirs.grad = torch.from_numpy(gradient)
        adam.step()
        kernel.adam(flat, gradient, first, second, step, 1e-3)
    np.testing.assert_allclose(flat, theirs.detach(), rtol=1e-5, atol=1e-6)


def test_weights_survive_the_way_there_and_back() -> None:
    pair = Pair("four rooms")
    to_torch(pair.flat, pair.shape, pair.other)
    for ours, theirs in zip(pair.other.parameters(), pair.nets.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


ROOM = Maze.on(open_room(4), np.random.default_rng(1))
SHORT = MazeAgentConfig(
    nets=PaperNetsConfig(rectified=False), weights=PaperWeights(negatives=1e-2), episodes=150, learning_rate=1e-3,
    target_every=200,
)  # fmt: skip


def test_a_small_room_is_learned_and_the_curve_is_what_the_networks_do() -> None:
    """The score that is reported is that of walking by the returned networks from every start."""
    trained = train(ROOM, SHORT, 0)
    assert trained.score[-1] == 1
    with torch.no_grad():
        values = trained.nets.values(trained.nets.encode(torch.from_numpy(ROOM.images()))).numpy()
    for start in range(ROOM.places):
        place, steps = start, 0
        while place != ROOM.goal and steps < 16:
            place, steps = int(ROOM.successor[place, values[place].argmax()]), steps + 1
        assert place == ROOM.goal


def test_the_same_seed_gives_the_same_life() -> None:
    one, again, other = (train(ROOM, replace(SHORT, episodes=30), seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.ended, again.ended)
    np.testing.assert_array_equal(latents_of(one.nets, ROOM), latents_of(again.nets, ROOM))
    assert not np.array_equal(one.ended, other.ended)


def test_values_are_those_of_the_optimal_policy() -> None:
    """Masked, with targets copied often, the greedy value of a place n steps from the goal is 0.9^(n - 1)."""
    trained = train(ROOM, replace(SHORT, episodes=1500), 0)
    steps = ROOM.distances()[:, ROOM.goal]
    with torch.no_grad():
        values = trained.nets.values(trained.nets.encode(torch.from_numpy(ROOM.images()))).max(1).values.numpy()
    away = steps > 0
    np.testing.assert_allclose(values[away], DISCOUNT ** (steps[away] - 1), atol=0.08)


def test_frozen_latents_stay_and_new_heads_learn_on_them() -> None:
    """One-hot latents make the value head a table: whatever the encoder was, it must solve the room."""
    config = replace(SHORT, nets=PaperNetsConfig(latent=16, rectified=False), episodes=100)
    trained = train(ROOM, config, 0, frozen=np.eye(16, dtype=np.float32))
    assert trained.score[-1] == 1


@pytest.mark.parametrize("explore", [0.0, 1.0])
def test_behaviour(explore: float) -> None:
    """Random behaviour needs many steps an episode; greedy behaviour soon walks straight, or circles for ever."""
    lengths = np.diff(train(ROOM, replace(SHORT, explore=explore), 0).ended)
    assert lengths.max() <= SHORT.episode_steps
    late = np.median(lengths[-30:])
    assert (late <= 6) if explore == 0 else (late > 6)


def test_bad_input_gets_one_clear_sentence() -> None:
    for wrong, said in (
        (lambda: PaperWeights(horizon=1.0), r"must lie in \[0, 1\), got 1.0"),
        (lambda: PaperNetsConfig(latent=0), "at least one unit, got latent 0"),
        (lambda: PaperWeights(prediction=-1.0), "cannot be negative, got prediction = -1.0"),
        (lambda: MazeAgentConfig(explore=1.5), "explore is a probability, got 1.5"),
        (lambda: MazeAgentConfig(replay=64), "replay exceeds the batch"),
        (lambda: train(ROOM, MazeAgentConfig(nets=T_MAZE), 0), r"compiled for channels \(16, 32\)"),
    ):
        with pytest.raises(ConfigError, match=said):
            wrong()

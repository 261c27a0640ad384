"""The agent's life in a maze (numba): act, remember, learn, and after each episode count who finds the goal.

Memory holds numbers of places, not images. The target network is its table of values, made again at each copy.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64, UInt32

from innervate.kernels import fast

from .buffers import Flat, Net, Shape, Work
from .losses_kernel import Batch, Loss, adam, gradients, highest, latents, values

DRAWS = 3
"""Random numbers a step besides those of the batch: whether to explore, which way, where to begin anew."""


class World(NamedTuple):
    """A maze as the kernel needs it."""

    successor: Int64[np.ndarray, "place 4"]
    background: Float32[np.ndarray, "side side"]
    pixel: Int64[np.ndarray, "place"]
    goal: int
    starts: Int64[np.ndarray, "start"]
    episode_steps: int


class Rules(NamedTuple):
    """How the agent behaves and learns."""

    explore: float
    """Probability of a random action."""
    rate: float
    """Of Adam."""
    target_every: int
    """Updates between copies of the target network."""
    mask_terminal: bool
    """If not, as in the paper, the goal is followed by the start of the episode that ends there."""


class Memory(NamedTuple):
    """The replay, a ring: place, action, reward, what follows (place, and 0 or 1 for whether it counts)."""

    place: Int64[np.ndarray, "step"]
    action: Int64[np.ndarray, "step"]
    reward: Float32[np.ndarray, "step"]
    follows: Int64[np.ndarray, "step"]
    carry_on: Float32[np.ndarray, "step"]


class Mind(NamedTuple):
    """Everything that is learned, of one seed; `clock` is (stored, updates, place, start, steps in the episode)."""

    parameters: Flat
    gradient: Flat
    first: Flat
    second: Flat
    target: Float32[np.ndarray, "action place"]
    clock: Int64[np.ndarray, "five"]


class Record(NamedTuple):
    """What is kept, by episode: the step at which it ended and the share of starts that then lead to the goal."""

    ended: Int64[np.ndarray, "episode"]
    score: Float32[np.ndarray, "episode"]
    terms: Float32[np.ndarray, "three"]
    """Losses of the last update."""


@fast
def live(
    net: Net, gradient: Net, shape: Shape, work: Work, world: World, rules: Rules, loss: Loss, memory: Memory,
    mind: Mind, batch: Batch, record: Record, episode: int, draws: UInt32[np.ndarray, "step draw"],
) -> int:  # fmt: skip
    """As many steps as there are rows of `draws`, or until the record is full; returns the number of episodes ended."""
    clock = mind.clock
    for step in range(len(draws)):
        if episode == len(record.score):
            break
        row = draws[step]
        if not loss.frozen:
            latents(net, shape, work, world.background, world.pixel)
        values(net, shape, work)
        if clock[1] % rules.target_every == 0:
            mind.target[:] = work.q
        _step(work, world, rules, memory, clock, row)
        if clock[0] > len(batch.first):
            _sample(memory, clock[0], row, batch)
            gradients(
                net, shape, work, world.background, world.pixel, mind.target, batch, loss, gradient, record.terms
            )
            clock[1] += 1
            adam(mind.parameters, mind.gradient, mind.first, mind.second, clock[1], rules.rate)
        if clock[4] == 0:
            record.ended[episode] = clock[0]
            record.score[episode] = _found(net, shape, work, world, loss)
            episode += 1
    return episode


@fast
def draw(number: np.uint32, n: int) -> int:
    """A whole number below n from a random one."""
    return (np.int64(number) * n) >> 32


@fast
def _step(
    work: Work, world: World, rules: Rules, memory: Memory, clock: Int64[np.ndarray, "five"],
    row: UInt32[np.ndarray, "draw"],
) -> None:  # fmt: skip
    """One step in the maze, remembered; at an episode's end the next one begins at a random start."""
    stored, here, start = clock[0], clock[2], clock[3]
    explores = row[0] * 2.0**-32 < rules.explore
    action = draw(row[1], world.successor.shape[1]) if explores else highest(work.q, here)
    there = world.successor[here, action]
    found = there == world.goal
    at = stored % len(memory.place)
    memory.place[at], memory.action[at] = here, action
    memory.reward[at] = np.float32(1) if found else np.float32(0)
    memory.carry_on[at] = np.float32(0) if found and rules.mask_terminal else np.float32(1)
    memory.follows[at] = start if found and not rules.mask_terminal else there
    clock[0], clock[2] = stored + 1, there
    clock[4] += 1
    if found or clock[4] == world.episode_steps:
        clock[2] = clock[3] = world.starts[draw(row[2], len(world.starts))]
        clock[4] = 0


@fast
def consecutive(number: np.uint32, stored: int, size: int) -> tuple[int, int]:
    """Two rows of a ring of `size`, one after the other in time, of those that `stored` steps have left in it."""
    one = (max(stored - size, 0) + draw(number, min(stored, size) - 1)) % size
    return one, (one + 1) % size


@fast
def _sample(memory: Memory, stored: int, row: UInt32[np.ndarray, "draw"], batch: Batch) -> None:
    """Pairs of consecutive transitions, uniformly from those in memory."""
    for b in range(len(batch.first)):
        one, two = consecutive(row[DRAWS + b], stored, len(memory.place))
        batch.first[b], batch.first_action[b] = memory.place[one], memory.action[one]
        batch.second[b], batch.second_action[b] = memory.place[two], memory.action[two]
        batch.reward[b], batch.carry_on[b] = memory.reward[two], memory.carry_on[two]
        batch.third[b] = memory.follows[two]


@fast
def _found(net: Net, shape: Shape, work: Work, world: World, loss: Loss) -> np.float32:
    """Share of all starts from which the greedy policy reaches the goal in time."""
    if not loss.frozen:
        latents(net, shape, work, world.background, world.pixel)
    values(net, shape, work)
    places = len(world.successor)
    ahead = np.empty(places, np.int64)
    for s in range(places):
        ahead[s] = world.successor[s, highest(work.q, s)]
    found = 0
    for start in world.starts:
        place = start
        for _ in range(min(world.episode_steps, places)):
            place = ahead[place]
            if place == world.goal:
                found += 1
                break
    return np.float32(found / len(world.starts))

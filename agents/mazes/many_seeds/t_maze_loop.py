"""The agent's life in the alternating T-maze (numba): act on its trace, remember images, learn."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64, UInt32

from innervate.kernels import fast

from .buffers import Flat, Shape
from .image_buffers import ImageNet, ImageWork
from .image_encoder import image_backward, image_latents
from .loop_kernel import Rules, consecutive, draw
from .losses_kernel import Batch, Loss, adam, highest, losses, values

DRAWS = 2
"""Random numbers a step besides those of the batch: whether to explore, and which way."""


class TWorld(NamedTuple):
    """The T-maze as the kernel needs it."""

    successor: Int64[np.ndarray, "place 4"]
    background: Float32[np.ndarray, "side side"]
    pixel: Int64[np.ndarray, "place"]
    arms: Int64[np.ndarray, "two"]
    """Places that are rewarded in turn."""
    foot: int
    fading: Float32[np.ndarray, "age"]
    """What an observation of that age weighs."""
    reward: np.float32
    bump: np.float32


class Walk(NamedTuple):
    """An animal on its way; `now` is (which arm is next, how many of its places are known)."""

    past: Int64[np.ndarray, "age"]
    """Places, the present one first."""
    now: Int64[np.ndarray, "two"]
    image: Float32[np.ndarray, "one side side"]


class Recall(NamedTuple):
    """The replay, a ring: what was seen, done and got, and what was seen then."""

    image: Float32[np.ndarray, "step side side"]
    action: Int64[np.ndarray, "step"]
    reward: Float32[np.ndarray, "step"]
    after: Float32[np.ndarray, "step side side"]


class Learning(NamedTuple):
    """Everything that is learned; `clock` is (stored, updates)."""

    parameters: Flat
    gradient: Flat
    first: Flat
    second: Flat
    target: Flat
    clock: Int64[np.ndarray, "two"]


class Workspace(NamedTuple):
    """Where one animal is looked at, a batch, and the third images of a batch by the target network."""

    alone: ImageWork
    online: ImageWork
    slow: ImageWork
    images: Float32[np.ndarray, "column side side"]
    table: Float32[np.ndarray, "action column"]


@fast
def begin(world: TWorld, walk: Walk) -> None:
    """At the foot, with the left arm next and nothing behind."""
    walk.past[0] = world.foot
    walk.now[0], walk.now[1] = 0, 1
    _look(world, walk)


@fast
def _look(world: TWorld, walk: Walk) -> None:
    side = world.background.shape[0]
    walk.image[0] = world.background
    for age in range(walk.now[1]):
        pixel = world.pixel[walk.past[age]]
        walk.image[0, pixel // side, pixel % side] += world.fading[age]


@fast
def step(world: TWorld, walk: Walk, action: int) -> np.float32:
    """One step; returns its reward."""
    before = walk.past[0]
    there = world.successor[before, action]
    for age in range(len(walk.past) - 1, 0, -1):
        walk.past[age] = walk.past[age - 1]
    walk.now[1] = min(walk.now[1] + 1, len(walk.past))
    reward = world.bump if there == before else np.float32(0)
    if there == world.arms[walk.now[0]]:
        reward += world.reward
        there = world.foot
        walk.now[0] = 1 - walk.now[0]
    walk.past[0] = there
    _look(world, walk)
    return reward


@fast
def best(net: ImageNet, shape: Shape, work: ImageWork, walk: Walk) -> int:
    """The greedy action."""
    image_latents(net, shape, work, walk.image)
    values(net, shape, work)
    return highest(work.q, 0)


@fast
def greedy(net: ImageNet, shape: Shape, work: ImageWork, world: TWorld, walk: Walk, steps: int) -> np.float32:
    """Reward of so many greedy steps from the start."""
    begin(world, walk)
    total = np.float32(0)
    for _ in range(steps):
        total += step(world, walk, best(net, shape, work, walk))
    return total


@fast
def live_episode(
    net: ImageNet, d_net: ImageNet, slow_net: ImageNet, shape: Shape, space: Workspace, world: TWorld, walk: Walk,
    rules: Rules, loss: Loss, recall: Recall, learning: Learning, batch: Batch, terms: Float32[np.ndarray, "three"],
    draws: UInt32[np.ndarray, "step draw"],
) -> None:  # fmt: skip
    """One episode of as many steps as there are rows of `draws`, an update after each."""
    clock = learning.clock
    begin(world, walk)
    for row in draws:
        explores = row[0] * 2.0**-32 < rules.explore
        action = draw(row[1], world.successor.shape[1]) if explores else best(net, shape, space.alone, walk)
        at = clock[0] % len(recall.action)
        recall.image[at] = walk.image[0]
        recall.reward[at] = step(world, walk, action)
        recall.action[at] = action
        recall.after[at] = walk.image[0]
        clock[0] += 1
        if clock[0] <= len(batch.first):
            continue
        if clock[1] % rules.target_every == 0:
            learning.target[:] = learning.parameters
        _sample(recall, clock[0], row, batch, space.images)
        image_latents(slow_net, shape, space.slow, space.images[2 * len(batch.first) :])
        values(slow_net, shape, space.slow)
        space.table[:, 2 * len(batch.first) :] = space.slow.q
        image_latents(net, shape, space.online, space.images)
        values(net, shape, space.online)
        losses(net, shape, space.online, space.table, batch, loss, d_net, terms)
        image_backward(net, shape, space.online, space.images, d_net)
        clock[1] += 1
        adam(learning.parameters, learning.gradient, learning.first, learning.second, clock[1], rules.rate)


@fast
def _sample(
    recall: Recall, stored: int, row: UInt32[np.ndarray, "draw"], batch: Batch,
    images: Float32[np.ndarray, "column side side"],
) -> None:  # fmt: skip
    """Pairs of consecutive transitions, uniformly from those in memory; the images of the first, then the second."""
    n = len(batch.first)
    for b in range(n):
        one, two = consecutive(row[DRAWS + b], stored, len(recall.action))
        images[b], images[n + b], images[2 * n + b] = recall.image[one], recall.image[two], recall.after[two]
        batch.first_action[b], batch.second_action[b] = recall.action[one], recall.action[two]
        batch.reward[b] = recall.reward[two]

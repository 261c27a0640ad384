"""One seed of motion told from films of events: layers of delays, their nulls, and two classical ways, on new films."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from innervate.agents.threads import one_thread
from innervate.perception.motion.classical import LucasKanade, TimePlanes
from innervate.perception.motion.delays import DelayLayer
from innervate.perception.motion.films import Film, FilmConfig, Motions
from innervate.perception.motion.judging import nearest, within
from innervate.perception.motion.learning import learn
from innervate.perception.motion.stream import DelayStream

SETTLED = 5
"""Ticks after a change of the motion from which a tick counts as settled."""
AGES = (0, 2, 5, 10, 20)
"""Begins of the classes of time since the last change."""
SHARES = (1 / 10, 1 / 33, 1 / 100)
"""Of the weights, kept when pruned."""
SIZE = 7
"""Pixels of a kernel."""


@dataclass(frozen=True)
class Budget:
    """What all arms of a run are given."""

    films: int
    steps: int
    new: int
    """Films to be judged by."""
    config: FilmConfig


FULL, QUICK = Budget(96, 400, 10, FilmConfig()), Budget(24, 150, 3, FilmConfig(size=32))

Told = Callable[[Film], tuple[np.ndarray, np.ndarray | None]]
"""Of a film: velocity of the picture (tick, 2); velocity of each place (tick, row, column, 2), or None."""


def drawn(budget: Budget, seed: int, *, new: bool) -> list[Film]:
    """The films to learn from, or new ones."""
    child = np.random.SeedSequence(seed).spawn(2)[int(new)]
    return budget.config.films(budget.new if new else budget.films, np.random.default_rng(child))


def scores(told: Told, films: Sequence[Film], motions: Motions) -> dict[str, object]:
    """Shares of right ticks, and processor time."""
    exact, near, places, since = list[np.ndarray](), list[np.ndarray](), list[float](), list[np.ndarray]()
    spent = 0.0
    for film in films:
        began = time.process_time()
        picture, each = told(film)
        spent += time.process_time() - began
        exact.append(nearest(picture, motions) == film.label)
        near.append(within(picture, film.label, motions))
        since.append(film.since)
        if each is not None:
            old = film.since >= SETTLED
            label = np.broadcast_to(film.label[old, None, None], each[old].shape[:-1])
            places.append(float(within(each[old], label, motions).mean()))
    age, right = np.concatenate(since), np.concatenate(near)
    old = age >= SETTLED
    bins = np.digitize(age, AGES) - 1
    return {
        "exact": float(np.concatenate(exact).mean()), "exact_settled": float(np.concatenate(exact)[old].mean()),
        "direction": float(right.mean()), "settled": float(right[old].mean()), "ticks": int(old.sum()),
        "places": float(np.mean(places)) if places else None,
        "by_age": [float(right[bins == k].mean()) if (bins == k).any() else None for k in range(len(AGES))],
        "ms_a_tick": 1e3 * spent / len(age),
    }  # fmt: skip


def _of_evidence(evidence: np.ndarray, velocity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return velocity[evidence.mean(axis=(1, 2)).argmax(axis=-1)], velocity[evidence.argmax(axis=-1)]


def dense(layer: DelayLayer, velocity: np.ndarray, shuffle: torch.Generator | None = None) -> Told:
    """The layer as a convolution; `shuffle`: in another order of the delays at every tick."""

    def told(film: Film) -> tuple[np.ndarray, np.ndarray | None]:
        order = None
        if shuffle is not None:
            order = torch.rand(len(film.label), layer.delays, generator=shuffle).argsort(dim=1)
        with torch.no_grad():
            evidence = layer(torch.from_numpy(film.events.astype(np.uint8)), order).numpy()
        return _of_evidence(evidence, velocity)

    return told


def by_events(layer: DelayLayer, velocity: np.ndarray, size: int) -> Told:
    """The layer driven by events."""
    stream = DelayStream(layer, size, size)

    def told(film: Film) -> tuple[np.ndarray, np.ndarray | None]:
        stream.clear()
        found = [_of_evidence(stream.see(tick)[None], velocity) for tick in film.events]
        return np.concatenate([p for p, _ in found]), np.concatenate([e for _, e in found])

    return told


def layer_arm(budget: Budget, seed: int, delays: int, *, shuffled: bool = False) -> dict[str, object]:
    """Learn a layer and judge it; the whole one with all delays is pruned, too, and its two forms are timed."""
    one_thread()
    motions, films = budget.config.motions, drawn(budget, seed, new=False)
    generator = torch.Generator().manual_seed(seed)
    layer = DelayLayer(len(motions), delays, SIZE, generator)
    began = time.process_time()
    losses = learn(layer, films, generator, steps=budget.steps, shuffled=shuffled)
    spent = time.process_time() - began
    new, velocity = drawn(budget, seed, new=True), motions.velocity
    out = {
        **scores(dense(layer, velocity, generator if shuffled else None), new, motions),
        "weights": layer.synapses, "train_cpu_s": spent, "loss": float(losses[-50:].mean()),
    }  # fmt: skip
    if delays == 10 and not shuffled:
        out["pruned"] = {
            f"{share:.4f}": _pruned(layer.pruned(share), budget, films, new, generator) for share in SHARES
        }
        out["cost"] = cost(layer, budget.config.size)
    return out


def _pruned(
    layer: DelayLayer, budget: Budget, films: Sequence[Film], new: Sequence[Film], generator: torch.Generator
) -> dict[str, object]:
    """A pruned layer as it was cut, and after what is left has learnt on for a quarter of the steps."""
    motions, out = budget.config.motions, dict[str, object]()
    for name in ("cut", "learnt on"):
        if name == "learnt on":
            learn(layer, films, generator, steps=budget.steps // 4)
        told = by_events(layer, motions.velocity, budget.config.size)
        out[name] = {**scores(told, new, motions), "weights": layer.synapses}
    return out


def cost(layer: DelayLayer, size: int) -> dict[str, float]:
    """Milliseconds a tick of both forms on random events, at shares of active pixels; the best of three rounds."""
    ticks, out = 24, dict[str, float]()
    rng = np.random.default_rng(0)
    for active in (0.01, 0.05, 0.25):
        film = rng.random((ticks, 2, size, size)) < active / 2
        events = torch.from_numpy(film.astype(np.uint8))
        streams = {"events": DelayStream(layer, size, size), "pruned": DelayStream(layer.pruned(0.1), size, size)}

        def convolve(events: torch.Tensor = events) -> None:
            with torch.no_grad():
                layer(events)

        def stream(name: str, film: np.ndarray = film, streams: dict[str, DelayStream] = streams) -> None:
            for tick in film:
                streams[name].see(tick)

        ways = {"dense": convolve, "events": lambda: stream("events"), "pruned": lambda: stream("pruned")}
        for name, way in ways.items():
            way()  # compiled, and in the cache
            rounds = list[float]()
            for _ in range(3):
                began = time.process_time()
                way()
                rounds.append(1e3 * (time.process_time() - began) / ticks)
            out[f"{name} {active}"] = min(rounds)
    return out


def classical_arm(budget: Budget, seed: int, name: str) -> dict[str, object]:
    """A classical way with the settings, of a few, that do best on films to learn from."""
    one_thread()
    motions = budget.config.motions
    known = drawn(budget, seed, new=False)[:4]
    kinds: list[LucasKanade | TimePlanes]
    if name == "lucas-kanade":
        kinds = [LucasKanade(blur=blur, keep=keep) for blur in (0.7, 1.0, 2.0, 3.0) for keep in (0.7, 0.8, 0.9)]
    else:
        kinds = [TimePlanes(side=side, ticks=ticks) for side in (5, 7, 9) for ticks in (3, 6)]

    def of(kind: LucasKanade | TimePlanes) -> Told:
        return lambda film: (kind.velocity(film.events).reshape(len(film.label), 2), None)

    best = max(kinds, key=lambda kind: float(str(scores(of(kind), known, motions)["settled"])))
    return {**scores(of(best), drawn(budget, seed, new=True), motions), "kind": str(best)}

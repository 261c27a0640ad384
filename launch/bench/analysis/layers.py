"""Which layer is which: nets trained from other seeds on the same digits, under growing noise."""

import functools
import itertools
from collections.abc import Iterable
from functools import partial

import numpy as np
import torch
from torch import nn

from innervate.launch.analysis.measures.layers import Likeness, identification
from innervate.launch.analysis.measures.similarity import distances, geodesic, rsa, trsa
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row

NOISES = (0.0, 1.0, 2.0, 4.0)
"""Standard deviations of what is added to each unit, in its own."""
STATES, WIDTH, DEPTH = 80, 48, 4
DRAWS = 20


@functools.cache
def _activities(seed: int) -> list[np.ndarray]:
    """Hidden layers of a net that learnt a fixed random map of 12 numbers to 6 classes, on 80 held-out inputs."""
    world = torch.Generator().manual_seed(99)
    x = torch.randn(2080, 12, generator=world)
    teacher = nn.Sequential(nn.Linear(12, 30), nn.Tanh(), nn.Linear(30, 6))
    with torch.no_grad():
        for p in teacher.parameters():
            p.copy_(torch.randn(p.shape, generator=world))
        y = teacher(x).argmax(dim=1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sizes = [12, *[WIDTH] * DEPTH]
        hidden = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))
        out = nn.Linear(WIDTH, 6)
        adam = torch.optim.Adam([*hidden.parameters(), *out.parameters()], lr=2e-3)
        for _ in range(600):
            batch = torch.randint(2000, (128,))
            z = x[batch]
            for layer in hidden:
                z = torch.relu(layer(z))
            loss = nn.functional.cross_entropy(out(z), y[batch])
            adam.zero_grad()
            loss.backward()
            adam.step()
    seen, z = list[np.ndarray](), x[2000:]
    with torch.no_grad():
        for layer in hidden:
            z = torch.relu(layer(z))
            seen.append(z.numpy().astype(np.float64))
    return seen


def _noisy(seed: int, noise: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What each layer of a net holds apart, seen through noise."""
    layers = _activities(seed)
    return {f"{k}": distances(z + noise * z.std() * rng.standard_normal(z.shape)) for k, z in enumerate(layers)}


def _by_ways(one: np.ndarray, other: np.ndarray) -> float:
    """RSA of the shortest ways over near pairs."""
    return rsa(geodesic(one, 0.2)[0], geodesic(other, 0.2)[0])


def shares(seeds: int, noise: float) -> dict[str, list[float]]:
    """Share of layers identified across seeds by each likeness, for each draw of the noise."""
    ways: dict[str, Likeness] = {"RSA": rsa, "tRSA": trsa, "geodesic": _by_ways}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for draw in range(DRAWS if noise else 1):
        rng = np.random.default_rng(draw)
        networks = [_noisy(seed, noise, rng) for seed in range(seeds)]
        for name, like in ways.items():
            found[name].append(identification(networks, like))
    return found


def layer_rows(bench: Bench) -> Iterable[Row]:
    """The claim: topological RSA identifies layers at least as well as RSA under noise and across seeds."""
    seeds = bench.seeds or (3 if bench.quick else 5)
    for noise in NOISES:
        found = bench.once(f"layers-{seeds}-{noise:g}", partial(shares, seeds, noise))
        gain = np.array(found["tRSA"]) - np.array(found["RSA"])
        half = 1.96 * gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.nan
        mean = {name: float(np.mean(values)) for name, values in found.items()}
        yield Row(
            row=f"{DEPTH} layers across {seeds} seeds, noise {noise:g} sd: identified by tRSA", value=mean["tRSA"],
            unit="of layers", n=len(gain), peer=f"RSA {mean['RSA']:.3f}, geodesic {mean['geodesic']:.3f}, chance "
            f"{1 / DEPTH:.2f}; tRSA less RSA {gain.mean():+.3f}"
            + (f" ({gain.mean() - half:+.3f} to {gain.mean() + half:+.3f})" if len(gain) > 1 else ""),
        )  # fmt: skip

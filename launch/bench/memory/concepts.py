"""Events with any slot open, and a write gate that learns while the memory lives."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from innervate.controllers.memory.fast_weights import FastWeightsConfig
from innervate.controllers.memory.index import IndexConfig
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval
from innervate.signals import Channel

PEOPLE, PLACES, EVENTS = 12, 20, 200


def events(seed: int) -> dict[str, float]:
    """Share of right answers with one slot open; no two events are of the same person in the same place."""
    generator = torch.Generator().manual_seed(seed)
    memory = IndexConfig(capacity=EVENTS).build(Channel("who", PEOPLE), Channel("where", PLACES), generator)
    pairs = torch.randperm(PEOPLE * PLACES, generator=generator)[:EVENTS]
    who, where = pairs // PLACES, pairs % PLACES
    state = memory.empty(1)
    for a, b in zip(who, where, strict=True):
        state = memory.store(state, torch.eye(PEOPLE)[a][None], torch.eye(PLACES)[b][None])
    concepts = torch.cat([torch.eye(PEOPLE)[who], torch.eye(PLACES)[where]], 1)
    everything = torch.ones(PEOPLE + PLACES, dtype=torch.bool)
    when = [int(memory.ask(state, concepts[t : t + 1], everything)[1]) == t for t in range(EVENTS)]
    what = [torch.equal(memory.at(state, torch.tensor([t]))[0], concepts[t]) for t in range(EVENTS)]
    return {"when": float(np.mean(when)), "who and where": float(np.mean(what))}


def habits(seed: int) -> dict[str, float]:
    """Largest error of the marginals over time, of people who like some places more; of a guess that they do not."""
    generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    memory = IndexConfig(capacity=EVENTS).build(Channel("who", PEOPLE), Channel("where", PLACES), generator)
    likes = rng.dirichlet(np.full(PLACES, 0.3), PEOPLE)
    who = torch.from_numpy(rng.integers(PEOPLE, size=EVENTS))
    where = torch.tensor([int(rng.choice(PLACES, p=likes[person])) for person in who])
    state, one = memory.empty(1), torch.arange(PEOPLE + PLACES) < PEOPLE
    for a, b in zip(who, where, strict=True):
        state = memory.store(state, torch.eye(PEOPLE)[a][None], torch.eye(PLACES)[b][None])
    worst = even = 0.0
    for person in range(PEOPLE):
        known = torch.cat([torch.eye(PEOPLE)[person], torch.zeros(PLACES)])[None]
        counted = torch.bincount(where[who == person], minlength=PLACES) / max(int((who == person).sum()), 1)
        even = max(even, float((1 / PLACES - counted).abs().max()))
        worst = max(worst, float((memory.semantic(state, known, one)[0, PEOPLE:] - counted).abs().max()))
    return {"worst": worst, "even": even}


def event_rows(bench: Bench) -> Iterator[Row]:
    """200 events of who, where, when."""
    seeds = bench.seeds or (1 if bench.quick else 3)
    runs = [bench.once(f"events {s}", partial(events, s)) for s in range(seeds)]
    for slot in ("when", "who and where"):
        share = float(np.mean([r[slot] for r in runs]))
        yield Row(row=f"index: {slot} of {EVENTS} events, the rest known", value=share, unit="share", n=seeds,
                  peer=f"chance {1 / EVENTS if slot == 'when' else 1 / (PEOPLE * PLACES):.4f}", reach="1.00",
                  holds=share == 1)  # fmt: skip
    seen = [bench.once(f"habits {s}", partial(habits, s)) for s in range(seeds)]
    worst = max(r["worst"] for r in seen)
    yield Row(row="index: largest error of the semantic marginals against the counts", value=worst, unit="", n=seeds,
              peer=f"null, all places alike {max(r['even'] for r in seen):.3f}", reach="0.05",
              holds=worst <= 0.05)  # fmt: skip


def stream(config: FastWeightsConfig, kind: str, steps: int, seed: int) -> float:
    """Mean squared error about what is true, asked just before it is told again; contents noisy, changing, or both in
    turns."""
    generator = torch.Generator().manual_seed(seed)
    memory = config.build(Channel("cue", 24), Channel("content", 8), generator)
    keys, truth = torch.linalg.qr(torch.randn(24, 24, generator=generator))[0], torch.randn(24, 8, generator=generator)
    state, errors = memory.empty(1), list[float]()
    for t in range(steps):
        noisy = kind == "noise" or (kind == "seasons" and (4 * t // steps) % 2 == 0)
        k = int(torch.randint(24, (), generator=generator))
        if not noisy and float(torch.rand((), generator=generator)) < 0.1:
            truth[k] = torch.randn(8, generator=generator)
        told = truth[k] + (1.5 * torch.randn(8, generator=generator) if noisy else 0)
        errors.append(float((memory.recall(state, keys[k][None]).content[0] - truth[k]).square().mean()))
        state = memory.store(state, keys[k][None], told[None])
    return float(np.mean(errors[steps // 6 :]))


def gate_rows(bench: Bench) -> Iterator[Row]:
    """The learned write gate against fixed ones; the best fixed one is chosen on the same streams, to be generous."""
    seeds, steps = bench.seeds or (2 if bench.quick else 5), 1200 if bench.quick else 6000
    arms = {f"fixed {s}": FastWeightsConfig(strength=s) for s in (0.1, 0.3, 0.5, 0.8, 1.0)}
    arms["learned"] = FastWeightsConfig(gate="learned", strength=0.5)
    for kind in ("noise", "change", "seasons"):
        found = {
            name: [bench.once(f"gate {name} {kind} {steps} {s}", partial(stream, config, kind, steps, s))
                   for s in range(seeds)]
            for name, config in arms.items()
        }  # fmt: skip
        fixed = {name: float(np.mean(v)) for name, v in found.items() if name != "learned"}
        best = min(fixed, key=lambda name: fixed[name])
        gained = [a - b for a, b in zip(found[best], found["learned"], strict=True)]
        low, high = student_interval(gained) or (gained[0], gained[0])
        bench.say(f"{kind}: learned {np.mean(found['learned']):.3f}, {best} {fixed[best]:.3f}")
        yield Row(
            row=f"fast_weights with a learned write gate, stream of {kind}: error",
            value=float(np.mean(found["learned"])),
            unit="", interval=student_interval(found["learned"]), n=seeds,
            peer=f"best fixed ({best}) {fixed[best]:.3f}, better by {np.mean(gained):.3f} ({low:.3f} to {high:.3f}); "
                 f"worst fixed {max(fixed.values()):.3f}; where it begins {fixed['fixed 0.5']:.3f}",
        )  # fmt: skip

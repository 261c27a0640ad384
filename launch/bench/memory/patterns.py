"""Patterns: one protocol for all associative memories, likeness of codes, and digits seen once."""

import importlib.util
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from innervate.controllers.memories import MEMORIES, MemoryStore
from innervate.controllers.memory.code_selection import CodeSelection, CodeSelectionConfig
from innervate.controllers.spec import State
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval
from innervate.signals import Channel

CUE, ACTIVE, BITS, SAID = 1024, 32, 64, 8
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "code_selection, Q = 64, K = 256": ("code-selection", {}),
    "code_selection, Q = K = 64": ("code-selection", {"units": 64}),
    "ca3 behind a dentate winner": ("ca3", {"dentate": True, "granules": 1000}),
    "index": ("index", {"capacity": 1000}),
    "dictionary": ("dictionary", {"capacity": 1000}),
}


class Willshaw:
    """Binary synapses from cue to content, all that fire together increased (Willshaw et al. 1969): the null."""

    def __init__(self) -> None:
        self.synapses = torch.zeros(BITS, CUE)

    def store(self, cue: torch.Tensor, content: torch.Tensor) -> None:
        """One pair more."""
        self.synapses = torch.maximum(self.synapses, torch.outer(content, cue))

    def recall(self, cue: torch.Tensor) -> torch.Tensor:
        """Bits that all active inputs reach, or as many as the best is reached by."""
        reached = self.synapses @ cue
        return (reached >= reached.max()).float()


def _sparse(count: int, size: int, on: int, generator: torch.Generator) -> torch.Tensor:
    made = torch.zeros(count, size)
    return made.scatter_(1, torch.rand(count, size, generator=generator).argsort(1)[:, :on], 1.0)


def _noisy(cue: torch.Tensor, share: float, generator: torch.Generator) -> torch.Tensor:
    """That share of the active units moved elsewhere."""
    moved, after = round(share * ACTIVE), cue.clone()
    on, off = cue.nonzero().squeeze(1), (cue == 0).nonzero().squeeze(1)
    after[on[torch.randperm(len(on), generator=generator)[:moved]]] = 0
    after[off[torch.randperm(len(off), generator=generator)[:moved]]] = 1
    return after


def exact_share(kind: str, stored: int, noise: float, seed: int) -> float:
    """Share of 200 memories that come back exactly, each shown once."""
    generator = torch.Generator().manual_seed(seed)
    cues, contents = _sparse(stored, CUE, ACTIVE, generator), _sparse(stored, BITS, SAID, generator)
    asked = torch.randperm(stored, generator=generator)[: min(200, stored)]
    if kind == "Willshaw":
        simple = Willshaw()
        for cue, content in zip(cues, contents, strict=True):
            simple.store(cue, content)
        answers = [simple.recall(_noisy(cues[k], noise, generator)) for k in asked]
    else:
        name, options = KINDS[kind]
        config: Any = MEMORIES[name](**options)
        memory: MemoryStore = config.build(Channel("cue", CUE), Channel("content", BITS), generator)
        state = memory.empty(1)
        for k in range(stored):
            state = memory.store(state, cues[k : k + 1], contents[k : k + 1])
        answers = [memory.recall(state, _noisy(cues[k], noise, generator)[None]).content[0] for k in asked]
    return float(np.mean([torch.allclose(a, contents[k], atol=1e-3) for a, k in zip(answers, asked, strict=True)]))


def protocol_rows(bench: Bench) -> Iterator[Row]:
    """A cue of 32 among 1024, a content of 8 among 64, each pair shown once, a share of the cue's units moved."""
    seeds, sizes = bench.seeds or (1 if bench.quick else 3), (100, 300) if bench.quick else (100, 1000)
    for stored in sizes:
        for noise in (0.0, 0.25, 0.5):
            found = dict[str, list[float]]()
            for kind in ("Willshaw", *KINDS):
                key = f"protocol {kind} {stored} {noise}"
                found[kind] = [
                    bench.once(f"{key} {s}", partial(exact_share, kind, stored, noise, s)) for s in range(seeds)
                ]
            bench.say(
                f"{stored} stored, {noise:.0%} wrong: " + ", ".join(f"{k} {np.mean(v):.2f}" for k, v in found.items())
            )
            for kind in KINDS:
                barred = noise == 0.25 and stored == 1000 and kind not in ("code_selection, Q = K = 64", "index")
                share = float(np.mean(found[kind]))
                yield Row(
                    row=f"{kind}: exact recall of {stored} memories, cue {noise:.0%} wrong", value=share, unit="share",
                    interval=student_interval(found[kind]), n=seeds, peer=f"Willshaw {np.mean(found['Willshaw']):.2f}",
                    reach="0.99" if barred else "", holds=share >= 0.99 if barred else None,
                )  # fmt: skip


def told_apart(kind: str, stored: int, seed: int) -> float:
    """AUROC of familiarity: stored cues, a quarter of their active units moved, against cues that were never met."""
    generator = torch.Generator().manual_seed(seed)
    cues, contents = _sparse(stored + 100, CUE, ACTIVE, generator), _sparse(stored, BITS, SAID, generator)
    name, options = KINDS[kind]
    config: Any = MEMORIES[name](**options)
    memory: MemoryStore = config.build(Channel("cue", CUE), Channel("content", BITS), generator)
    state = memory.empty(1)
    for k in range(stored):
        state = memory.store(state, cues[k : k + 1], contents[k : k + 1])
    asked = [*(_noisy(cues[k], 0.25, generator) for k in range(100)), *cues[stored:]]
    sure = np.array([float(memory.recall(state, cue[None]).familiarity) for cue in asked])
    apart = sure[:100, None] - sure[None, 100:]
    return float(np.mean((apart > 0) + 0.5 * (apart == 0)))


def familiarity_rows(bench: Bench) -> Iterator[Row]:
    """Whether a memory that is asked for what it never met says so."""
    seeds, stored = bench.seeds or (1 if bench.quick else 3), 200
    found = {
        kind: float(np.mean([bench.once(f"apart {kind} {stored} {s}", partial(told_apart, kind, stored, s))
                             for s in range(seeds)]))
        for kind in KINDS
    }  # fmt: skip
    worst = min(found, key=lambda kind: found[kind])
    yield Row(
        row=f"familiarity: {stored} stored, cues 25% wrong told from cues never met; the worst of {len(KINDS)} kinds",
        value=found[worst], unit="AUROC", n=seeds, peer=f"{worst}; best {max(found.values()):.2f}; chance 0.5",
    )  # fmt: skip


def likeness_of_codes(before: int, seed: int) -> float:
    """Rank correlation of input and code overlap, over pairs from equal to unrelated."""
    generator = torch.Generator().manual_seed(seed)
    memory = CodeSelectionConfig().build(Channel("cue", CUE), Channel("content", BITS), generator)
    state = memory.empty(1)
    for cue in _sparse(before, CUE, ACTIVE, generator):
        state = memory.store(state, cue[None], torch.zeros(1, BITS))
    alike, overlaps = list[float](), list[float]()
    for pair in range(66):
        order, moved = torch.randperm(CUE, generator=generator), pair % 33
        one, other = (torch.zeros(CUE).index_fill(0, order[a : a + ACTIVE], 1.0) for a in (0, moved))
        code = memory.code(state, one, draw=int(state["draws"][0]))
        after = memory.store(state, one[None], torch.zeros(1, BITS))
        alike.append(1 - moved / ACTIVE)
        overlaps.append(memory.overlap(code, memory.code(after, other, draw=10**6 + pair)))
    return float(spearmanr(alike, overlaps).statistic)  # pyright: ignore[reportAttributeAccessIssue]


def code_rows(bench: Bench) -> Iterator[Row]:
    """Similar in, similar out, in an empty and in a crowded memory."""
    seeds = bench.seeds or (1 if bench.quick else 3)
    for before in (0, 100 if bench.quick else 500):
        values = [bench.once(f"codes {before} {s}", partial(likeness_of_codes, before, s)) for s in range(seeds)]
        yield Row(
            row=f"code_selection: rank correlation of input and code overlap, {before} stored before",
            value=float(np.mean(values)), unit="", interval=student_interval(values), n=seeds, peer="unrelated codes 0",
            reach="0.9", holds=float(np.mean(values)) >= 0.9,
        )  # fmt: skip


class Published(CodeSelection):
    """The odds of a re-implementation of the 2010 rule, by the unit's whole support: what ours are measured beside."""

    def familiar(self, state: State, row: int, cue: torch.Tensor) -> torch.Tensor:
        """The support itself, by chance or not."""
        return self.support(state["into"][row], cue)

    def weights(self, familiar: torch.Tensor) -> torch.Tensor:
        """A sigmoid of the support, as steep as the whole is familiar."""
        known = float(familiar.amax(1).mean())
        return 1 + 1e4 * known**7 * torch.sigmoid(26 * familiar - 13)


CELLS, EACH, WINNERS = 2048, 6, 64
"""Of the layer before the codes; chosen, as was which layer, on the digits that are shown alone: the last third of
those stood for the test."""


def expanded(images: np.ndarray, seed: int) -> np.ndarray:
    """Cells that each add up a few pixels, the most active of them on: as from a fly's antennal lobe to its mushroom
    body (Dasgupta et al., Science 358:793, 2017). All images have as many active inputs, few of them shared by all."""
    rng = np.random.default_rng(seed)
    reads = rng.random((CELLS, images.shape[1])).argsort(1)[:, :EACH]
    driven = images[:, reads].sum(2) + 1e-6 * rng.random((len(images), CELLS))
    on = np.zeros(driven.shape, np.float32)
    np.put_along_axis(on, driven.argsort(1)[:, -WINNERS:], 1, 1)
    return on


def _nearest(shown: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """For each that is asked, the number of the nearest that was shown."""
    return np.array([np.square(shown - a).sum(1).argmin() for a in asked])


def digits(seed: int) -> dict[str, float]:
    """Share of right classes on the last third of scikit-learn's 8 x 8 digits, the others seen once each, in an order
    of their own. The order of the set keeps the digits of a writer together."""
    from sklearn.datasets import load_digits  # pyright: ignore[reportMissingImports]

    images, classes = load_digits(return_X_y=True)
    tested = len(images) // 3
    order = np.random.default_rng(seed).permutation(len(images) - tested)
    shown, asked = images[order], images[-tested:]
    right = {"pixels": _nearest(shown, asked)}
    levels = [np.concatenate([x > t for t in (2, 6, 10, 14)], 1).astype(np.float32) for x in (shown, asked)]
    cells = np.split(expanded(np.concatenate([shown, asked]), seed), [len(shown)])
    right["cells"] = _nearest(*cells)
    for name, kind, (told, questions) in (("codes", CodeSelection, cells), ("codes of levels", CodeSelection, levels),
                                          ("published", Published, cells)):  # fmt: skip
        memory = kind(Channel("input", told.shape[1]), Channel("class", 10), CodeSelectionConfig(), seed)
        state, codes = memory.empty(1), list[torch.Tensor]()
        for cue in torch.from_numpy(told):
            codes.append(memory.add(state, 0, cue))
        held = torch.stack(codes)
        found = [memory.code(state, cue) for cue in torch.from_numpy(questions)]
        right[name] = np.array([int((held == code).float().mean(1).argmax()) for code in found])
    truth = classes[-tested:]
    return {name: float(np.mean(classes[order][number] == truth)) for name, number in right.items()}


def digit_rows(bench: Bench) -> Iterator[Row]:
    """One presentation each; the class of the stored digit whose code overlaps most."""
    if not importlib.util.find_spec("sklearn"):
        yield Row(row="code_selection: class of 8 x 8 digits by overlap of codes", value=None, unit="share",
                  peer="scikit-learn, whose digits they are, is not installed")  # fmt: skip
        return
    seeds = bench.seeds or (1 if bench.quick else 3)
    runs = [bench.once(f"digits, the last third asked, {s}", partial(digits, s)) for s in range(seeds)]
    of = {k: [r[k] for r in runs] for k in runs[0]}
    mean = {k: float(np.mean(v)) for k, v in of.items()}
    yield Row(
        row="code_selection: class of 8 x 8 digits by overlap of codes, one presentation each",
        value=mean["codes"], unit="share", interval=student_interval(of["codes"]), n=seeds,
        peer=f"nearest neighbour in pixels {mean['pixels']:.3f}, in the cells that the codes are of "
             f"{mean['cells']:.3f}; the published odds {mean['published']:.3f}; chance 0.1",
        reach="within 0.05 of nearest neighbour in pixels", holds=mean["pixels"] - mean["codes"] <= 0.05,
    )  # fmt: skip
    yield Row(
        row="code_selection: the same, of pixels cut into 4 levels, a third of them always active",
        value=mean["codes of levels"], unit="share", interval=student_interval(of["codes of levels"]), n=seeds,
        peer=f"nearest neighbour in pixels {mean['pixels']:.3f}, chance 0.1",
    )  # fmt: skip

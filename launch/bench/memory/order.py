"""Sequences told once, that share their items, and come back from their first ones."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from innervate.controllers.memory.code_selection import CodeSelectionConfig
from innervate.controllers.memory.dictionary import DictionaryConfig
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval
from innervate.signals import Channel

ITEMS, INPUTS, ON, LENGTH = 30, 256, 16, 8


def _told(sequences: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The items as patterns, and the sequences as their numbers: no two begin alike, all else is drawn anew."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(ITEMS, INPUTS, generator=generator).argsort(1)[:, :ON]
    drawn = torch.randint(ITEMS, (sequences, LENGTH), generator=generator)
    begin = torch.randperm(ITEMS * ITEMS, generator=generator)[:sequences]
    drawn[:, 0], drawn[:, 1] = begin // ITEMS, begin % ITEMS
    return torch.zeros(ITEMS, INPUTS).scatter_(1, order, 1.0), drawn


def by_codes(sequences: int, seed: int) -> float:
    """Share of the items from the third on that a code selection with sequences says after the first two, in order."""
    items, told = _told(sequences, seed)
    config = CodeSelectionConfig(modules=32, units=64, sequences=True)
    memory = config.build(Channel("item", INPUTS), Channel("number", ITEMS), torch.Generator().manual_seed(seed))
    state, numbers, row = memory.empty(1), torch.eye(ITEMS), torch.ones(1, dtype=torch.bool)
    for sequence in told:
        state = memory.begin(state, row)
        for k in sequence:
            state = memory.store(state, items[k][None], numbers[k][None])
    right = list[bool]()
    for sequence in told:
        state = memory.begin(state, row)
        for place, k in enumerate(sequence):
            found = memory.recall(state, items[k][None] if place < 2 else torch.zeros(1, INPUTS))
            state = found.state
            if place >= 2:
                right.append(torch.equal(found.content[0], numbers[k]))
    return float(np.mean(right))


def by_chain(sequences: int, before: int, seed: int) -> float:
    """The same of a dictionary from so many items to the next: a chain that is begun by two items and goes on by what
    it says itself."""
    items, told = _told(sequences, seed)
    config: Any = DictionaryConfig(capacity=sequences * LENGTH)
    memory = config.build(Channel("items", before * INPUTS), Channel("number", ITEMS), torch.Generator())
    state, numbers, right = memory.empty(1), torch.eye(ITEMS), list[bool]()
    for sequence in told:
        for place in range(before, LENGTH):
            cue = items[sequence[place - before : place]].flatten()[None]
            state = memory.store(state, cue, numbers[sequence[place]][None])
    for sequence in told:
        said = sequence[:2].tolist()
        for k in sequence[2:]:
            cue = items[said[-before:]].flatten()[None]
            said.append(int(memory.recall(state, cue).content[0].argmax()))
            right.append(said[-1] == int(k))
    return float(np.mean(right))


def sequence_rows(bench: Bench) -> Iterator[Row]:
    """Sequences of 8 items among 30; the plain peers know one or two items of context, and no more."""
    seeds = bench.seeds or (1 if bench.quick else 3)
    for sequences in (10, 30):
        codes = [bench.once(f"codes of {sequences} sequences {s}", partial(by_codes, sequences, s))
                 for s in range(seeds)]  # fmt: skip
        chains = {
            before: np.mean([bench.once(f"chain {before} of {sequences} sequences {s}",
                                        partial(by_chain, sequences, before, s)) for s in range(seeds)])
            for before in (1, 2)
        }  # fmt: skip
        yield Row(
            row=f"code_selection with sequences: items of {sequences} sequences told once, after their first two",
            value=float(np.mean(codes)), unit="share", interval=student_interval(codes), n=seeds,
            peer=f"a chain by the item before {chains[1]:.2f}, by the two before {chains[2]:.2f}; "
                 f"chance {1 / ITEMS:.2f}",
        )  # fmt: skip

"""Memories: what each promises, over all of them, our own and what others bring."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from innervate.controllers.memories import MEMORIES, MemoryStore
from innervate.errors import ConfigError
from innervate.signals import Channel

CUES, BITS, BATCH = 6, 5, 3
SMALL: dict[str, dict[str, Any]] = {
    "ca3": {},
    "ca3, dentate": {"dentate": True, "granules": 8},
    "ca3, integer weights": {"levels": 63},
    "ca3, paper": {"mode": "paper"},
    "code-selection": {"modules": 32, "units": 64},
    "code-selection, sequences": {"modules": 16, "units": 32, "sequences": True},
}
"""Settings of seconds; those of others, and of names that are not here, are their own."""


def variants() -> list[str]:
    """Every name of the catalogue, and its further settings."""
    return [*(n for n in MEMORIES if n not in SMALL), *SMALL]


def build(name: str, cue: int = CUES, content: int = BITS) -> MemoryStore:
    kind = MEMORIES[name.partition(",")[0]]
    return kind(**SMALL.get(name, {})).build(
        Channel("cue", cue), Channel("content", content), torch.Generator().manual_seed(0)
    )


def cue_of(memory: MemoryStore, number: int, batch: int = 1) -> torch.Tensor:
    """One of the cues that it takes, by number; none is another's part."""
    if memory.cues == "one-hot":
        cue = torch.eye(CUES)[number % CUES]
    else:
        generator = torch.Generator().manual_seed(number % CUES)
        cue = torch.rand(CUES, generator=generator) if memory.cues == "real" else torch.eye(CUES)[number % CUES]
    return cue.expand(batch, -1)


def content_of(memory: MemoryStore, number: int, batch: int = 1) -> torch.Tensor:
    bits = torch.tensor([float(number >> k & 1) for k in range(BITS)])
    return (bits if memory.contents == "bits" else bits * 1.5 - number / 7).expand(batch, -1)


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], row: int | None = None) -> bool:
    return set(a) == set(b) and all(torch.equal(a[k] if row is None else a[k][row], b[k] if row is None else b[k][row])
                                    for k in a)  # fmt: skip


@pytest.mark.parametrize("name", variants())
def test_a_memory_is_pure_gated_and_says_what_it_holds(name: str) -> None:
    memory = build(name)
    cue, content = cue_of(memory, 1, BATCH), content_of(memory, 21, BATCH)
    empty = memory.empty(BATCH)
    assert all(len(v) == BATCH for v in empty.values())
    nothing = memory.recall(empty, cue)
    assert torch.equal(nothing.content, torch.zeros(BATCH, BITS)) and torch.equal(
        nothing.familiarity, torch.zeros(BATCH)
    )

    before = {k: v.clone() for k, v in empty.items()}
    held = empty
    for number in range(3):
        held = memory.store(held, cue_of(memory, number, BATCH), content_of(memory, 9 + number, BATCH))
    assert same(before, empty)  # storing changes nothing that was handed in
    recalled = memory.recall(held, cue)
    if not memory.recall_writes:
        assert same(recalled.state, held)
    assert recalled.content.shape == (BATCH, BITS) and recalled.cue.shape == (BATCH, CUES)
    assert recalled.spikes.dtype == torch.int64 and bool((recalled.spikes >= 0).all())
    assert bool(((recalled.familiarity >= 0) & (recalled.familiarity <= 1)).all())
    assert bool((memory.held(held) > 0).all()) and torch.equal(
        memory.lost(empty), torch.zeros(BATCH, dtype=torch.int64)
    )

    shut = memory.store(held, cue, content, torch.tensor([1.0, 0.0, 1.0]))
    assert same(shut, held, row=1) and not same(shut, held, row=0)
    forgot = memory.forget(held, torch.tensor([True, False, False]))
    assert torch.equal(memory.recall(forgot, cue).content[0], torch.zeros(BITS)) and same(forgot, held, row=1)


@pytest.mark.parametrize("name", variants())
def test_a_batch_is_its_rows(name: str) -> None:
    memory = build(name)
    numbers = (3, 17, 30)
    cues = torch.cat([cue_of(memory, n) for n in numbers])
    contents = torch.cat([content_of(memory, n) for n in numbers])
    together = memory.store(memory.empty(BATCH), cues, contents)
    for row in range(BATCH):
        alone = memory.store(memory.empty(1), cues[row : row + 1], contents[row : row + 1])
        assert all(torch.equal(together[k][row], alone[k][0]) for k in alone)


@pytest.mark.parametrize("name", variants())
def test_what_cannot_be_asked_is_refused(name: str) -> None:
    memory = build(name)
    state = memory.empty(1)
    with pytest.raises(ConfigError, match="one of the two"):
        memory.recall(state)
    if not memory.by_content:
        with pytest.raises(ConfigError, match="by cue only"):
            memory.recall(state, content=torch.ones(1, BITS))
    with pytest.raises(ConfigError, match="from 0 to 1"):
        memory.store(state, cue_of(memory, 0), content_of(memory, 1), torch.tensor([math.inf]))


@pytest.mark.parametrize("name", variants())
@given(told=st.lists(st.tuples(st.integers(0, CUES - 1), st.integers(0, 2**BITS - 1), st.booleans()), max_size=12))
@settings(max_examples=15, deadline=None)
def test_below_its_capacity_a_memory_is_exact(name: str, told: list[tuple[int, int, bool]]) -> None:
    """Any order, overlapping contents, cues told again, interrupted by questions and by being stored as tensors."""
    memory = build(name)
    if not memory.key_value:
        return  # it makes no such promise
    if memory.recall_writes:
        told = list({cue: (cue, content, asks) for cue, content, asks in told}.values())  # forgetting is incomplete
    assert memory.capacity is None or memory.capacity >= CUES
    state, truth = memory.empty(1), dict[int, int]()
    for cue, content, asks in told:
        state = memory.store(state, cue_of(memory, cue), content_of(memory, content))
        truth[cue] = content
        if asks:
            state = {k: v.clone() for k, v in memory.recall(state, cue_of(memory, cue)).state.items()}
    for cue, content in truth.items():
        recalled = memory.recall(state, cue_of(memory, cue))
        torch.testing.assert_close(recalled.content, content_of(memory, content))
        assert float(recalled.familiarity) > 0.99
    assert int(memory.held(state)) >= len(truth) and int(memory.lost(state)) == 0


@pytest.mark.parametrize("name", ["dictionary", "ca3, dentate", "index"])
def test_a_full_memory_says_so(name: str) -> None:
    few: dict[str, Any] = {"granules": 2, "dentate": True} if "dentate" in name else {"capacity": 2}
    kind: Any = MEMORIES[name.partition(",")[0]]
    memory: MemoryStore = kind(**few).build(Channel("cue", CUES), Channel("content", BITS), torch.Generator())
    state = memory.empty(1)
    for number in range(5):
        state = memory.store(state, cue_of(memory, number), content_of(memory, number + 1))
    assert int(memory.held(state)) == 2 and int(memory.lost(state)) == 3

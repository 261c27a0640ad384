"""Codes that depend on the code before: the same item in another context has another code, and is followed by its own.

After Rinkus (2014), Frontiers in Computational Neuroscience 8:160.
"""

import pytest
import torch

from innervate.controllers.memory.code_selection import CodeSelection, CodeSelectionConfig
from innervate.errors import ConfigError
from innervate.signals import Channel

ITEMS, INPUTS, ON = 20, 128, 16


def _memory(sequences: bool = True) -> CodeSelection:
    config = CodeSelectionConfig(modules=16, units=32, sequences=sequences)
    return config.build(Channel("item", INPUTS), Channel("number", ITEMS), torch.Generator().manual_seed(1))


def _items() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.stack(
        [torch.zeros(INPUTS).index_fill(0, torch.randperm(INPUTS, generator=generator)[:ON], 1.0) for _ in range(ITEMS)]
    )


def _told(memory: CodeSelection, sequences: list[list[int]]) -> tuple[dict[str, torch.Tensor], list[torch.Tensor]]:
    """What is held after each sequence was told once, and the codes, item after item."""
    state, items, codes, row = memory.empty(1), _items(), list[torch.Tensor](), torch.ones(1, dtype=torch.bool)
    for sequence in sequences:
        state = memory.begin(state, row)
        for k in sequence:
            state = memory.store(state, items[k : k + 1], torch.eye(ITEMS)[k : k + 1])
            codes.append(state["before"][0].clone())
    return memory.begin(state, row), codes


def _goes_on(memory: CodeSelection, state: dict[str, torch.Tensor], shown: list[int], steps: int) -> list[list[int]]:
    """What the memory says, item by item, after some were shown and silence followed."""
    items, said = _items(), list[list[int]]()
    for cue in [*(items[k] for k in shown), *[torch.zeros(INPUTS)] * steps]:
        recall = memory.recall(state, cue[None])
        state = recall.state
        said.append(recall.content[0].nonzero().flatten().tolist())
        assert set(said[-1]) == {i for i in range(ITEMS) if torch.equal(items[i], recall.cue[0])}
    return said


SEQUENCES = [[0, 1, 2, 3, 4], [5, 1, 2, 6, 7], [8, 9, 8, 10, 8, 11], [12, 13, 14, 15]]


def test_the_same_item_in_another_context_has_another_code() -> None:
    """Items 1 and 2 in two sequences, item 8 thrice in one; told again in its context an item keeps its code."""
    memory = _memory()
    state, codes = _told(memory, SEQUENCES)
    for one, other in ((1, 6), (2, 7), (10, 12), (12, 14)):
        assert memory.overlap(codes[one], codes[other]) < 0.2
    drawn = int(state["draws"])
    assert drawn == sum(map(len, SEQUENCES))
    again, told = _told(memory, SEQUENCES + SEQUENCES[:2])
    assert int(again["draws"]) == drawn
    assert all(torch.equal(a, b) for a, b in zip(told[drawn:], codes, strict=False))


def test_a_sequence_comes_back_from_its_first_items() -> None:
    """Though two share their second and third item, and one comes back to its first again and again."""
    memory = _memory()
    state, _ = _told(memory, SEQUENCES)
    kept = {k: v.clone() for k, v in state.items()}
    for sequence in SEQUENCES:
        for shown in (1, 2, 3):
            said = _goes_on(memory, state, sequence[:shown], len(sequence) - shown)
            assert said == [[k] for k in sequence]
    assert all(torch.equal(state[k], kept[k]) for k in kept)


def test_without_its_beginning_what_is_shown_decides() -> None:
    """A sequence joined where its items are its own is gone on with; an item of two contexts leaves both open until
    one of them is seen."""
    memory = _memory()
    state, _ = _told(memory, SEQUENCES)
    assert _goes_on(memory, state, [13], 2) == [[13], [14], [15]]
    assert _goes_on(memory, state, [2, 6], 1)[1:] == [[6], [7]]
    assert _goes_on(memory, state, [2, 3], 1)[1:] == [[3], [4]]


def test_without_sequences_there_is_no_context() -> None:
    """The null: one code an item, whatever came before; and a silent cue calls up nothing."""
    memory = _memory(sequences=False)
    items, state, codes = _items(), memory.empty(1), list[torch.Tensor]()
    for sequence in SEQUENCES:
        for k in sequence:
            state = memory.store(state, items[k : k + 1], torch.eye(ITEMS)[k : k + 1])
            codes.append(memory.code(state, items[k]))
    assert memory.overlap(codes[1], codes[6]) == memory.overlap(codes[10], codes[12]) == 1
    assert not memory.recall(state, torch.zeros(1, INPUTS)).content.any()
    with pytest.raises(ConfigError, match="sequences=True"):
        memory.begin(state, torch.ones(1, dtype=torch.bool))


def test_more_synapses_than_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="modules=32, units=64"):
        CodeSelectionConfig(sequences=True, modules=128).build(
            Channel("item", 4), Channel("number", 2), torch.Generator()
        )

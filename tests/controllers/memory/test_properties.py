"""What each memory claims beyond the contract: like codes, any slot open, a gate that learns its stream."""

from typing import Any

import pytest
import torch
from scipy.stats import spearmanr

from innervate.controllers.memory.code_selection import CodeSelectionConfig
from innervate.controllers.memory.dictionary import DictionaryConfig
from innervate.controllers.memory.fast_weights import FastWeightsConfig
from innervate.controllers.memory.index import IndexConfig
from innervate.signals import Channel


@pytest.mark.parametrize("stored_before", [0, 200])
def test_similar_inputs_get_similar_codes(stored_before: int) -> None:
    """Rank correlation of input and code overlap, in an empty memory and in a crowded one."""
    generator = torch.Generator().manual_seed(2)
    memory = CodeSelectionConfig(modules=64, units=64).build(Channel("cue", 512), Channel("content", 8), generator)
    state = memory.empty(1)
    for _ in range(stored_before):
        cue = torch.zeros(1, 512).index_fill(1, torch.randperm(512, generator=generator)[:32], 1.0)
        state = memory.store(state, cue, torch.zeros(1, 8))
    likeness, overlaps = list[float](), list[float]()
    for moved in range(0, 33, 2):
        order = torch.randperm(512, generator=generator)
        first, other = (torch.zeros(512).index_fill(0, order[a : a + 32], 1.0) for a in (0, moved))
        code = memory.code(state, first, draw=int(state["draws"][0]))
        with_it = memory.store(state, first[None], torch.zeros(1, 8))
        likeness.append(1 - moved / 32)
        overlaps.append(memory.overlap(code, memory.code(with_it, other, draw=10_000 + moved)))
    correlation: Any = spearmanr(likeness, overlaps)
    assert correlation.statistic >= 0.9
    assert overlaps[0] == 1 and overlaps[-1] < 0.2


def test_noisy_cues_come_back_whole() -> None:
    """A quarter of the cue's active units moved: code selection and the nearest key answer, 200 memories."""
    generator = torch.Generator().manual_seed(0)
    channels = Channel("cue", 512), Channel("content", 64)
    cues = torch.stack(
        [torch.zeros(512).index_fill(0, torch.randperm(512, generator=generator)[:32], 1.0) for _ in range(200)]
    )
    contents = (torch.rand(200, 64, generator=generator) < 0.125).float()
    for config in (CodeSelectionConfig(modules=32, units=128), DictionaryConfig()):
        memory = config.build(*channels, generator)
        state = memory.empty(1)
        for cue, content in zip(cues, contents, strict=True):
            state = memory.store(state, cue[None], content[None])
        right = 0
        for number in range(50):
            noisy, on = cues[number].clone(), cues[number].nonzero().squeeze(1)
            noisy[on[:8]] = 0
            noisy[(noisy == 0).nonzero().squeeze(1)[torch.randperm(480, generator=generator)[:8]]] = 1
            right += torch.equal(memory.recall(state, noisy[None]).content[0], contents[number])
        assert right == 50, type(config).__name__


def test_any_slot_of_an_event_may_be_open() -> None:
    """200 events of who and where at an instant; marginals over time are the counts."""
    people, places, generator = 12, 20, torch.Generator().manual_seed(5)
    memory = IndexConfig(capacity=200).build(Channel("who", people), Channel("where", places), generator)
    pairs = torch.randperm(people * places, generator=generator)[:200]
    who, where = pairs // places, pairs % places
    state = memory.empty(1)
    for a, b in zip(who, where, strict=True):
        state = memory.store(state, torch.eye(people)[a][None], torch.eye(places)[b][None])
    concepts = torch.cat([torch.eye(people)[who], torch.eye(places)[where]], 1)
    both, one = torch.ones(people + places, dtype=torch.bool), torch.arange(people + places) < people
    for t in range(200):
        assert int(memory.ask(state, concepts[t : t + 1], both)[1]) == t  # when
        assert torch.equal(memory.at(state, torch.tensor([t]))[0], concepts[t])  # who and where
    for person in range(people):
        known = torch.cat([torch.eye(people)[person], torch.zeros(places)])[None]
        counted = torch.bincount(where[who == person], minlength=places) / (who == person).sum()
        marginals = memory.semantic(state, known, one)[0, people:]
        torch.testing.assert_close(marginals, counted.float(), atol=0.05, rtol=0)


@pytest.mark.parametrize(("noisy", "opens"), [(True, False), (False, True)])
def test_the_write_gate_learns_what_its_stream_asks_for(noisy: bool, opens: bool) -> None:
    """Contents under noise are averaged, contents that change are replaced; both better than where the gate begins."""
    means = dict[str, float]()
    for gate in ("fixed", "learned"):
        generator = torch.Generator().manual_seed(4)
        memory = FastWeightsConfig(gate=gate, strength=0.5).build(Channel("cue", 12), Channel("content", 6), generator)
        keys, truth = (
            torch.linalg.qr(torch.randn(12, 12, generator=generator))[0],
            torch.randn(12, 6, generator=generator),
        )
        state, errors = memory.empty(1), list[float]()
        for _ in range(1200):
            k = int(torch.randint(12, (), generator=generator))
            if not noisy and float(torch.rand((), generator=generator)) < 0.2:
                truth[k] = torch.randn(6, generator=generator)
            told = truth[k] + (1.5 * torch.randn(6, generator=generator) if noisy else 0)
            errors.append(float((memory.recall(state, keys[k][None]).content[0] - truth[k]).square().mean()))
            state = memory.store(state, keys[k][None], told[None])
        means[gate] = sum(errors[600:]) / 600
        if gate == "learned":
            opening = memory.opening(state, torch.ones(1, 6))[0]
            assert bool(opening > 0.5) is opens
    assert means["learned"] < means["fixed"]


def test_none_of_many_like_cues_is_taken_for_another() -> None:
    """Ten kinds of twenty cues each, which share three quarters of what is active: all are stored as new ones, and the
    code of a cue that was never met overlaps most with one of its kind."""
    generator = torch.Generator().manual_seed(6)
    memory = CodeSelectionConfig(modules=64, units=64).build(Channel("cue", 128), Channel("kind", 10), generator)
    pools = [torch.randperm(128, generator=generator)[:32] for _ in range(10)]

    def cue(number: int) -> torch.Tensor:
        active = pools[number % 10][torch.randperm(32, generator=generator)[:24]]
        return torch.zeros(128).index_fill(0, active, 1.0)

    cues, state = [cue(number) for number in range(200)], memory.empty(1)
    for number, each in enumerate(cues):
        state = memory.store(state, each[None], torch.eye(10)[number % 10][None])
    assert int(memory.held(state)) == 200 and int(memory.lost(state)) == 0
    codes = torch.stack([memory.code(state, each) for each in cues])
    for number in range(50):
        overlaps = (codes == memory.code(state, cue(number))).float().mean(1)
        assert int(overlaps.argmax()) % 10 == number % 10

"""The spiking memory against the published experiments, and its kernel against the same network as arrays."""

import importlib
import importlib.util
from collections.abc import Iterable

import numpy as np
import pytest
import torch

from innervate.controllers.memory._ca3_layout import CONSTANTS, FREE, GATED, Layout
from innervate.controllers.memory._ca3_network import run
from innervate.controllers.memory.ca3 import Ca3Config
from innervate.errors import ConfigError
from innervate.signals import Channel

Operation = tuple[str, tuple[int, ...], tuple[int, ...]]
"""`learn`, `cue` or `content`, then the cue and the content that are held up."""


def played(
    n: int, m: int, operations: Iterable[Operation], pause_ms: int = 14
) -> list[dict[int, tuple[set[int], set[int]]]]:
    """Of each operation, what the output shows: milliseconds since its begin to the cues and the contents that fire."""
    layout = Layout(n, m)
    dynamics = layout.dynamics()
    forth, back = np.zeros((n, m), np.float32), np.zeros((m, n), np.float32)
    shown = []
    for kind, cues, contents in operations:
        told = np.zeros((pause_ms, n), np.uint8), np.zeros((pause_ms, m), np.uint8)
        hold = 3 if kind == "learn" else 1
        told[0][:hold, list(cues)], told[1][:hold, list(contents)] = 1, 1
        output, _, _ = run(layout, dynamics, forth, back, *told)
        fired = {t: (set(np.flatnonzero(o[:n])), set(np.flatnonzero(o[n:]))) for t, o in enumerate(output) if o.any()}
        shown.append(fired)
    return shown


def test_the_first_experiment_of_the_paper() -> None:
    """Nine operations: all answers, in the milliseconds in which they come: 5 and 7 of what is learnt, 5 and 6 else."""
    operations: list[Operation] = [
        ("learn", (0,), (0, 1, 8, 9)), ("learn", (4,), (1, 5, 6)), ("learn", (3,), (4, 5, 6, 8)), ("cue", (0,), ()),
        ("content", (), (6,)), ("content", (), (0,)), ("learn", (3,), (1, 3, 4, 8)), ("cue", (3,), ()),
        ("content", (), (6,)),
    ]  # fmt: skip
    shown = played(5, 10, operations)
    for (kind, cues, contents), seen in zip(operations, shown, strict=True):
        if kind == "learn":
            assert seen[5] == seen[7] == (set(cues), set(contents))
    assert shown[3] == {5: ({0}, set()), 6: (set(), {0, 1, 8, 9})}
    assert shown[4] == {5: (set(), {6}), 6: ({3, 4}, set())}
    assert shown[5] == {5: (set(), {0}), 6: ({0}, set())}
    assert shown[7] == {5: ({3}, set()), 6: (set(), {1, 3, 4, 8})}
    assert shown[8] == {5: (set(), {6}), 6: ({4}, set())}  # the forgotten one is gone


def test_the_pyramid_of_the_paper() -> None:
    """Every cue learns itself, then its complement, twice; all are asked by cue and by content: 60 operations."""
    n, operations, expected = 5, list[Operation](), list[tuple[set[int], set[int]]]()
    for itself in (True, False) * 2:
        memories = {k: {k} if itself else set(range(n)) - {k} for k in range(n)}
        for k, bits in memories.items():
            operations.append(("learn", (k,), tuple(bits)))
            expected.append(({k}, bits))
        for k, bits in memories.items():
            operations.append(("cue", (k,), ()))
            expected.append(({k}, bits))
        for bit in range(n):
            operations.append(("content", (), (bit,)))
            expected.append(({k for k, bits in memories.items() if bit in bits}, {bit}))
    shown = played(n, n, operations)
    assert len(operations) == 60
    for (kind, _, _), seen, (cues, bits) in zip(operations, shown, expected, strict=True):
        if kind == "learn":
            assert seen[5] == seen[7] == (cues, bits)
        else:
            assert set(seen) <= {5, 6}
            assert set().union(*(c for c, _ in seen.values())) == cues
            assert set().union(*(b for _, b in seen.values())) == bits


def test_the_state_map_of_the_paper() -> None:
    """A 4 x 4 map of cells with a flag each: one question returns all cells with a flag."""
    flags = [1, 3, 3, 5, 3, 5, 3, 3, 3, 3, 5, 4, 0, 0, 4, 2]
    operations: list[Operation] = [("learn", (cell,), (flag,)) for cell, flag in enumerate(flags)]
    asked = [1, 2, 3, 5]
    shown = played(16, 6, [*operations, *(("content", (), (flag,)) for flag in asked)])
    for flag, seen in zip(asked, shown[16:], strict=True):
        assert seen[6][0] == {cell for cell, has in enumerate(flags) if has == flag}


@pytest.mark.skipif(not importlib.util.find_spec("numba"), reason="numba compiles the kernel")
@pytest.mark.parametrize("rule", [FREE, GATED])
def test_the_kernel_is_the_network(rule: int) -> None:
    """Random inputs, also several cues at once: the same spikes, weights and synaptic operations as plain arrays."""
    kernels = [importlib.import_module(f"innervate.controllers.memory._ca3_{k}").live for k in ("plain", "kernel")]
    layout, rng = Layout(7, 9), np.random.default_rng(3)
    told = (rng.random((400, 7)) < 0.03).astype(np.uint8), (rng.random((400, 9)) < 0.04).astype(np.uint8)
    results = []
    for live in kernels:
        dynamics = layout.dynamics()
        weights = np.zeros((7, 9), np.float32), np.zeros((9, 7), np.float32)
        output, counts = np.zeros((400, 16), np.uint8), []
        for a, b in ((0, 30), (30, 131), (131, 400)):  # goes on from call to call
            part = [x[a:b] for x in told]
            counts.append(
                live(7, 9, layout.ends, CONSTANTS, *dynamics.values(), *weights, *part, True, rule, output[a:b])
            )
        results.append((output, counts, *weights))
    assert results[0][0].sum() > 50 and results[0][1] == results[1][1]
    np.testing.assert_array_equal(results[0][0], results[1][0])
    for ours, theirs in zip(results[0][2:], results[1][2:], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize(("n", "m"), [(256, 256), (64, 64)])
def test_gated_fragments_are_exact_after_relearning(n: int, m: int) -> None:
    """By cue, by 1, 3 and 10 bits, after three rounds of new contents under the same cues."""
    generator = torch.Generator().manual_seed(1)
    memory = Ca3Config().build(Channel("cue", n), Channel("content", m), generator)
    state, contents = memory.empty(1), torch.zeros(n, m)
    for _ in range(3):
        contents = (torch.rand(n, m, generator=generator) < 0.1).float()
        for k in range(n):
            state = memory.store(state, torch.eye(n)[k : k + 1], contents[k : k + 1])
    for k in range(0, n, 16):
        assert torch.equal(memory.recall(state, torch.eye(n)[k : k + 1]).content[0], contents[k])
        for bits in (1, 3, 10):
            asked = torch.zeros(1, m)
            asked[0, torch.randperm(m, generator=generator)[:bits]] = 1
            share = (contents * asked).sum(1) > 0
            assert torch.equal(memory.recall(state, content=asked).cue[0], share.float())


def test_the_published_rule_forgets_incompletely_and_learns_from_questions() -> None:
    """What the gate mends: the positive control of the test above."""
    generator = torch.Generator().manual_seed(1)
    memory = Ca3Config(mode="paper").build(Channel("cue", 64), Channel("content", 64), generator)
    state, wrong, contents = memory.empty(1), 0, torch.zeros(64, 64)
    for _ in range(3):
        contents = (torch.rand(64, 64, generator=generator) < 0.1).float()
        for k in range(64):
            state = memory.store(state, torch.eye(64)[k : k + 1], contents[k : k + 1])
    for _ in range(10):
        asked = torch.zeros(1, 64)
        asked[0, torch.randperm(64, generator=generator)[:3]] = 1
        recalled = memory.recall(state, content=asked)
        state = recalled.state
        wrong += not torch.equal(recalled.cue[0], ((contents * asked).sum(1) > 0).float())
    assert wrong >= 5


@pytest.mark.parametrize("mode", ["gated", "paper"])
def test_a_raster_is_what_the_operation_does(mode: str) -> None:
    """The spikes of a store and of both questions, by population: the output in the published milliseconds, as many as
    the answer says, and nothing is changed by looking."""
    memory = Ca3Config(mode="paper" if mode == "paper" else "gated").build(
        Channel("cue", 6), Channel("content", 8), torch.Generator()
    )
    cues, content = torch.eye(6), torch.tensor([[0.0, 1, 0, 0, 1, 0, 0, 1]])
    state = memory.empty(1)
    shown = memory.raster(state, cues[2:3], content)
    assert [set(np.flatnonzero(shown[f"output_{side}"].any(1))) for side in ("cue", "content")] == [{5, 7}, {5, 7}]
    assert np.array_equal(shown["output_content"][7], content[0].numpy())
    assert not state["to_content"].any()
    state = memory.store(state, cues[2:3], content)
    kept = {k: v.clone() for k, v in state.items()}
    for question, first, second in (
        ({"cue": cues[2:3]}, "output_cue", "output_content"),
        ({"content": content}, "output_content", "output_cue"),
    ):
        shown = memory.raster(state, **question)
        assert [set(np.flatnonzero(shown[name].any(1))) for name in (first, second)] == [{5}, {6}]
        assert all(torch.equal(state[k], kept[k]) for k in state)
        assert sum(int(s.sum()) for s in shown.values()) == int(memory.recall(state, **question).spikes)
    with pytest.raises(ConfigError, match="at least one"):
        memory.raster(state)

"""The spiking memory: the published experiments, fragments after relearning, and what an operation costs."""

import importlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from innervate.controllers.memory._ca3_layout import CONSTANTS, FREE, Layout
from innervate.controllers.memory._ca3_network import run
from innervate.controllers.memory.ca3 import Ca3, Ca3Config
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio
from innervate.signals import Channel

Operation = tuple[str, tuple[int, ...], tuple[int, ...]]
"""`learn`, `cue` or `content`, with what is held up."""


def first_experiment() -> tuple[int, int, list[Operation]]:
    """Cues, bits and the nine operations of the paper's first experiment."""
    return 5, 10, [
        ("learn", (0,), (0, 1, 8, 9)), ("learn", (4,), (1, 5, 6)), ("learn", (3,), (4, 5, 6, 8)), ("cue", (0,), ()),
        ("content", (), (6,)), ("content", (), (0,)), ("learn", (3,), (1, 3, 4, 8)), ("cue", (3,), ()),
        ("content", (), (6,)),
    ]  # fmt: skip


def pyramid() -> tuple[int, int, list[Operation]]:
    """Five cues that learn themselves, then their complements, twice; all asked both ways: 60 operations."""
    operations = list[Operation]()
    for itself in (True, False) * 2:
        for k in range(5):
            operations.append(("learn", (k,), (k,) if itself else tuple(set(range(5)) - {k})))
        operations += [("cue", (k,), ()) for k in range(5)] + [("content", (), (k,)) for k in range(5)]
    return 5, 5, operations


def state_map() -> tuple[int, int, list[Operation]]:
    """A 4 x 4 map of cells with one of six flags each, asked for four flags."""
    flags = (1, 3, 3, 5, 3, 5, 3, 3, 3, 3, 5, 4, 0, 0, 4, 2)
    learnt: list[Operation] = [("learn", (cell,), (flag,)) for cell, flag in enumerate(flags)]
    return 16, 6, [*learnt, *(("content", (), (flag,)) for flag in (1, 2, 3, 5))]


def _on(fired: Any) -> set[int]:
    return set(np.flatnonzero(fired).tolist())


def right_operations(n: int, m: int, operations: list[Operation], fast: bool) -> tuple[int, int]:
    """How many operations gave the right answer, and how many of those in the right milliseconds."""
    layout = Layout(n, m)
    dynamics, told = layout.dynamics(), dict[int, set[int]]()
    forth, back = np.zeros((n, m), np.float32), np.zeros((m, n), np.float32)
    windows = [(7 if kind == "learn" else 6) if fast else 14 for kind, *_ in operations]
    cues, contents = np.zeros((sum(windows) + 14, n), np.uint8), np.zeros((sum(windows) + 14, m), np.uint8)
    starts = np.cumsum([0, *windows[:-1]])
    for (kind, cue, content), t in zip(operations, starts, strict=True):
        hold = 3 if kind == "learn" else 1
        cues[t : t + hold, list(cue)], contents[t : t + hold, list(content)] = 1, 1
    output, *_ = run(layout, dynamics, forth, back, cues, contents, True, FREE)
    right = timely = 0
    for (kind, cue, content), t in zip(operations, starts, strict=True):
        if kind == "learn":
            told[cue[0]] = set(content)
            expected = {5: (set(cue), set(content)), 7: (set(cue), set(content))}
        elif kind == "cue":
            expected = {5: (set(cue), set[int]()), 6: (set[int](), told[cue[0]])}
        else:
            expected = {
                5: (set[int](), set(content)),
                6: ({k for k, bits in told.items() if bits & set(content)}, set()),
            }
        shown = {ms: (_on(output[t + ms, :n]), _on(output[t + ms, n:])) for ms in expected}
        wanted = [set[int]().union(*(e[side] for e in expected.values())) for side in (0, 1)]
        around = output[t + 5 : t + 8] if kind == "learn" else output[t + 5 : t + 7]
        sides = [_on(around[:, part].any(0)) for part in (slice(0, n), slice(n, None))]
        # A memory that is learnt anew calls up the old one on its way: what counts is that the new one is shown.
        right += all(w <= s for w, s in zip(wanted, sides, strict=True)) if kind == "learn" else wanted == sides
        timely += shown == expected
    return right, timely


def paper_rows(bench: Bench) -> Iterator[Row]:
    """The three experiments, at the paper's slower schedule and at its faster one."""
    for name, make in (("first experiment", first_experiment), ("pyramid", pyramid), ("4 x 4 map", state_map)):
        n, m, operations = make()
        for fast in (False, True):
            spacing = "7 ms after learning, 6 after a question" if fast else "14 ms apart"
            key = f"paper {name} {fast}"
            right, timely = bench.once(key, partial(right_operations, n, m, operations, fast))
            yield Row(
                row=f"ca3 as published, {name}, operations {spacing}: right answers", value=right,
                unit=f"of {len(operations)}", peer=f"in the published milliseconds: {timely}",
                reach="" if fast else "all, in time",
                holds=None if fast else right == timely == len(operations),
            )  # fmt: skip


def fragments(mode: str, n: int, m: int, rounds: int, seed: int) -> list[float]:
    """Share of exact recalls by cue, and by 1, 3 and 10 content bits, after so many contents under every cue."""
    generator = torch.Generator().manual_seed(seed)
    memory = Ca3Config(mode="paper" if mode == "paper" else "gated").build(
        Channel("cue", n), Channel("bits", m), generator
    )
    state, eye, contents = memory.empty(1), torch.eye(n), torch.zeros(n, m)
    for _ in range(rounds):
        contents = (torch.rand(n, m, generator=generator) < 0.1).float()
        for k in range(n):
            state = memory.store(state, eye[k : k + 1], contents[k : k + 1])
    right = np.zeros(4)
    asked = range(0, n, max(1, n // 40))
    for k in asked:
        recalled = memory.recall(state, eye[k : k + 1])
        state, right[0] = recalled.state, right[0] + torch.equal(recalled.content[0], contents[k])
        for i, bits in enumerate((1, 3, 10)):
            question = torch.zeros(1, m)
            question[0, torch.randperm(m, generator=generator)[:bits]] = 1
            recalled = memory.recall(state, content=question)
            state = recalled.state
            right[i + 1] += torch.equal(recalled.cue[0], ((contents * question).sum(1) > 0).float())
    return (right / len(asked)).tolist()


def fragment_rows(bench: Bench) -> Iterator[Row]:
    """One and three rounds of learning; the published rule beside the gated one."""
    sizes = ((64, 64),) if bench.quick else ((256, 256), (1024, 128))
    seeds = bench.seeds or (1 if bench.quick else 3)
    for n, m in sizes:
        for rounds in (1, 3):
            found = {
                mode: np.array(
                    [bench.once(f"fragments {mode} {n} {m} {rounds} {s}", partial(fragments, mode, n, m, rounds, s))
                     for s in range(seeds)]
                ).mean(0)
                for mode in ("gated", "paper")
            }  # fmt: skip
            bench.say(f"{n} x {m}, {rounds} rounds: gated {found['gated']}, as published {found['paper']}")
            for i, what in enumerate(("cue", "1 bit", "3 bits", "10 bits")):
                yield Row(
                    row=f"ca3 gated, {n} x {m}, {rounds} rounds: exact recall by {what}", value=found["gated"][i],
                    unit="share", n=seeds, peer=f"as published {found['paper'][i]:.2f}", reach="1.00",
                    holds=bool(found["gated"][i] == 1),
                )  # fmt: skip


def _plain() -> Any:
    """The network as arrays; what stands in where numba is not."""
    return importlib.import_module("innervate.controllers.memory._ca3_plain").live


def _operations(memory: Ca3) -> dict[str, object]:
    n, m = memory.layout.cues, memory.layout.bits
    cues, contents = np.zeros((14, n), np.uint8), np.zeros((14, m), np.uint8)
    cues[:3, 7], contents[:3, ::10] = 1, 1
    forth, back = np.zeros((n, m), np.float32), np.zeros((m, n), np.float32)
    dynamics, live = {name: memory.layout.dynamics() for name in ("ours", "plain")}, _plain()

    def plain() -> None:
        output = np.zeros((14, n + m), np.uint8)
        live(n, m, memory.layout.ends, CONSTANTS, *dynamics["plain"].values(), forth, back, cues, contents, True, FREE,
             output)  # fmt: skip

    def ours() -> None:
        for _ in range(20):
            run(memory.layout, dynamics["ours"], forth, back, cues, contents, True, FREE)

    return {"ours, 20 times": ours, "plain": plain}


def speed_rows(bench: Bench) -> Iterator[Row]:
    """One operation of 14 ms at 1024 cues and 128 bits, one thread: the kernel against the same network as arrays."""
    torch.set_num_threads(1)
    memory = Ca3Config(mode="paper").build(Channel("cue", 1024), Channel("bits", 128), torch.Generator())

    def measure() -> dict[str, list[float]]:
        timing = interleave(_operations(memory), rounds=5 if bench.quick else 15)  # pyright: ignore[reportArgumentType]
        return {name: t.cpu_s.tolist() for name, t in timing.items()}

    times = bench.once("speed of an operation", measure)
    ours, plain = np.array(times["ours, 20 times"]) / 20, np.array(times["plain"])
    faster, quartiles = ratio(plain, ours)
    yield Row(
        row="ca3, one operation at 1024 x 128: times faster than NumPy", value=faster, unit="x", interval=quartiles,
        n=len(ours), peer=f"{1e3 * np.median(ours):.3f} against {1e3 * np.median(plain):.1f} ms CPU", reach="30",
        holds=faster >= 30,
    )  # fmt: skip
    output = np.zeros(0)
    cues, contents = np.zeros((14, 1024), np.uint8), np.zeros((14, 128), np.uint8)
    cues[:3, 7], contents[:3, ::10] = 1, 1
    output, spikes, operations = run(
        memory.layout, memory.layout.dynamics(), np.zeros((1024, 128), np.float32), np.zeros((128, 1024), np.float32),
        cues, contents,
    )  # fmt: skip
    del output
    yield Row(row="ca3, one store of 13 bits at 1024 x 128: spikes", value=spikes, unit="spikes",
              peer=f"{operations} synaptic operations")  # fmt: skip

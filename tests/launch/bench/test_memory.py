"""What the bench of memory measures is what it should be: its nulls, its peers, its inputs."""

import numpy as np
import pytest
import torch

from innervate.controllers.memory.code_selection import CodeSelectionConfig
from innervate.launch.bench.memory.hippocampus import first_experiment, pyramid, right_operations, state_map
from innervate.launch.bench.memory.order import by_chain, by_codes
from innervate.launch.bench.memory.patterns import (
    ACTIVE,
    WINNERS,
    Published,
    Willshaw,
    _noisy,  # pyright: ignore[reportPrivateUsage]
    expanded,
)
from innervate.signals import Channel


def test_the_null_is_willshaw_s() -> None:
    """A pair comes back whole; two whose cues are the same come back together."""
    null, cues, contents = Willshaw(), torch.eye(1024)[:3], torch.eye(64)[:3]
    for cue, content in zip(cues[[0, 1, 1]], contents, strict=True):
        null.store(cue, content)
    assert torch.equal(null.recall(cues[0]), contents[0])
    assert torch.equal(null.recall(cues[1]), contents[1] + contents[2])


def test_noise_moves_a_quarter_and_keeps_the_number() -> None:
    cue = torch.zeros(1024).index_fill(0, torch.arange(ACTIVE), 1.0)
    noisy = _noisy(cue, 0.25, torch.Generator().manual_seed(0))
    assert int(noisy.sum()) == ACTIVE and int((noisy * cue).sum()) == ACTIVE * 3 // 4


def test_cells_are_as_many_in_all_images_and_alike_where_images_are() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 17, (3, 64)).astype(float)
    images[1] = np.clip(images[0] + rng.integers(-1, 2, 64), 0, 16)
    cells = expanded(images, 0)
    assert (cells.sum(1) == WINNERS).all()
    assert cells[0] @ cells[1] > 3 * (cells[0] @ cells[2])
    np.testing.assert_array_equal(expanded(images[:1], 0)[0] > 0, cells[0] > 0)  # no image sees another


def test_the_published_odds_are_flat_for_nothing_and_steep_for_what_is_known() -> None:
    memory = Published(Channel("cue", 4), Channel("content", 2), CodeSelectionConfig(modules=2, units=3), 0)
    flat = memory.weights(torch.zeros(2, 3))
    assert torch.equal(flat, torch.ones(2, 3))
    steep = memory.weights(torch.tensor([[1.0, 0.2, 0.0]] * 2))
    assert steep[0, 0] > 1000 * steep[0, 1]


@pytest.mark.parametrize("make", [first_experiment, pyramid, state_map])
def test_the_paper_s_experiments_at_its_slower_schedule(make: object) -> None:
    n, m, operations = make()  # type: ignore[operator]  # pyright: ignore[reportCallIssue]
    assert right_operations(n, m, operations, fast=False) == (len(operations), len(operations))


def test_chains_confuse_what_codes_in_sequence_do_not() -> None:
    """By the item before, sequences that share items run into each other; with one sequence there is nothing to share
    but its own items."""
    assert by_codes(6, 0) == 1
    assert by_chain(6, 1, 0) < 0.9 and by_chain(6, 1, 0) <= by_chain(6, 2, 0)

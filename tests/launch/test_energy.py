"""The account of a net against nets whose operations are counted by hand."""

import math

import pytest
import torch
from torch import Tensor, nn

from innervate.errors import ConfigError
from innervate.launch.analysis.energy.account import Account, Layer, break_even_rate, equal_bits
from innervate.launch.analysis.energy.torch_net import account


def filled(layer: nn.Linear | nn.Conv2d, zeros: int = 0) -> None:
    """All weights 1, the first few 0."""
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.weight.flatten()[:zeros] = 0.0


def test_a_linear_layer_by_hand() -> None:
    net = nn.Linear(4, 3)
    filled(net, zeros=4)  # the first output reads nothing
    spikes = torch.tensor([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    found = account(net, lambda: net(spikes), weight_bits=8)
    (layer,) = found.layers
    # 2 rows x 4 inputs x 3 outputs; three spikes, each to the two outputs that read it.
    assert (layer.name, layer.macs, layer.effective) == ("weight", 24, 6)
    assert layer.spiking and layer.active == 3 / 8 and layer.weights == 12
    assert (found.dense_cost, found.event_cost, found.memory_bits) == (24 * 8, 6 * 8, 96)
    assert (found.synaptic_operations, found.effective_macs, found.rate) == (6, 0, 6 / 24)
    assert found.unread == ("bias",)


def test_a_convolution_by_hand() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False))
    filled(net[0])  # pyright: ignore[reportArgumentType]
    image = torch.zeros(1, 1, 4, 4)
    image[0, 0, 0, 0] = 0.5  # a corner: read by 4 positions of each of 2 kernels
    image[0, 0, 1, 1] = -2.0  # inside: read by 9
    found = account(net, lambda: net(image), activity_bits=4, weight_bits=2)
    (layer,) = found.layers
    # Of 16 positions x 9 taps, taps over the edge do not count: 4 corners read 4, 8 sides 6, 4 inner 9; two kernels.
    assert layer.macs == 2 * (4 * 4 + 8 * 6 + 4 * 9)
    assert layer.effective == 2 * (4 + 9)
    assert not layer.spiking and found.effective_macs == 26 and found.synaptic_operations == 0
    assert found.event_cost == 26 * 2 * 4


class Spiking(nn.Module):
    """Two layers of units that spike when their input in a step is above 0.5."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False)
        with torch.no_grad():
            self.first.weight.copy_(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
        filled(self.second)

    def forward(self, steps: Tensor) -> Tensor:
        return torch.stack([self.second((self.first(x) > 0.5).float()) for x in steps])


def test_a_spiking_net_of_three_steps_by_hand() -> None:
    net, steps = Spiking(), torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]])
    found = account(net, lambda: net(steps))
    first, second = found.layers
    # The first input has two synapses that are not 0, the second one; then 2, 1 and 0 spikes.
    assert (first.macs, first.effective, first.calls) == (12, 3, 3)
    assert (second.macs, second.effective, second.calls) == (6, 3, 3)
    assert found.steps == 3 and found.rate == 6 / 18 and found.synaptic_operations == 6
    assert equal_bits(3) == 2 and break_even_rate(3) == pytest.approx(2 / 3)
    # As dear as the quantised net that tells as much, exactly at the break-even rate.
    quantised = Layer(name="q", macs=6, effective=6, active=1.0, spiking=False, calls=1, weights=6, activity_bits=2)
    spiking = Layer(name="s", macs=18, effective=12, active=2 / 3, spiking=True, calls=3, weights=6)
    assert spiking.event_cost == quantised.event_cost
    assert spiking.effective / spiking.macs == pytest.approx(break_even_rate(3))


def test_recurrent_cells_and_attention_are_taken_apart() -> None:
    cell = nn.GRUCell(3, 5)
    found = account(cell, lambda: cell(torch.randn(1, 3), torch.randn(1, 5)))
    assert {layer.name: layer.macs for layer in found.layers} == {"weight_ih": 45, "weight_hh": 75}
    keys = torch.randn(1, 6, 4)
    linear = nn.Linear(4, 4, bias=False)
    found = account(linear, lambda: linear(keys) @ keys.transpose(1, 2))
    assert {layer.name: layer.macs for layer in found.layers} == {"weight": 96, "activity x activity": 144}
    assert found.memory_bits == 16 * 32


def test_bits_of_steps() -> None:
    assert [equal_bits(t) for t in (1, 2, 3, 4, 7, 8)] == [1, 2, 2, 3, 3, 4]
    assert break_even_rate(1) == 1.0 and break_even_rate(5) == pytest.approx(0.6)
    assert math.isnan(Account(()).rate) and Account(()).steps == 1


def test_what_cannot_be_counted_is_told() -> None:
    net, other = nn.Linear(2, 2), nn.Linear(2, 2)
    with pytest.raises(ConfigError, match="no product with a weight of Linear"):
        account(net, lambda: other(torch.ones(1, 2)))
    with pytest.raises(ConfigError, match="at least one bit"):
        account(net, lambda: net(torch.ones(1, 2)), weight_bits=0)
    with pytest.raises(ConfigError, match="at least one step"):
        equal_bits(0)
    x = torch.randn(1, 3, 4)
    with pytest.raises(ConfigError, match=r"cdist.* hides the products"):
        account(net, lambda: torch.cdist(x, x))
    heads = nn.MultiheadAttention(4, 2, batch_first=True).eval()
    with pytest.raises(ConfigError, match=r"attention.* hides the products"):
        account(heads, lambda: heads(x, x, x))

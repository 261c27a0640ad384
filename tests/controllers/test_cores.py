"""Each core against its equations: an oracle in other terms, an analytic decay, or the published claim."""

import math
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.recurrent import RecurrentConfig
from innervate.controllers.core import CORES, CoreConfig, make_core
from innervate.controllers.cores.balanced import BalancedReservoir
from innervate.controllers.cores.ctm import ContinuousThought
from innervate.controllers.cores.dendrites import ActiveDendrites
from innervate.controllers.cores.gain import AdaptiveGain
from innervate.controllers.cores.lru import LinearRecurrent
from innervate.controllers.cores.reservoir import Reservoir
from innervate.controllers.cores.spiking import Spiking
from innervate.controllers.timescales import keep, spread
from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

DT_S = 0.02
SPEC = ControllerSpec(observations=(Channel("x", 3),), action_size=2, control_step_s=DT_S)


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("kind", [name for name in CORES if name not in ("balanced", "reservoir")])
@pytest.mark.parametrize("wanted", [400, 4000])
def test_no_other_number_of_units_is_nearer_to_the_parameters(kind: str, wanted: int) -> None:
    def count(units: int | None) -> int:
        return RecurrentConfig(core=CoreConfig(kind=kind, units=units, parameters=wanted)).build(
            SPEC, seeded()
        ).parameter_count()  # fmt: skip

    units = CoreConfig(kind=kind, parameters=wanted).size(3, 2, DT_S)
    found = abs(count(None) - wanted)
    assert count(None) == count(units)
    assert all(found <= abs(count(other) - wanted) for other in (units - 1, units + 1))


def test_a_reservoir_is_as_large_as_its_readout_allows() -> None:
    net = RecurrentConfig(core=CoreConfig(kind="reservoir", parameters=202)).build(SPEC, seeded())
    assert net.core.units == 100 and net.parameter_count() == 202
    assert all(name.startswith("readout") for name, _ in net.named_parameters())


def test_a_core_that_cannot_be_is_told() -> None:
    for core, error, says in (
        (CoreConfig(kind="gur"), UnknownNameError, "Did you mean 'gru'"),
        (CoreConfig(units=0), ConfigError, "at least one unit"),
        (CoreConfig(parameters=5), ConfigError, "Give more, or set `units`"),
        (CoreConfig(kind="dense", slowest_s=1.0), ConfigError, "no time constants"),
    ):
        with pytest.raises(error, match=says):
            RecurrentConfig(core=core).build(SPEC, seeded())


def test_the_gru_circuit_is_a_case_of_it() -> None:
    """With the same weights the two are one net."""
    old = GRUConfig(units=6).build(SPEC, seeded())
    new = RecurrentConfig(core=CoreConfig(units=6)).build(SPEC, seeded())
    cell = old.cell.state_dict()
    new.core.load_state_dict(
        {
            f"{part}.{kind}": cell[f"{kind}_{short}"]
            for part, short in (("into", "ih"), ("within", "hh"))
            for kind in ("weight", "bias")
        }
    )
    new.readout.load_state_dict(old.readout.state_dict())
    was, now = old.initial_state(2), new.initial_state(2)
    for x in torch.randn(20, 2, 3, generator=torch.Generator().manual_seed(1)):
        (one, was), (other, now) = old({"x": x}, was), new({"x": x}, now)
        torch.testing.assert_close(one, other)
        torch.testing.assert_close(was["hidden"], now["activity"])


def test_the_lru_is_the_complex_recurrence() -> None:
    core = LinearRecurrent(3, 5, seeded(), DT_S).double()
    xs = torch.randn(40, 2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        eigenvalues = torch.exp(torch.complex(-DT_S / core.log_tau_s.exp(), DT_S * core.log_frequency.exp()))
        assert (eigenvalues.abs() >= 0.9 - 1e-6).all() and (eigenvalues.abs() <= 0.999 + 1e-6).all()
        torch.testing.assert_close(core.log_gamma.exp(), torch.sqrt(1 - eigenvalues.abs() ** 2), rtol=1e-5, atol=1e-6)
        into = torch.complex(*core.into.weight.chunk(2))
        h, state = torch.zeros(2, 5, dtype=torch.complex128), {k: v.double() for k, v in core.zero(2).items()}
        for x in xs:
            h = eigenvalues * h + core.log_gamma.exp() * (x.to(into.dtype) @ into.T)
            _, state = core.step(x, state)
            torch.testing.assert_close(torch.complex(state["real"], state["imaginary"]), h)


def test_a_leaky_memory_that_is_not_written_decays_by_its_time_constants() -> None:
    core = make_core("elm", 3, 6, seeded(), DT_S, 2.0)
    with torch.no_grad():
        for name, p in core.named_parameters():
            if name.startswith("write"):
                p.zero_()
        state, tau_s = {**core.zero(1), "memory": torch.ones(1, 6)}, spread(6, DT_S, 2.0)
        for k in range(1, 101):
            y, state = core.step(torch.randn(1, 3), state)
            torch.testing.assert_close(y[0], torch.exp(-k * DT_S / tau_s), rtol=1e-4, atol=1e-7)


def test_a_leaky_memory_keeps_within_its_bound() -> None:
    """Written to the full for ever it comes to 1.7159 (1 - k^5) / (1 - k), five times 1.7159 at most."""
    core = make_core("elm", 3, 6, seeded(), DT_S)
    with torch.no_grad():
        for name, p in core.named_parameters():
            if name == "write.bias":
                p.fill_(1e3)
        state, y = core.zero(1), torch.zeros(())
        for _ in range(3000):
            y, state = core.step(torch.zeros(1, 3), state)
    k = keep(spread(6, DT_S, 150 * DT_S), DT_S)
    torch.testing.assert_close(y[0], 1.7159 * (1 - k**5) / (1 - k), rtol=1e-4, atol=0)
    assert y.max() < 5 * 1.7159


@pytest.mark.parametrize("slowest_s", [None, 1.0])
def test_a_reservoir_forgets_where_it_began(slowest_s: float | None) -> None:
    """The echo state property: under the same input all beginnings come together."""
    core = Reservoir(3, 60, seeded(), DT_S, slowest_s)
    assert np.abs(np.linalg.eigvals(core.within.numpy())).max() == pytest.approx(0.95, rel=1e-4)
    state = {"activity": torch.rand(2, 60, generator=seeded()) * 2 - 1}
    generator, y = torch.Generator().manual_seed(1), torch.zeros(())
    for _ in range(1000):
        y, state = core.step(torch.randn(1, 3, generator=generator).expand(2, 3), state)
    assert (y[0] - y[1]).abs().max() < 1e-4
    assert y.std() > 0.05


def covariance(core: AdaptiveGain, adapts: bool, steps: int) -> torch.Tensor:
    """Of the response to correlated signals, the first of which is four times as strong; the last half of the steps."""
    n = core.units
    mix = torch.eye(n) + 0.7
    mix[0] *= 4
    generator, found = torch.Generator().manual_seed(1), list[torch.Tensor]()
    state = core.zero(16)
    with torch.no_grad():
        core.synapse.weight.copy_(torch.eye(n))
        for k in range(steps):
            y, after = core.step(torch.randn(16, n, generator=generator) @ (3 * mix).T, state)
            state = after if adapts else {**after, "gain": state["gain"]}
            if k > steps // 2:
                found.append(y)
    return torch.cat(found).T.cov()


def test_adapting_gains_whiten_what_frozen_ones_leave() -> None:
    """The published claim, with synapses fixed: every interneuron comes to hear a variance of one, or less where its
    gain has come to zero, and the responses come nearer to white ones."""
    core = AdaptiveGain(3, 3, seeded(), DT_S, 100 * DT_S)
    adapted, frozen = covariance(core, True, 3000), covariance(core, False, 200)
    heard = torch.einsum("ik,ij,jk->k", core.directions, adapted, core.directions)
    assert (heard < 1.2).all() and (heard > 0.8).sum() >= 3
    distance = [float((c - torch.eye(3)).norm()) for c in (adapted, frozen)]
    assert 20 * distance[0] < distance[1]


@pytest.mark.parametrize("slowest_s", [None, 1.0])
def test_synchrony_is_the_decaying_sum_of_products(slowest_s: float | None) -> None:
    """Over the last ten steps, or over all of them, with no recursion."""
    core = ContinuousThought(3, 11, seeded(), DT_S, slowest_s).double()
    state = {k: v.double() for k, v in core.zero(2).items()}
    seen, xs = list[torch.Tensor](), torch.randn(25, 2, 3, generator=seeded(), dtype=torch.float64)
    with torch.no_grad():
        for x in xs:
            _, state = core.step(x, state)
            seen.append(state["last"] if "last" in state else state["after"][..., -1])
        kept, pairs = torch.sigmoid(core.keep), [(i, j) for i in range(3, 11) for j in range(i, 11)]
        summed = seen if slowest_s is not None else seen[-core.MEMORY :]
        for k, (i, j) in enumerate(pairs):
            weights = [float(kept[k]) ** age for age in reversed(range(len(summed)))]
            together = sum(w * z[:, i] * z[:, j] for w, z in zip(weights, summed, strict=True))
            torch.testing.assert_close(state["synchrony"][:, k], together / sum(weights) ** 0.5)
    assert len(pairs) == len(kept)


def test_a_thinking_neuron_sees_its_own_past_only() -> None:
    core = ContinuousThought(3, 6, seeded(), DT_S)
    past = torch.randn(1, 6, core.MEMORY, generator=seeded(), requires_grad=True)
    one, other = core.private
    torch.nn.functional.glu(other(torch.nn.functional.glu(one(past), dim=-1)), dim=-1)[0, 2].backward()
    assert past.grad is not None
    assert (past.grad[0, 2] != 0).all() and int((past.grad != 0).sum()) == core.MEMORY


def test_a_critic_reads_the_synchrony_alone() -> None:
    net = RecurrentConfig(core=CoreConfig(kind="ctm", units=6)).build(SPEC, seeded())
    assert set(net.summary(net.initial_state(1))) == {"synchrony"}
    assert {"before", "after"} <= set(net.initial_state(1))


def rates(core: BalancedReservoir) -> torch.Tensor:
    """Of every neuron, on average over white noise."""
    state, found, generator = core.zero(64), list[torch.Tensor](), torch.Generator().manual_seed(5)
    for _ in range(60):
        y, state = core.step(torch.randn(64, 3, generator=generator), state)
        found.append(y.mean(0))
    return torch.stack(found[20:]).mean(0)


def test_settled_inhibition_brings_rates_to_their_targets_from_any_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published claim; the control is the same net before it settles."""
    away: dict[tuple[float, int], float] = {}
    for start in (0.5, 1.0, 2.0):
        for settling in (0, BalancedReservoir.SETTLING):
            monkeypatch.setattr(BalancedReservoir, "START", start)
            monkeypatch.setattr(BalancedReservoir, "SETTLING", settling)
            core = BalancedReservoir(3, 100, seeded(), DT_S)
            away[start, settling] = float((rates(core) - core.target).abs().median())
            assert (core.within[:, : core.excitatory] >= 0).all() and (core.within[:, core.excitatory :] <= 0).all()
    assert all(distance < 0.05 for (_, settling), distance in away.items() if settling)
    assert all(distance > 0.08 for (_, settling), distance in away.items() if not settling)


def test_a_dendrite_that_knows_the_context_lets_its_neuron_hear() -> None:
    core = ActiveDendrites(3, 40, seeded(), DT_S)
    x = torch.randn(5, 3, generator=seeded())
    with torch.no_grad():
        y, after = core.step(x, core.zero(5))
        assert core.winners == 8 and ((y > 0).sum(-1) <= core.winners).all() and (y > 0).any(-1).all()
        drive = core.synapse(x)
        best = int(drive[0].argmax())
        for sign, factor in ((1.0, 1.0), (-1.0, 0.0)):  # one segment matches, for or against, all others are silent
            core.segments.zero_()
            core.segments[best, 2] = 1e5 * sign * x[0]
            found = core.step(x, core.zero(5))[0][0, best]
            torch.testing.assert_close(found, factor * drive[0, best])
        core.segments.zero_()
        half = core.step(x, after)[0]  # no segment matches: half of what the winners are driven by
        torch.testing.assert_close(half[half > 0], (0.5 * drive)[half > 0])
    core.segments.data.normal_(generator=seeded())
    core.step(x[:1], core.zero(1))[0].sum().backward()
    grad = core.synapse.weight.grad
    assert grad is not None and int((grad.abs().sum(-1) > 0).sum()) <= core.winners  # the others learn nothing of it


def test_a_spiking_neuron_fires_at_its_exact_rate() -> None:
    """From its reset at 0, k^n of the way to sqrt(1 - k^2) / (1 - k) times the drive is left after n steps."""
    core = Spiking(1, 1, seeded(), DT_S, 10 * DT_S)
    with torch.no_grad():
        core.synapse.weight.zero_()
        core.synapse.bias.fill_(0.2)
        state, spikes = core.zero(1), list[int]()
        for step in range(200):
            _, after = core.step(torch.zeros(1, 1), state)
            if after["trace"] > state["trace"]:
                spikes.append(step)
            state = after
    k = math.exp(-1 / 10)
    end = 0.2 * math.sqrt(1 - k * k) / (1 - k)
    period = math.floor(math.log(1 - 0.5 / end) / math.log(k)) + 1
    assert period > 5 and set(np.diff(spikes)) == {period}


def test_parameters_of_a_spiking_neuron_learn_unless_they_are_told_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    core = Spiking(3, 8, seeded(), DT_S, 1.0)
    state, total = core.zero(4), torch.zeros(())
    for x in torch.randn(30, 4, 3, generator=seeded()):
        y, state = core.step(x, state)
        total = total + y.sum()
    total.backward()
    learned = {name: p.grad for name, p in core.named_parameters() if not name.startswith("synapse")}
    assert set(learned) == {"log_tau_s", "threshold_root", "reset"}
    assert all(grad is not None and (grad != 0).any() for grad in learned.values())
    monkeypatch.setattr(Spiking, "LEARNS", False)
    assert {name for name, _ in Spiking(3, 8, seeded(), DT_S).named_parameters()} == {"synapse.weight", "synapse.bias"}


def test_the_tutorial_does_what_it_says() -> None:
    text = (Path(__file__).parents[2] / "docs" / "tutorials" / "cores.md").read_text(encoding="utf-8")
    for option in re.findall(r"--recurrent\.core\.([a-z-]+)", text):
        assert option.replace("-", "_") in {f.name for f in fields(CoreConfig)}
    assert set(
        re.findall(r"`([a-z]+)` (?:gates|leaks|writes|rotates|compares|fires|listens|has fixed|adapts|remembers)", text)
    ) == set(CORES)
    found: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], found)
    assert abs(found["net"].parameter_count() - 2000) < 100 and found["action"].shape == (1, 5)

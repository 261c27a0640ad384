"""A circuit compiled to a batched torch controller: one gather of weights, one product a layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ...controller import Controller, flat_observation
from ...probe import UNTOUCHED, Touch
from ...spec import ControllerSpec, Obs, State
from .activation import ACTIVATIONS
from .circuit import STATEFUL, Activation, Circuit, Dynamics, Neuron
from .dynamics import MEMORIES, Memory
from .intervention import Stimulus
from .strengths import Strengths


@dataclass(frozen=True)
class _Block:
    """Neurons that are evaluated together: rows of the weight matrix are all neurons before them."""

    start: int
    stop: int
    activation: Activation
    table: str
    """Buffer (sources, neurons of the block): which synapse joins them, the number of synapses where none does."""


class Wired(Controller):
    """Runs any `Circuit`. Observations, actions and units are those of the circuit's senses and motors.

    State: `<dynamics>.<variable>` (batch, neurons of that dynamics, in the circuit's order), and where there is a clock
    or a stimulus `clock` (batch,) int64, control steps since the episode began.
    """

    biases: nn.Parameter | Tensor
    _motor: Tensor
    _sense: Tensor
    _zero: Tensor
    _alive: Tensor

    def __init__(
        self,
        spec: ControllerSpec,
        circuit: Circuit,
        strengths: Strengths,
        *,
        train_biases: bool = False,
        lesions: Sequence[str] = (),
        stimuli: Sequence[Stimulus] = (),
    ) -> None:
        super().__init__(spec)
        self.circuit, self.strengths = circuit, strengths
        layers = circuit.order
        memories: list[tuple[Dynamics, tuple[Neuron, ...]]] = []
        for kind in MEMORIES:
            cells = tuple(circuit.neuron(n) for n in layers[0] if circuit.neuron(n).dynamics == kind)
            if cells:
                memories.append((kind, cells))
        self.memories = nn.ModuleList(MEMORIES[kind](cells, spec.control_step_s) for kind, cells in memories)
        names = [cell.name for _, cells in memories for cell in cells]
        self._remembering = len(names)
        blocks: list[_Block] = []
        for layer in layers[1:]:
            for activation in ACTIVATIONS:
                members = [n for n in layer if circuit.neuron(n).activation == activation]
                if not members:
                    continue
                blocks.append(_Block(len(names), len(names) + len(members), activation, f"_table{len(blocks)}"))
                names += members
        self.names = tuple(names)
        """Neurons in the order of the activity vector."""
        self._blocks = tuple(blocks)
        place = {name: i for i, name in enumerate(names)}
        self._wire(circuit, place)
        bias = torch.tensor([circuit.neuron(n).bias for n in names])
        if train_biases:
            self.biases = nn.Parameter(bias)
        else:
            self.register_buffer("biases", bias, persistent=False)
        alive = torch.ones(len(names))
        alive[[place[n] for n in circuit.members(lesions)]] = 0.0
        self.register_buffer("_alive", alive, persistent=False)
        self._lesioned = bool(lesions)
        self._stimuli = tuple(
            (s.first_step(spec.control_step_s), s.stop_step(spec.control_step_s), f"_current{i}")
            for i, s in enumerate(stimuli)
        )
        for s, (_, _, buffer) in zip(stimuli, self._stimuli, strict=True):
            current = torch.zeros(len(names))
            pushed = circuit.members([s.neuron])
            if deaf := [n for n in pushed if circuit.neuron(n).dynamics == "clock"]:
                raise ConfigError(
                    f"{', '.join(deaf)} cannot be stimulated: a clock runs free. Stimulate what it excites, or "
                    "silence it."
                )
            current[[place[n] for n in pushed]] = s.current
            self.register_buffer(buffer, current, persistent=False)
        dynamics = {n.dynamics for n in circuit.neurons} & STATEFUL
        self._timed = "clock" in dynamics or bool(stimuli)
        self.recurrence = "learned" if dynamics - {"clock"} else "autonomous" if self._timed else "none"

    def _wire(self, circuit: Circuit, place: dict[str, int]) -> None:
        n, none = len(place), len(circuit.synapses)
        table = torch.full((n, n), none)
        gap = torch.full((n, n), none)
        for i, s in enumerate(circuit.synapses):
            pre, post = place[s.pre], place[s.post]
            if s.kind == "gap":
                gap[pre, post] = gap[post, pre] = i
            else:
                table[pre, post] = i
        for block in self._blocks:
            part = table[: block.start, block.start : block.stop].contiguous()
            self.register_buffer(block.table, part, persistent=False)
        self.register_buffer("_onto_memory", table[:, : self._remembering].contiguous(), persistent=False)
        self.register_buffer("_gap", gap[: self._remembering, : self._remembering], persistent=False)
        self._has_gaps = any(s.kind == "gap" for s in circuit.synapses)
        starts, start = dict[str, int](), 0
        for port in self.spec.observations:
            starts[port.name] = start
            start += port.size
        bearings = sorted({(s.port, s.index) for s in circuit.senses if s.bearing})
        sense = torch.zeros(start + len(bearings), n)
        for s in circuit.senses:
            port = self.spec.channel(s.port)
            if not 0 <= s.index < port.size - s.bearing:
                last = s.index + s.bearing
                raise ConfigError(f"{s.neuron} senses {s.port}[{last}], but {s.port} has {port.size} numbers.")
            if s.per_limit and port.limit is None:
                raise ConfigError(f"{s.neuron} senses {s.port} per limit, and this body's {s.port} has no limit.")
            row = start + bearings.index((s.port, s.index)) if s.bearing else starts[s.port] + s.index
            sense[row, place[s.neuron]] += s.gain / (port.limit or 1.0) if s.per_limit else s.gain
        self._bearings = tuple(starts[port] + index for port, index in bearings)
        motor = torch.zeros(n, self.spec.action_size)
        for m in circuit.motors:
            if not 0 <= m.actuator < self.spec.action_size:
                raise ConfigError(
                    f"{m.neuron} drives actuator {m.actuator}, but this body has {self.spec.action_size}."
                )
            motor[place[m.neuron], m.actuator] += m.gain
        if idle := [i for i in range(self.spec.action_size) if not motor[:, i].any()]:
            raise ConfigError(f"No neuron of this circuit drives actuator {', '.join(map(str, idle))} of the body.")
        self.register_buffer("_zero", torch.zeros(1), persistent=False)
        self.register_buffer("_sense", sense, persistent=False)
        self.register_buffer("_motor", motor, persistent=False)

    def initial_state(self, batch: int) -> State:
        """Every membrane at rest, every clock at its start."""
        state: State = {}
        for memory in self._memories():
            state |= memory.initial(batch)
        if self._timed:
            state["clock"] = torch.zeros(batch, dtype=torch.int64, device=self._motor.device)
        return state

    def _memories(self) -> list[Memory]:
        return [m for m in self.memories if isinstance(m, Memory)]

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """One control step."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts: the neurons, by their names."""
        activity, state = self.step(obs, state, touch)
        return (activity @ self._motor).clamp(-1.0, 1.0), state

    def wiring(self) -> tuple[Circuit, dict[tuple[str, str, str], float]]:
        """The circuit, and its present weights."""
        now = self.strengths().tolist()
        return self.circuit, {(s.pre, s.post, s.kind): w for s, w in zip(self.circuit.synapses, now, strict=True)}

    def members_of(self, name: str, parts: Sequence[str]) -> Sequence[str]:
        """The neurons of a class, `AVB` or `B_dorsal`."""
        del parts
        return sorted(self.circuit.members([name]), key=self.names.index)

    def step(self, obs: Obs, state: State, touch: Touch = UNTOUCHED) -> tuple[Float[Tensor, "batch neuron"], State]:
        """Activity of all neurons, in the order of `names`, and the next state."""
        flat = flat_observation(self.spec, obs)
        bearings = [torch.atan2(flat[:, i], -flat[:, i + 1]).unsqueeze(-1) for i in self._bearings]
        outer = (torch.cat([flat, *bearings], -1) if bearings else flat) @ self._sense + self.biases
        for first, stop, buffer in self._stimuli:
            on = ((state["clock"] >= first) & (state["clock"] < stop)).unsqueeze(-1)
            outer = outer + on * self._buffers[buffer]  # pyright: ignore[reportOperatorIssue]
        weights = torch.cat([self.strengths(), self._zero])
        memories = self._memories()
        active = [memory.activity(state) for memory in memories]
        x = torch.cat(active, -1) if active else outer[:, :0]
        if self._lesioned:
            x = x * self._alive[: self._remembering]
        x = touch.neurons(self.names[: self._remembering], x)
        for block in self._blocks:
            cells = slice(block.start, block.stop)
            drive = outer[:, cells]
            if block.start:
                drive = self._beside(drive + x @ self._matrix(weights, block.table), x, cells, state)
            y = ACTIVATIONS[block.activation](drive)
            if self._lesioned:
                y = y * self._alive[block.start : block.stop]
            y = touch.neurons(self.names[block.start : block.stop], y)
            x = torch.cat([x, y], -1)
        if not memories:
            return x, {"clock": state["clock"] + 1} if self._timed else {}
        drive = outer[:, : self._remembering] + x @ self._matrix(weights, "_onto_memory")
        drive = self._beside(drive, x, slice(0, self._remembering), state)
        load = None
        if self._has_gaps:
            conductance = self._matrix(weights, "_gap")
            v = torch.cat([memory.potential(state) for memory in memories], -1)
            drive, load = drive + v @ conductance, conductance.sum(0)
        after: State = {}
        start = 0
        for memory in memories:
            cells = slice(start, start + memory.size)
            after |= memory.advance(state, drive[:, cells], None if load is None else load[cells])
            start += memory.size
        if self._timed:
            after["clock"] = state["clock"] + 1
        return x, after

    def _beside(self, drive: Tensor, x: Float[Tensor, "batch source"], cells: slice, state: State) -> Tensor:
        """The drive of some neurons with what else reaches them from those before; here nothing does."""
        del x, cells, state
        return drive

    def _matrix(self, weights: Tensor, table: str) -> Tensor:
        index = self._buffers[table]
        assert index is not None
        return weights.index_select(0, index.flatten()).view(index.shape)

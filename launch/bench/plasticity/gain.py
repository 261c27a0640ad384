"""A swimmer whose sense of posture grows four times too strong after ten seconds, with homeostasis and without."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.agents.threads import one_thread
from innervate.controllers import Controller, ControllerConfig, Obs, State
from innervate.controllers.circuits.plastic_wiring import PlasticWiringConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.controllers.plastic_synapses import Fast
from innervate.controllers.plasticity.scaling import ScalingConfig
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval

FROM_S, BACK_S, TIMES, EPISODES = 10.0, 2.0, 4.0, 8
RATES, MEAN_S = (0.001, 0.003, 0.01), 1.0
CHANNEL = "joint_angle"
GROUPS = ("own", "front", "behind")
"""From stretch receptors onto B-neurons."""


class TooStrong:
    """Hands a circuit its posture times four from a step on; `normalised`: after a running normaliser (the peer)."""

    def __init__(self, circuit: Controller, times: float, *, normalised: bool = False) -> None:
        self.circuit, self.times, self.normalised = circuit, times, normalised
        self._from = round(FROM_S / circuit.spec.control_step_s)
        self._keep = float(np.exp(-circuit.spec.control_step_s / MEAN_S))

    def initial_state(self, batch: int) -> State:
        """The circuit's, the time, and the running mean square."""
        usual = torch.full((batch, 1), 0.1)
        return {
            **self.circuit.initial_state(batch),
            "step": torch.zeros(batch),
            "square": usual,
            "usual": usual.clone(),
        }

    def reset_state(self, state: State, done: Tensor) -> State:
        """All anew."""
        fresh = self.initial_state(len(done))
        return {k: torch.where(done.reshape(-1, *[1] * (v.dim() - 1)), fresh[k], v) for k, v in state.items()}

    def __call__(self, obs: Obs, state: State) -> tuple[Tensor, State]:
        """The mean square is frozen as usual when the sense grows, and followed from the beginning."""
        own = {k: v for k, v in state.items() if k not in ("step", "square", "usual")}
        late = (state["step"] >= self._from).unsqueeze(1)
        felt = torch.where(late, self.times * obs[CHANNEL], obs[CHANNEL])
        square = torch.lerp(felt.square().mean(1, keepdim=True), state["square"], self._keep)
        usual = torch.where(late, state["usual"], square)
        if self.normalised:
            felt = felt * (usual / square.clamp(min=1e-9)).sqrt()
        action, own = self.circuit({**obs, CHANNEL: felt}, own)
        return action, {**own, "step": state["step"] + 1, "square": square, "usual": usual}


def usual_activity() -> float:
    """Mean activity of the intact circuit's B-neurons: what homeostasis keeps to."""
    seen = list[float]()
    env = make_vector_env(WorldConfig(id="swim"), EPISODES)
    circuit = WiringConfig().build(controller_spec(env), torch.Generator().manual_seed(0))

    def watch(moment: Moment) -> None:
        if moment.step % 10 == 0:
            told = circuit.probes(circuit.spec.split(torch.from_numpy(moment.observation)), moment.state)
            seen.append(float(torch.stack([v for k, v in told.items() if k[:2] in ("BD", "BV")]).mean()))

    rollout(env, circuit, circuit.spec, Streams.validation(EPISODES), watch=watch)
    env.close()
    return float(np.mean(seen))


def swum(times: float, rate: float, round_: int, *, normalised: bool = False) -> float:
    """Mean reward a step from two seconds after the change to the end; rate 0 is the plain circuit."""
    one_thread()
    env = make_vector_env(WorldConfig(id="swim"), EPISODES)
    config: ControllerConfig = WiringConfig()
    if rate:
        rule = ScalingConfig(rate=rate, target=usual_activity(), mean_s=MEAN_S)
        config = PlasticWiringConfig(groups=GROUPS, rule=rule, fast=Fast(gain=1.0, limit=4.0))
    circuit = config.build(controller_spec(env), torch.Generator().manual_seed(0))
    rewards = list[float]()

    def watch(moment: Moment) -> None:
        if moment.step * circuit.spec.control_step_s >= FROM_S + BACK_S:
            rewards.append(float(moment.reward.mean()))

    actor = TooStrong(circuit, times, normalised=normalised)
    rollout(env, actor, circuit.spec, Streams(round_).environments(EPISODES, 7), watch=watch)
    env.close()
    return float(np.mean(rewards))


def gain_rows(bench: Bench) -> Iterator[Row]:
    """Return from two seconds after the change on, over that of the plain circuit with its sense as it was."""
    rounds = bench.seeds or (2 if bench.quick else 5)
    intact = [bench.once(f"gain 1 0 {r}", partial(swum, 1.0, 0.0, r)) for r in range(rounds)]

    def kept(times: float, rate: float, *, normalised: bool = False) -> list[float]:
        return [
            bench.once(
                f"gain {times} {rate} {normalised} {r}", partial(swum, times, rate, r, normalised=normalised)
            ) / intact[r]
            for r in range(rounds)
        ]  # fmt: skip

    every = {rate: kept(TIMES, rate) for rate in RATES}
    rate = max(every, key=lambda rate: float(np.mean(every[rate])))
    told = ", ".join(f"rate {rate:g} {np.mean(values):.3f}" for rate, values in every.items())
    still, smoothed = kept(1.0, rate), kept(TIMES, 0.0, normalised=True)
    for name, values, about, reach in (
        ("null: the plain circuit", kept(TIMES, 0.0), "untrained, all weights 1, as all here", ""),
        ("peer: a running normaliser before it", smoothed, f"mean square over {MEAN_S:g} s", ""),
        ("synaptic scaling", every[rate], f"{told}; with the sense as it was {np.mean(still):.3f}", "at least 0.9"),
    ):
        yield Row(
            row=f"posture felt {TIMES:g} times as strong from second {FROM_S:g}, {name}: return kept after "
                f"{BACK_S:g} s", value=float(np.mean(values)), unit="share", interval=student_interval(values),
            n=rounds, peer=about, reach=reach, holds=bool(np.mean(values) >= 0.9) if reach else None,
        )  # fmt: skip

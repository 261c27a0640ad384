"""Evolution: whole episodes of a population as one batch, against a loop over single environments."""

from collections.abc import Iterable

import gymnasium as gym
import numpy as np
import torch

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import action_scale, controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers.circuits.ncap import NCAPConfig
from innervate.controllers.population import Population
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio

MEMBERS, STEPS = 256, 1000


def rows(bench: Bench) -> Iterable[Row]:
    """Episodes of `Swim` a CPU-second, 256 members, one thread."""
    torch.set_num_threads(1)
    world = WorldConfig(id="swim")
    env = make_vector_env(world, MEMBERS)
    spec = controller_spec(env)
    controller = NCAPConfig().build(spec, torch.Generator().manual_seed(0))
    rng = np.random.default_rng(0)
    parameters = torch.from_numpy(rng.normal(0, 0.3, (MEMBERS, controller.parameter_count()))).float()
    population = Population(controller, parameters)
    few = 2 if bench.quick else 4
    single = gym.make("innervate/Swim-v0")
    centre, half = action_scale(env)
    actions: list[np.ndarray] = []  # the population's own: joints at their limits cost physics

    def record(moment: Moment) -> None:
        actions.append((centre + half * moment.action).astype(np.float32))

    rollout(env, population, spec, list(range(MEMBERS)), watch=record)

    def together() -> None:
        rollout(env, population, spec, list(range(MEMBERS)))

    @torch.no_grad()
    def alone() -> None:
        for seed in range(few):
            torch.nn.utils.vector_to_parameters(parameters[seed], controller.parameters())
            flat, _ = single.reset(seed=seed)
            state = controller.initial_state(1)
            for _ in range(STEPS):
                action, state = controller(spec.split(torch.from_numpy(flat)[None]), state)
                flat, *_ = single.step((centre + half * action[0].numpy()).astype(np.float32))

    def physics() -> None:
        env.reset(seed=list(range(MEMBERS)))  # pyright: ignore[reportArgumentType]
        for action in actions:
            env.step(action)

    rounds = 3 if bench.quick else 7  # each takes a minute: 256,000 steps on one thread

    def measure() -> dict[str, list[float]]:
        times = interleave({"population": together, "loop": alone, "physics": physics}, rounds)
        episodes = {"population": MEMBERS, "loop": few, "physics": MEMBERS}
        return {name: (t.cpu_s / episodes[name]).tolist() for name, t in times.items()}

    cost = {k: np.array(v) for k, v in bench.once(f"evolution, same actions {rounds} {few}", measure).items()}
    for peer, title, reach in (
        ("loop", "against a loop over single environments", 1.6),
        ("physics", "share of the bare environment's speed under the same actions", 0.95),
    ):
        value, interval = ratio(cost[peer], cost["population"])
        yield Row(
            row=f"evolution, 1,000-step episodes, {MEMBERS} members: {title}",
            value=value, unit="x CPU", interval=interval, n=rounds,
            peer=f"{1 / np.median(cost['population']):.1f} against {1 / np.median(cost[peer]):.1f} episodes a CPU-s",
            reach=f">= {reach:g}", holds=value >= reach,
        )  # fmt: skip

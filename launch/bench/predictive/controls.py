"""The controls that the paper lacks: heads without the input ReLU, equal tuning, and behaviour that is not random."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from innervate.agents.mazes.paper import PaperWeights
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.predictive import cases, figures
from innervate.launch.bench.predictive.maze_rows import efficiency_row, health, lives, row_of, score_after
from innervate.launch.bench.predictive.maze_runs import Case, Life
from innervate.launch.bench.predictive.measures import dead, final, steps_to_solve

PAIR = {"without prediction": cases.MODEL_FREE, "prediction": cases.PREDICTION[0.0]}
RATES = (1e-4, 3e-4, 1e-3)
"""Learning rates that every agent may choose from; the paper's is the first."""
TUNING_SEEDS, FIRST_TUNING_SEED = 6, 1000
"""Seeds that only the choice is made on."""
HEADS: dict[str, Callable[[PaperWeights, int], Case]] = {
    "paper's heads": cases.room,
    "heads without input ReLU": cases.linear,
}
EPSILON = 0.4
"""Of the greedy behaviour; the paper uses it in one other experiment."""


def control(bench: Bench) -> Iterable[Row]:
    """What the paper lacks: the same agents whose heads read the latent without a ReLU."""
    for latent in (5, 3):
        found = {name: lives(bench, cases.linear(weights, latent), 20) for name, weights in PAIR.items()}
        for name, group in found.items():
            yield row_of(
                f"{score_after(group)}, latent {latent}, heads without input ReLU, {name}", final(group), bench,
                f"{steps_to_solve(group).mean():.0f} steps to 0.9; {dead(group)} of {len(group)} seeds dead",
            )  # fmt: skip
        without, prediction = found.values()
        if latent == 5:
            theirs = {name: lives(bench, cases.room(weights, latent), 30) for name, weights in PAIR.items()}
            panels = {"heads that begin with a ReLU (paper)": theirs, "heads without it": found}
            figures.curves(bench, "predictive-learning.png", panels)
        yield efficiency_row(bench, f"heads without input ReLU, latent {latent}", prediction, without)


def tuned(bench: Bench) -> Iterable[Row]:
    """Each agent at the best of three learning rates, chosen on seeds of its own."""
    for heads, case in HEADS.items():
        found, chosen = dict[str, list[Life]](), dict[str, float]()
        for name, weights in PAIR.items():
            tried = {rate: _at(replace(case(weights, 5), transfer=""), rate) for rate in RATES}
            cost = {
                rate: steps_to_solve(lives(bench, one, TUNING_SEEDS, first=FIRST_TUNING_SEED)).mean()
                for rate, one in tried.items()
            }
            chosen[name] = min(RATES, key=lambda rate: cost[rate])
            found[name] = lives(bench, tried[chosen[name]], 20)
        for name, group in found.items():
            yield row_of(
                f"{score_after(group)}, latent 5, {heads}, tuned, {name}", final(group), bench,
                f"learning rate {chosen[name]:g} of {RATES}; {health(group)}",
            )  # fmt: skip
        yield efficiency_row(bench, f"each tuned, {heads}, latent 5", found["prediction"], found["without prediction"])


def _at(case: Case, rate: float) -> Case:
    return replace(case, agent=replace(case.agent, learning_rate=rate))


def greedy(bench: Bench) -> Iterable[Row]:
    """The same agents when they act on what they have learned."""
    for heads, case in HEADS.items():
        found = dict[str, list[Life]]()
        for name, weights in PAIR.items():
            one = replace(case(weights, 5), transfer="")
            found[name] = lives(bench, replace(one, agent=replace(one.agent, explore=EPSILON)), 20)
            yield row_of(
                f"{score_after(found[name])}, latent 5, {heads}, epsilon {EPSILON}, {name}", final(found[name]), bench,
                health(found[name]),
            )  # fmt: skip
        yield efficiency_row(
            bench, f"epsilon {EPSILON}, {heads}, latent 5", found["prediction"], found["without prediction"]
        )

"""Rows on the paper's room and on a harder one: the latent's size, the missing control, our default, transfer."""

from collections.abc import Iterable, Sequence

import numpy as np

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.predictive import cases, figures
from innervate.launch.bench.predictive.maze_rows import efficiency_row, health, lives, row_of, score_after
from innervate.launch.bench.predictive.maze_runs import Case, Life, relearned
from innervate.launch.bench.predictive.measures import (
    PerSeed,
    dead,
    described,
    episodes_to_solve,
    final,
    resampled,
    scores_at,
)  # fmt: skip

AGENTS = {"without prediction": cases.MODEL_FREE, "negatives only": cases.NEGATIVES, "prediction": cases.PREDICTION[0]}
AT_600 = {"without prediction": "0.787 ± 0.067", "negatives only": "0.817 ± 0.050", "prediction": "0.967 ± 0.033"}
"""Score at episode 600, z = 5, 30 seeds, printed in the authors' notebooks (mean ± s.e.m.)."""
SWEEP = {2: (0.26, 0.47), 3: (0.38, 0.63), 4: (0.56, 0.85), 5: (0.73, 0.97), 7: (0.92, 1.0), 9: (0.94, 1.0)}
"""The same by size of the latent, without and with prediction, read off the paper's figure."""
GOAL_5 = {0.0: 0.577, 0.25: 0.743, 0.5: 0.717, 0.8: 0.653}
"""Goal transfer at episode 100, z = 5, by horizon (authors' notebooks, 30 seeds)."""
GOAL_17 = {0.0: 0.87, 0.8: 0.97}
"""The same at episode 150, z = 17, read off the paper's figure."""


def bottleneck(bench: Bench) -> Iterable[Row]:
    """The paper's headline: a latent of five units."""
    found = {name: lives(bench, cases.room(weights, 5), 30) for name, weights in AGENTS.items()}
    ends = {name: final(group) for name, group in found.items()}
    without, negatives, prediction = (ends[name].mean() for name in AGENTS)
    figures.curves(bench, "predictive-transfer.png", {"new goal, encoder frozen": found}, transfer=True)
    for name, group in found.items():
        best = name == "prediction"
        yield row_of(
            f"{score_after(group)}, latent 5, {name}", ends[name], bench,
            f"published {AT_600[name]} (30 seeds); {health(group)}",
            "at least 0.97, and above negatives only, which are above neither" if best else "",
            prediction >= 0.97 and prediction > negatives > without if best else None,
        )  # fmt: skip


def default(bench: Bench) -> Iterable[Row]:
    """The agent offered here, one choice of weights for all latents, beside its model-free self; then a harder room."""
    for latent in (5, 3):
        ours, without = (lives(bench, cases.default(w, latent), 20) for w in (cases.OURS, cases.MODEL_FREE))
        yield Row(
            row=f"our default, dead seeds, latent {latent}", value=dead(ours), unit="seeds", n=len(ours),
            peer=f"final score {described(final(ours))}, lowest {final(ours).min():.2f}; without prediction "
            f"{described(final(without))}, {dead(without)} dead",
            reach="0 of 20", holds=None if bench.quick else dead(ours) == 0,
        )  # fmt: skip
        yield efficiency_row(bench, f"our default, latent {latent}", ours, without, 0.95)
    ours, without = (lives(bench, cases.hard(w, 8), 12) for w in (cases.OURS, cases.MODEL_FREE))
    yield efficiency_row(bench, "four rooms of 12 x 12, latent 8", ours, without, 1.3)


def sweep(bench: Bench) -> Iterable[Row]:
    """How the benefit of prediction, under the paper's heads, goes with the size of the latent."""
    gains, found = dict[int, float](), dict[int, dict[str, list[Life]]]()
    for latent, (low, high) in SWEEP.items():
        without, prediction = (
            lives(bench, cases.room(weights, latent), 8) for weights in (cases.MODEL_FREE, cases.PREDICTION[0])
        )
        found[latent] = {"without prediction": without, "prediction": prediction}
        gain = final(prediction) - final(without)
        gains[latent] = float(gain.mean())
        yield row_of(
            f"gain by prediction in {score_after(prediction)}, latent {latent}", gain, bench,
            f"published {low} to {high}; without {final(without).mean():.2f}, {health(without)}; with "
            f"{final(prediction).mean():.2f}, {health(prediction)}",
        )  # fmt: skip
    figures.by_latent(bench, "predictive-latent.png", found)
    small, wide = np.mean([gains[z] for z in gains if z <= 5]), gains[max(gains)]
    yield Row(
        row="gain by prediction: mean over latents up to 5, less that at 9", value=float(small - wide), unit="",
        n=len(gains), peer=f"{small:.2f} and {wide:.2f}; published 0.25 and 0.06",
        reach="above 0, and the gain at 9 below 0.1", holds=None if bench.quick else bool(small > wide and wide < 0.1),
    )  # fmt: skip


def comfortable(bench: Bench) -> Iterable[Row]:
    """Speed where the latent is wide enough for all."""
    without, prediction = (
        lives(bench, cases.comfortable(weights), 30) for weights in (cases.MODEL_FREE, cases.PREDICTION[0])
    )
    ours = lives(bench, cases.default(cases.OURS, 11), 20)
    peer = f"published 152, without 200; without, here {episodes_to_solve(without):.0f}"
    for name, found in (("prediction", prediction), ("our default", ours)):
        value = episodes_to_solve(found)
        yield Row(
            row=f"episodes until the mean score is 0.9, latent 11, {name}", value=value, unit="episodes",
            interval=resampled(episodes_to_solve, found), n=len(found), peer=peer, reach="at most 152",
            holds=None if bench.quick else value <= 152,
        )  # fmt: skip


def goals(bench: Bench) -> Iterable[Row]:
    """A new goal on a frozen encoder."""
    for horizon, published in GOAL_5.items():
        case = cases.room(cases.PREDICTION[horizon], 5)
        found = lives(bench, case, 30 if horizon == 0 else 20)
        scores = scores_at(found, 100, transfer=True)
        yield row_of(
            f"goal transfer at episode 100, latent 5, horizon {horizon}", scores, bench, f"published {published}",
            f"at least {published}", bool(scores.mean() >= published),
        )  # fmt: skip
        ours = _relearned(bench, case, found)
        yield row_of(
            f"goal transfer at episode 100, latent 5, horizon {horizon}, our heads", ours, bench,
            f"published {published}, its heads", f"at least {published}", bool(ours.mean() >= published),
        )  # fmt: skip
    near, far = (
        scores_at(lives(bench, cases.large(weights), 12), 150, transfer=True)
        for weights in cases.LARGE_PREDICTION.values()
    )
    yield row_of(
        "goal transfer at episode 150, latent 17, horizon 0.8 less horizon 0", far - near, bench,
        f"{far.mean():.2f} and {near.mean():.2f}; published {GOAL_17[0.8]} and {GOAL_17[0.0]}", "above 0",
        bool(far.mean() > near.mean()),
    )  # fmt: skip


def _relearned(bench: Bench, case: Case, found: Sequence[Life]) -> PerSeed:
    again = [relearned(bench, case, seed, life.latent) for seed, life in enumerate(found)]
    return scores_at(again, 100, transfer=True)


def worth(bench: Bench) -> Iterable[Row]:
    """Transfer without handicaps on either side: heads without input ReLU at the source and on the new goal."""
    for latent in (5, 3):
        ours, without = (
            _relearned(bench, case, lives(bench, case, 20))
            for case in (cases.default(w, latent) for w in (cases.OURS, cases.MODEL_FREE))
        )
        yield row_of(
            f"goal transfer at episode 100, latent {latent}, our default less model-free, our heads", ours - without,
            bench, f"{ours.mean():.3f} and {without.mean():.3f}", "at least 0.10", bool((ours - without).mean() >= 0.1),
        )  # fmt: skip


def transitions(bench: Bench) -> Iterable[Row]:
    """Every image at another place: what was learned about what follows what is now wrong."""
    for explore, published in ((0.4, "0.96 and 0.855"), (1.0, "0.955 and 0.965")):
        negatives, prediction = (
            scores_at(lives(bench, cases.moved(weights, explore), 8), 450, transfer=True)
            for weights in (cases.NEGATIVES_LARGE, cases.LARGE_PREDICTION[0.8])
        )
        yield row_of(
            f"transition transfer at episode 450 from epsilon {explore}: horizon 0.8 less negatives only",
            prediction - negatives, bench,
            f"{prediction.mean():.2f} and {negatives.mean():.2f}; published, negatives and prediction: {published}",
        )  # fmt: skip

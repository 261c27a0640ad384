"""One animal: hidden food found and found again by a whole brain; its organs cut, swapped, set beside plain ones."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.agents.brains._organs import CUTS, peers
from innervate.launch.analysis.measures.foraging import savings_of_what_can_be_saved, spl
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.processor import processor
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.brain.cost import cost
from innervate.launch.bench.brain.days import FAIR, ORACLE, PLAIN, WHOLE, WITH, WITHOUT, asked, figures
from innervate.launch.bench.brain.imagined import AHEAD_S, imagined

Found = Mapping[str, Float[np.ndarray, "_"]]
SOON_S, SLACK_M, ENOUGH = 20.0, 2.0, 5 / 6
SHORT = {"probe_s": 1.0}
"""Where the probe is not looked at."""
SWAPS = (("ca3", "code-selection", "dictionary"), ("spiking-map", "pixels", "hog"),
         ("central-complex", "proportional", "on-off"))  # fmt: skip
"""Memories, recognisers of places, motors."""


def _lived(bench: Bench, who: str, protocol: str, days: int, scenes: int, **options: Any) -> Found:
    """Figures of all scenes together, day by day."""
    said = "".join(f" {name}={value}" for name, value in options.items())
    found = [
        bench.once(f"{who}; {protocol}{said}; {scene}; {days}", partial(figures, who, protocol, scene, days, options))
        for scene in range(scenes)
    ]
    return {name: np.array([x for one in found for x in one[name]]) for name in found[0]}


def _size(bench: Bench) -> tuple[int, int]:
    """Days a scene, and scenes."""
    return (bench.seeds or 3, 1) if bench.quick else (bench.seeds or 20, 2)


def resampled(
    days: Float[np.ndarray, "day *figure"], figure: Callable[[np.ndarray], float], resamples: int = 2000
) -> tuple[float, float]:
    """Of 95 of 100 resamples of the days (percentile bootstrap)."""
    rng = np.random.default_rng(0)
    drawn = [figure(days[rng.integers(0, len(days), len(days))]) for _ in range(resamples)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _row(what: str, days: np.ndarray, figure: Callable[[np.ndarray], float], unit: str, peer: str, bar: str = "",
         meets: Callable[[float], bool] | None = None) -> Row:  # fmt: skip
    value = figure(days)
    return Row(row=what, value=value, unit=unit, interval=resampled(days, figure), n=len(days), peer=peer, reach=bar,
               holds=None if meets is None else meets(value))  # fmt: skip


def whole(bench: Bench) -> Iterable[Row]:
    """`dmp`, figure by figure: the all-plain brain, then the forager; the fair baseline and the oracle beside them."""
    days, scenes = _size(bench)
    found = {who: _lived(bench, who, "dmp", days, scenes) for who in (PLAIN, WHOLE, FAIR, ORACLE)}
    best = float(found[ORACLE]["second"].mean())
    both = {who: np.stack([f["first"], f["second"]], axis=1) for who, f in found.items()}

    def saved(pair: np.ndarray) -> float:
        return savings_of_what_can_be_saved(pair[:, 0], pair[:, 1], best)

    def length(trial: np.ndarray) -> float:
        return spl(trial[:, 0] > 0, trial[:, 1], trial[:, 2])

    def median(x: np.ndarray) -> float:
        return float(np.median(x))

    def trials(f: Found) -> np.ndarray:
        return np.stack([f["found"], f["straight_m"], f["path_m"]], axis=1)

    def share(x: np.ndarray) -> float:
        return float(x.mean())

    fair, oracle = found[FAIR], found[ORACLE]
    soon = {who: f["second"][f["fed"] > 0] <= SOON_S for who, f in found.items()}
    for who in (PLAIN, WHOLE):
        f = found[who]
        rows: list[tuple[str, np.ndarray, Callable[[np.ndarray], float], str, str, str, Callable[[float], bool]]] = [
            ("median latency of trial 2", f["second"], median, "s",
             f"{FAIR} {median(fair['second']):.1f} s; oracle {median(oracle['second']):.1f} s (mean {best:.1f})",
             "<= 7.0 s and 1.5 oracles", lambda v: v <= min(7.0, 1.5 * best)),
            ("saved of what can be saved", both[who], saved, "1", f"{FAIR} {saved(both[FAIR]):.2f}", ">= 0.93",
             lambda v: v >= 0.93),
            ("trial 2 within 20 s, where trial 1 was fed", soon[who], share, "1", f"{FAIR} {share(soon[FAIR]):.2f}",
             ">= 0.98", lambda v: v >= 0.98),
            ("SPL of trials 2 to 4", trials(f), length, "1",
             f"{FAIR} {length(trials(fair)):.2f}; oracle {length(trials(oracle)):.2f}; n in trials", ">= 0.90",
             lambda v: v >= 0.90),
            ("first search, median", f["first"], median, "s", f"{FAIR} {median(fair['first']):.1f} s", "<= 60 s",
             lambda v: v <= 60.0),
            ("first search, found within 120 s", f["fed"], share, "1", f"{FAIR} {share(fair['fed']):.2f}", ">= 0.95",
             lambda v: v >= 0.95),
            ("probe of 60 s, time within 1 m", f["probe"], share, "1",
             f"{FAIR} {share(fair['probe']):.2f}; by chance 0.04", ">= 0.45", lambda v: v >= 0.45),
        ]  # fmt: skip
        for what, of, figure, unit, peer, bar, meets in rows:
            reach, holds = (bar, meets) if who == WHOLE else ("", None)
            yield _row(f"{who}, `dmp`: {what}", of, figure, unit, peer, reach, holds)


CONDITIONS: dict[str, tuple[str, dict[str, Any], str, float]] = {
    "dusk": ("dusk", {}, "light of another hour from trial 2 on", 8.0),
    "winter": ("winter", {}, "light of another season from trial 2 on", 8.0),
    "kidnap": ("kidnap", {}, "carried elsewhere 3 s into trials 2 to 4", 0.0),
    "dark": ("dark", {}, "lights out for 10 s from 1 s on", 0.0),
    "own map": ("dmp", {"explore_s": 180.0}, "drawn in 3 minutes of exploration, drifting odometry", 9.0),
    "no compass": ("dmp", {"compass": False}, "heading from the gyroscope alone", 9.0),
}
"""By name: protocol, options, what is meant, and the most that trial 2 may take (s; 0 for no bar)."""


def conditions(bench: Bench) -> Iterable[Row]:
    """Trial 2 where it is harder: the all-plain brain, then the forager."""
    days, scenes = _size(bench)
    for condition, (protocol, options, meant, most_s) in CONDITIONS.items():
        options, many = {**options, **SHORT}, _paired_days(bench)
        oracle = _lived(bench, ORACLE, protocol, many, 1, **options)
        usual = _lived(bench, WHOLE, "dmp", days, scenes)
        best = float(oracle["second"].mean())
        for who in (PLAIN, WHOLE):
            f, bar = _lived(bench, who, protocol, many, 1, **options), who == WHOLE
            saved = savings_of_what_can_be_saved(f["first"], f["second"], best)
            peer = f"{meant}; oracle {np.median(oracle['second']):.1f} s; saved {saved:.2f}; first search " \
                   f"{np.median(f['first']):.0f} s, fed {f['fed'].mean():.2f}"  # fmt: skip
            reach, holds = "", None
            if bar and most_s:
                reach, holds = f"<= {most_s:g} s", bool(np.median(f["second"]) <= most_s)
            if bar and condition == "dusk":
                reach, holds = f"{reach}, saved >= 0.93", bool(holds and saved >= 0.93)
            if bar and condition == "kidnap":
                extra = float(np.median(f["second"]) - np.median(usual["second"]))
                peer, reach, holds = f"{peer}; {extra:.1f} s more than on `dmp`", "<= 3 s more", extra <= 3.0
            yield Row(
                row=f"{who}, {condition}: median latency of trial 2", value=float(np.median(f["second"])), unit="s",
                interval=resampled(f["second"], lambda x: float(np.median(x))), n=len(f["second"]), peer=peer,
                reach=reach, holds=holds,
            )  # fmt: skip


def paired(bench: Bench) -> Iterable[Row]:
    """Cues to places: six pairs, then two, six and twelve more, each shown once and asked for once."""
    days, scenes = (1, 1) if bench.quick else (bench.seeds or 3, 1)
    bars = (0.95, 0.95, 0.95, 0.90)
    for who in (PLAIN, WHOLE):
        found = [bench.once(f"paired {who} {scene} {days}", partial(asked, who, scene, days, SLACK_M))
                 for scene in range(scenes)]  # fmt: skip
        known = 0
        for session, bar in enumerate(bars):
            right = np.array([x for one in found for x in one[session]], float)
            known += len(right) // (days * scenes)
            bars_it = who == WHOLE
            yield _row(
                f"{who}, `paired`: at once to the right place, session {session + 1} of {len(bars)}", right,
                lambda x: float(x.mean()), "1", f"{known} pairs known by then; at most {SLACK_M:g} m of detour",
                f">= {bar:g}" if bars_it else "", (lambda v, bar=bar: v >= bar) if bars_it else None,
            )  # fmt: skip


def _paired_days(bench: Bench) -> int:
    return 3 if bench.quick else (bench.seeds or 12)


def _loss(bench: Bench, who: str, protocol: str, figure: str, **options: Any) -> tuple[np.ndarray, str]:
    """Paired days (day, 2): of the forager, and of the one named; and the two means in words."""
    days, options = _paired_days(bench), {**options, **SHORT}
    intact = _lived(bench, WHOLE, protocol, days, 1, **options)[figure]
    other = _lived(bench, who, protocol, days, 1, **options)[figure]
    return np.stack([intact, other], axis=1), f"{other.mean():.1f} s against {intact.mean():.1f} s"


def more(pair: Float[np.ndarray, "day 2"]) -> float:
    """How much longer the second of two takes, over all days, as a share of the first."""
    return float(pair[:, 1].mean() / pair[:, 0].mean() - 1)


def lesions(bench: Bench) -> Iterable[Row]:
    """Each organ replaced by its declared fallback on its declared course: what it costs, on the same days."""
    costly = 0
    pair, said = _loss(bench, PLAIN, "dmp", "again")
    yield _row(f"{PLAIN}: more time to find again, `dmp`", pair, more, "1", said)
    for organ, cut in CUTS.items():
        pair, said = _loss(bench, f"{WITHOUT}{organ}", cut.protocol, cut.figure, **cut.options)
        what = "more time to find again" if cut.figure == "again" else "more time of the first search"
        low, _ = resampled(pair, more)
        costly += (holds := more(pair) >= 0.10 and low > 0)
        bench.say(f"without {organ}: {said}")
        yield _row(f"without {organ} ({cut.fallback}): {what}, `{cut.protocol}`", pair, more, "1", said,
                   ">= 0.10, interval above 0", lambda _, holds=holds: holds)  # fmt: skip
    yield Row(row="organs that cost 10 % or more", value=float(costly), unit="organs", n=len(CUTS),
              reach=">= 8", holds=costly >= 8)  # fmt: skip
    f = _lived(bench, f"{WITHOUT}memory", "dmp", _paired_days(bench), 1, **SHORT)
    pair = np.stack([f["first"], f["second"]], axis=1)
    yield _row("without memory: savings, 1 - L2 / L1", pair, lambda x: float(1 - x[:, 1].mean() / x[:, 0].mean()), "1",
               "", "<= 0.1", lambda v: v <= 0.1)  # fmt: skip


def plain_organs(bench: Bench) -> Iterable[Row]:
    """One neural organ at a time replaced by its plain peer: below 0 the plain one wins."""
    pair, said = _loss(bench, PLAIN, "dmp", "again")
    yield _row(f"{PLAIN}: more time to find again, `dmp`", pair, more, "1", said)
    for organ, (neural, simple, _) in peers().items():
        pair, said = _loss(bench, f"{WITH}plain {organ}", "dmp", "again")
        low, high = resampled(pair, more)
        verdict = "the neural one wins" if low > 0 else "the plain one wins" if high < 0 else "neither wins"
        yield _row(f"{organ}: {simple} instead of {neural}: more time to find again, `dmp`", pair, more, "1",
                   f"{said}; {verdict}")  # fmt: skip


def prediction(bench: Bench) -> Iterable[Row]:
    """A place a second ahead, imagined by a model of its own body, beside the constant one: it stays where it is."""
    days = 2 if bench.quick else (bench.seeds or 12)
    found = bench.once(f"imagined 0 {days}", partial(imagined, 0, days))
    for light in ("day", "dark"):
        constant = float(np.mean(found[f"constant {light}"]))
        for name, reach in (("constant", ""), ("predicted", "below the constant one")):
            yield _row(
                f"place {AHEAD_S:g} s ahead, {name}, {light}: mean error", np.array(found[f"{name} {light}"]),
                lambda x: float(x.mean()), "m", "from where it believes to be", reach,
                (lambda v, constant=constant: bool(v < constant)) if reach else None,
            )  # fmt: skip


def swaps(bench: Bench) -> Iterable[Row]:
    """Three memories, three places, three motors: two days each; a memory is nothing to a day without a first meal."""
    times, fed = list[float](), list[bool]()
    for names in itertools.product(*SWAPS):
        f = _lived(bench, f"{WITH}{', '.join(names)}", "dmp", 2, 1, **SHORT)
        fed.append(bool(np.mean(f["found"]) >= ENOUGH))
        times.append(float(np.mean(f["again"])))
    total = len(fed)
    yield Row(
        row=f"{len(SWAPS[0])} memories x {len(SWAPS[1])} places x {len(SWAPS[2])} motors: 2 days of `dmp`, food found "
            "again in 5 of 6 trials at least", value=float(sum(fed)), unit=f"of {total}", n=total,
        peer=f"mean time to find again {np.median(times):.1f} s in the median, {min(times):.1f} to {max(times):.1f} s",
        reach=f"{total}", holds=sum(fed) == total,
    )  # fmt: skip


def speed(bench: Bench) -> Iterable[Row]:
    """One body alone, one thread, with its map given: processor time, and where it goes."""
    seconds, rounds = (20, 1) if bench.quick else (120, 3)
    for who in (PLAIN, WHOLE):
        found = [bench.once(f"cost {who} {seconds} {k}", partial(cost, who, seconds)) for k in range(rounds)]
        faster = [1e3 / one["whole"] for one in found]
        middle = {name: float(np.median([one[name] for one in found])) for name in found[0]}
        parts = ", ".join(f"{name} {took:.1f}" for name, took in middle.items() if name != "whole")
        bar = who == WHOLE
        yield Row(
            row=f"{who}, one body: times faster than real time", value=float(np.median(faster)), unit="x", n=rounds,
            interval=(min(faster), max(faster)), reach=">= 20" if bar else "",
            holds=float(np.median(faster)) >= 20 if bar else None,
            peer=f"{processor()}, one thread, range; ms for each second of life: {parts}",
        )  # fmt: skip


PARTS: dict[str, Callable[[Bench], Iterable[Row]]] = {
    "speed": speed, "whole": whole, "lesions": lesions, "plain": plain_organs, "swaps": swaps,
    "conditions": conditions, "paired": paired, "prediction": prediction,
}  # fmt: skip

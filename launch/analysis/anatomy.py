"""The anatomy of a nervous system: senses and organs, what each reads and gives, how often, and how much it holds."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.agents.sense import SENSES
from innervate.controllers import ControllerConfig
from innervate.controllers.organ import Organ
from innervate.sense import VIEW, Sense

HEIGHT = 3.0
"""Of the drawing, in boxes."""
SENSE, PART = "#d7e3f4", "#f3d9a4"
ARROW = {"arrowstyle": "-|>", "color": "#2f7d6d", "alpha": 0.6, "lw": 0.8, "connectionstyle": "arc3,rad=0.06"}


def anatomy(world: WorldConfig, controller: ControllerConfig) -> tuple[list[tuple[str, int]], list[Organ]]:
    """What the body tells, as names and sizes; and the senses and the organs of the circuit, in order."""
    env: Any = make_vector_env(world, 1)
    try:
        spec, senses = controller_spec(env), list(getattr(env, "senses", ()))
        env.reset(seed=0)
        told = [_sense(SENSES.name_of(c), c, s, spec.control_step_s) for c, s in zip(world.senses, senses, strict=True)]
        organs = controller.build(spec, Streams(0).controller()).organs()
    finally:
        env.close()
    given = {name for organ in told for name, _ in organ.gives}
    return [(c.name, c.size) for c in spec.observations if c.name not in given], [*told, *organs]


def _sense(name: str, config: Any, sense: Sense, step_s: float) -> Organ:
    looks = (VIEW,) if sense.camera is not None else ()
    return Organ(
        name=name,
        kind=type(sense).__name__,
        takes=tuple(dict.fromkeys([*(c.name for c in sense.takes), *looks, *(c.name for c in sense.hears)])),
        gives=tuple((c.name, c.size) for c in sense.gives),
        period_s=float(getattr(config, "every_s", step_s)),
        state=sum(int(v.size) for v in sense.snapshot().values()),
        remembers=sense.remembers,
    )


def draw_anatomy(body: Sequence[tuple[str, int]], organs: Sequence[Organ], senses: int = 0) -> Figure:
    """Left to right: the body's channels, then every organ right of what it reads; the first `senses` are senses."""
    rank = dict.fromkeys([VIEW, "action", *(name for name, _ in body)], 0)
    columns = list[int]()
    for organ in organs:  # one step to the right of the last thing that it reads
        columns.append(1 + max((rank.get(name.removesuffix("_age"), 0) for name in organ.takes), default=0))
        rank.update(dict.fromkeys([name for name, _ in organ.gives if name != "action"], columns[-1]))
    alone = [columns.count(column) == 1 for column in columns]
    rows = [columns[:i].count(column) for i, column in enumerate(columns)]
    places = [
        (c, -HEIGHT * (0.3 + 0.4 * (c % 2)) if single else -HEIGHT * (r + 0.5) / columns.count(c))  # in zigzag
        for c, r, single in zip(columns, rows, alone, strict=True)
    ]
    figure = Figure(figsize=(2.3 * (max(columns) + 1), 1.4 * HEIGHT), dpi=130, layout="constrained")
    axes: Any = figure.add_subplot()
    source, taken = dict[str, tuple[float, float]](), {name for organ in organs for name in organ.takes}
    listed = [*body, *([(VIEW, 0)] if VIEW in taken else [])]
    for i, (name, size) in enumerate(listed):
        y = -(i + 0.5) * HEIGHT / len(listed)
        axes.text(0.86, y, f"{name} {size or ''}", ha="right", va="center", fontsize=7, color="#333")
        source[name] = (0.9, y)
    for organ, (x, y) in zip(organs, places, strict=True):
        axes.add_patch(FancyBboxPatch((x + 0.2, y - 0.3), 0.62, 0.6, boxstyle="round,pad=0.02", lw=0.7, ec="#555",
                                      facecolor=SENSE if organ in organs[:senses] else PART))  # fmt: skip
        rate = f"{1 / organ.period_s:.3g} Hz" + (f", {organ.delay_s:g} s late" if organ.delay_s else "")
        held = f"{organ.state:,} held ({organ.remembers})" if organ.state else "holds nothing"
        held += f", {organ.parameters:,} trained" if organ.parameters else ""
        axes.text(x + 0.51, y + 0.16, organ.name, ha="center", va="center", fontsize=10, weight="bold")
        axes.text(x + 0.51, y - 0.09, f"{organ.kind}\n{rate}\n{held}", ha="center", va="center", fontsize=6.5)
        for name in organ.takes:
            start = source.get(name.removesuffix("_age"))
            if start is not None:
                axes.annotate("", (x + 0.18, y), start, arrowprops=ARROW, zorder=0)
        source.update({name: (x + 0.84, y) for name, _ in organ.gives if name != "action"})
    axes.set_xlim(-0.1, max(columns) + 1.0)
    axes.set_ylim(-HEIGHT - 0.1, 0.1)
    axes.set_axis_off()
    return figure

"""All pictures that there are of a trained controller, as PNG files by name."""

import io
from pathlib import Path
from types import ModuleType

from matplotlib.figure import Figure

from innervate.agents.learner import WorldConfig
from innervate.controllers import Controller
from innervate.launch.analysis.recordings.recording import Lived, Recording, record
from innervate.registry import Catalogue

FIGURES: Catalogue[ModuleType] = Catalogue(
    "figure",
    group="innervate.figures",
    package="innervate.launch.analysis.figures",
    folder=Path(__file__).parent / "figures",
)
"""The files of `figures/`, and what others bring: modules with TITLE, NEEDS (fields of a recording) and
`draw(recording)`."""


def pictures(
    controller: Controller, world: WorldConfig, *, episode: int = 0, lived: Lived | None = None
) -> dict[str, bytes]:
    """File name to PNG: every figure whose needs a held-out episode of this controller in this world meets."""
    return drawn(record(controller, world, episode=episode, lived=lived))


def drawn(recording: Recording) -> dict[str, bytes]:
    """File name to PNG of every figure that can be drawn of a recording."""
    modules = {name: FIGURES[name] for name in FIGURES}
    return {file_name(n): _png(m.draw(recording)) for n, m in modules.items() if recording.has(m.NEEDS)}


def titles() -> dict[str, str]:
    """File name to what a figure is called."""
    return {file_name(name): FIGURES[name].TITLE for name in FIGURES}


def file_name(figure: str) -> str:
    """`phase-portrait` as `phase_portrait.png`."""
    return f"{figure.replace('-', '_')}.png"


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()

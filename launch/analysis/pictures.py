"""All pictures that there are of a trained controller, as PNG files by name."""

import io

from matplotlib.figure import Figure

from innervate.agents.worlds import WorldConfig
from innervate.controllers import Controller
from innervate.controllers.latent import Latent
from innervate.controllers.wiring import Wired
from innervate.launch.analysis.activity import record
from innervate.launch.analysis.activity_figures import draw_activity, draw_phase_portrait
from innervate.launch.analysis.place_maps import draw_place_maps, roam
from innervate.launch.analysis.wiring_diagram import draw_wiring

TITLES = {
    "wiring.png": "Wiring",
    "activity.png": "Activity and body",
    "phase_portrait.png": "Phase portrait",
    "place_maps.png": "Place maps",
}


def pictures(controller: Controller, world: WorldConfig, *, episode: int = 0) -> dict[str, bytes]:
    """Wiring (of a circuit), activity with the body's kymograph, phase portrait, over one held-out episode.

    Of a latent, place maps, too, where the world tells the body's position.
    """
    recording = record(controller, world, episode=episode)
    figures = {"activity.png": draw_activity(recording), "phase_portrait.png": draw_phase_portrait(recording)}
    if isinstance(controller, Wired):
        now = controller.strengths().tolist()
        synapses = controller.circuit.synapses
        strength = {(s.pre, s.post, s.kind): w for s, w in zip(synapses, now, strict=True)}
        figures = {"wiring.png": draw_wiring(controller.circuit, strength), **figures}
    if isinstance(controller, Latent) and (roamed := roam(controller, world)) is not None:
        figures["place_maps.png"] = draw_place_maps(*roamed)
    return {name: _png(figure) for name, figure in figures.items()}


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()

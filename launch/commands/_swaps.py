"""Another memory, another sense of place or another motor for a composed agent: `--brain.memory dictionary`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from innervate.agents.brains._organs import swapped
from innervate.controllers import CONTROLLERS
from innervate.controllers.circuits.brain import BrainConfig
from innervate.errors import ConfigError
from innervate.launch.run.preset import Preset

SWAP = "--brain."


def without_swaps(argv: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The words without `--brain.ORGAN NAME`, and what those say. Raises `ConfigError` for one without a name."""
    rest, swaps, words = list[str](), dict[str, str](), iter(argv)
    for word in words:
        flag, equals, value = word.partition("=")
        organ = flag.removeprefix(SWAP)
        if organ == flag or "." in organ or organ == "parts":  # `--brain.parts.search.delay-s` is the circuit's own
            rest.append(word)
            continue
        name = value if equals else next(words, "")
        if not name or name.startswith("-"):
            raise ConfigError(f"{flag} says which one stands in for that organ, as {SWAP}memory dictionary.")
        swaps[organ] = name.replace("_", "-")
    return rest, swaps


def with_swaps(preset: Preset, swaps: Mapping[str, str]) -> Preset:
    """The preset with other organs. Raises `ConfigError` for one whose circuit is no brain."""
    if not swaps:
        return preset
    if not isinstance(preset.controller, BrainConfig):
        kind = CONTROLLERS.name_of(preset.controller)
        raise ConfigError(
            f"{SWAP}{next(iter(swaps))} swaps an organ of a brain, and {kind!r} is none; see --controller."
        )
    senses, brain = {str(k): sense for k, sense in enumerate(preset.senses)}, preset.controller
    for organ, name in swaps.items():
        senses, brain = swapped((senses, brain), organ, name)
    return replace(preset, senses=tuple(senses.values()), controller=brain)

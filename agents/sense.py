"""Senses by name: the files of `senses/`, and what others bring."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from innervate.configurations import Configurations
from innervate.sense import Sense

from ..controllers import ControllerSpec

__all__ = ["SENSES", "SenseConfig"]


@runtime_checkable
class SenseConfig(Protocol):
    """A frozen dataclass that builds one kind of sense."""

    def build(self, spec: ControllerSpec, num_envs: int) -> Sense:
        """The sense for `num_envs` bodies that tell what `spec` says."""
        ...


SENSES: Configurations[SenseConfig] = Configurations(
    "sense",
    group="innervate.senses",
    package="innervate.agents.experience.senses",
    folder=Path(__file__).parent / "experience" / "senses",
    contract=SenseConfig,
)

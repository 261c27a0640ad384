"""Every configuration of every catalogue comes back equal from JSON; what would not is refused when it is written."""

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from innervate.agents.continual.ewc import EWCConfig
from innervate.agents.continual.hlop import HLOPConfig
from innervate.agents.experience.senses.history import HistoryConfig
from innervate.agents.keeper import KeeperConfig
from innervate.agents.learner import WorldConfig
from innervate.agents.predictive.asked import OBJECTIVES
from innervate.agents.registry import LEARNERS
from innervate.agents.sense import SENSES
from innervate.configurations import Configurations, from_options, to_json
from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.controllers.circuits.brain import BrainConfig, Part
from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.linear import LinearConfig
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.controllers.memories import MemoryConfig
from innervate.controllers.memory.ca3 import Ca3Config
from innervate.controllers.memory.dictionary import DictionaryConfig
from innervate.controllers.plasticity.bcm import BCMConfig
from innervate.controllers.plasticity.homeostat import HomeostatConfig
from innervate.controllers.plasticity.oja import OjaConfig
from innervate.controllers.rules import RuleConfig
from innervate.envs.randomisation import Randomisation
from innervate.envs.registry import TASKS
from innervate.errors import ConfigError, InnervateError

REGISTRIES: dict[str, Configurations[Any]] = {
    "controllers": CONTROLLERS, "learners": LEARNERS, "objectives": OBJECTIVES, "senses": SENSES,
}  # fmt: skip
CONFIGS = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry]
_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(), int: st.integers(-(2**53), 2**53), float: st.floats(allow_nan=False),
    str: st.text(max_size=12),
    type(None): st.none(), Path: st.sampled_from([Path("a/b.json"), Path("/x")]),
    Any: st.one_of(st.integers(), st.text(max_size=5), st.tuples(st.floats(allow_nan=False))),
}  # fmt: skip


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type."""
    if kind in _LEAVES:
        return _LEAVES[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, arguments))
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
        return st.tuples(*map(values_of, arguments))
    if origin in (dict, Mapping):
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=3)
    if kind is ControllerConfig:
        return st.sampled_from([MLPConfig(hidden=(3,)), GRUConfig(units=2), LinearConfig()])
    if kind is MemoryConfig:
        return st.sampled_from([DictionaryConfig(capacity=3), Ca3Config(mode="paper")])
    if kind is RuleConfig:
        return st.sampled_from([OjaConfig(rate=0.5), HomeostatConfig(rule=BCMConfig(rate=0.25))])
    if kind is KeeperConfig:
        return st.sampled_from([EWCConfig(strength=2.5), HLOPConfig(first=0.25)])
    if is_dataclass(kind):
        return configs_of(kind)
    raise AssertionError(f"no values for {kind}")


def configs_of(kind: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    each = {f.name: st.one_of(st.just(_MISSING), values_of(hints[f.name])) for f in fields(kind)}
    drawn = st.fixed_dictionaries(each)

    def make(options: dict[str, Any]) -> Any:
        try:
            return kind(**{k: v for k, v in options.items() if v is not _MISSING})
        except (InnervateError, ZeroDivisionError, OverflowError, TypeError):
            return None

    return drawn.map(make).filter(lambda made: made is not None)


_MISSING = object()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")  # beartype draws samples
@pytest.mark.parametrize(("kind", "name"), CONFIGS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(data=st.data())
def test_every_configuration_is_read_back_equal(kind: str, name: str, data: st.DataObject) -> None:
    registry = REGISTRIES[kind]
    config = data.draw(configs_of(registry[name]))
    assert registry.from_dict(json.loads(json.dumps(registry.to_dict(config)))) == config


@pytest.mark.parametrize("task", TASKS)
def test_every_task_s_options_are_read_back_equal(task: str) -> None:
    options = TASKS[task].options()
    assert from_options(type(options), json.loads(json.dumps(to_json(options)))) == options


def test_a_brain_s_parts_are_written_by_name() -> None:
    cpg, out = Part(controller=GRUConfig(units=3), gives=2), Part(controller=MLPConfig())
    brain = BrainConfig(parts={"cpg": cpg, "out": out})
    document = CONTROLLERS.to_dict(brain)
    assert document["parts"]["cpg"]["controller"] == {"name": "gru", "units": 3, "slowest_s": "auto"}
    assert CONTROLLERS.from_dict(json.loads(json.dumps(document))) == brain


def test_a_world_s_options_may_hold_a_randomisation_and_senses() -> None:
    varied = Randomisation(mass=(0.5, 2.0), noise={"joint_angle": 0.1})
    world = WorldConfig(id="swim", options={"randomisation": varied, "n_links": 4}, senses=(HistoryConfig(steps=3),))
    assert from_options(WorldConfig, json.loads(json.dumps(to_json(world)))) == world


@dataclass(frozen=True)
class Inner:
    x: float = 1.0


@dataclass(frozen=True)
class Other:
    x: float = 1.0


@dataclass(frozen=True)
class Outer:
    inner: Inner = Inner()
    either: Inner | Other | None = None
    table: Mapping[str, tuple[Inner, ...]] | None = None
    what: Any = None


@pytest.mark.parametrize(
    "config",
    [
        Outer(), Outer(inner=Inner(2.5)), Outer(either=Other(3.0)), Outer(either=Inner(3.0)),
        Outer(table={"a": (Inner(), Inner(0.1))}), Outer(what=("a", (1, 2.5))), Outer(what={"k": (1,)}),
        Outer(inner=Inner(float("inf"))),
    ],
)  # fmt: skip
def test_nested_configurations_are_read_back_equal(config: Outer) -> None:
    assert from_options(Outer, json.loads(json.dumps(to_json(config)))) == config


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (Outer(inner=Inner(float("nan"))), "Inner.x is not a number"),
        (Outer(what=object()), "Outer.what should be of"),
        (Outer(what=[1, 2]), "a tuple rather than a list"),
        (Outer(what={1, 2}), "Outer.what"),
        (Outer(inner=Other()), "Outer.inner should be of Inner"),  # pyright: ignore[reportArgumentType]
        (Outer(table={"a": ("b",)}), r"Outer.table\['a'\]\[0\] should be of Inner"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_what_cannot_be_rebuilt_is_refused_when_it_is_written(config: Outer, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        to_json(config)


def test_a_class_that_nothing_knows_is_refused_with_the_way_out() -> None:
    @dataclass(frozen=True, kw_only=True)
    class StrayConfig:
        """Known to nobody."""

        def build(self, *_: Any) -> Any: ...

    with pytest.raises(ConfigError, match=r"StrayConfig is no known controller. Make it known with .add"):
        CONTROLLERS.to_dict(StrayConfig())  # pyright: ignore[reportArgumentType]
    document = {"name": "stray", "class": "their_lab.nets:StrayConfig"}
    with pytest.raises(ConfigError, match=r"the class StrayConfig of the module their_lab\.nets, which is not known"):
        CONTROLLERS.from_dict(document)



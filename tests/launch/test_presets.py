"""Presets: one name, one preset, and that of its own task."""

from pathlib import Path
from typing import Any

import pytest

from innervate.agents.learners.ppo import PPOConfig
from innervate.agents.sense import SENSES
from innervate.controllers.memory.code_selection import CodeSelectionConfig
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.commands.train import configuration, parse
from innervate.launch.run.preset import PRESETS, Presets
from innervate.registry import forget_packages

TEXT = '"""A family."""\nfrom innervate.launch.run.preset import Preset\n{name} = Preset(about="One.")\n'


def test_two_presets_of_one_name_are_refused(tmp_path: Path) -> None:
    """`a.py` with `b_c` and `a_b.py` with `c` are both `a-b-c`."""
    (tmp_path / "a.py").write_text(TEXT.format(name="b_c"))
    (tmp_path / "a_b.py").write_text(TEXT.format(name="c"))
    forget_packages()
    presets = Presets("preset", group="none.such", package="made_presets", folder=tmp_path)
    assert list(presets) == ["a-b-c"]
    with pytest.raises(ConfigError, match="There are 2 presets named 'a-b-c'"):
        _ = presets["a-b-c"]


def test_a_preset_is_suggested_for_its_own_task_only() -> None:
    swim, navigate = (PRESETS.filled(task, "wiring", "cma") for task in ("swim", "navigate"))
    assert swim is PRESETS["swim-entrained-cma"] and navigate is PRESETS["navigate-entrained-cma"]
    assert PRESETS.filled("roam", "linear", "cma") not in PRESETS.values()
    crossed = PRESETS.filled("bimanual-spring", "bilateral", "ppo")
    assert crossed is PRESETS["bimanual-spring-crossed-ppo"]


def test_a_preset_brings_its_senses_and_options() -> None:
    for words in (["--preset", "hidden-goal-forager"], ["hidden-goal", "--controller", "forager"]):
        config = configuration(parse(words))
        assert [SENSES.name_of(s) for s in config.world.senses] == [
            "ring", "odometry", "place", "ground", "belief", "remembered",
        ]  # fmt: skip
        assert config.world.options["town"] is True
    replaced = configuration(parse(["--preset", "hidden-goal-forager", "--sense", "ring"])).world
    assert [SENSES.name_of(s) for s in replaced.senses] == ["ring"]
    assert not configuration(parse(["hidden-goal"])).world.senses  # what must see is asked for by name


def test_organs_of_an_animal_are_swapped_by_a_word() -> None:
    words = ["--preset", "hidden-goal-forager", "--brain.memory", "code_selection", "--brain.place=pixels",
             "--brain.motor", "proportional", "--brain.parts.search.delay-s", "0.2"]  # fmt: skip
    config = configuration(parse(words))
    senses: dict[str, Any] = {SENSES.name_of(s): s for s in config.world.senses}
    brain: Any = config.controller
    assert isinstance(senses["remembered"].memory, CodeSelectionConfig)
    assert senses["place"].recogniser == "pixels" and senses["place"].places == 144
    assert brain.parts["steering"].controller.kind == "proportional" and brain.parts["search"].delay_s == 0.2
    for wrong, says in (
        (["--brain.memory", "ca4"], "Did you mean 'ca3'"), (["--brain.motor", "onoff"], "Did you mean 'on-off'"),
        (["--brain.mood", "good"], "organ to swap"), (["--brain.memory"], "says which one"),
    ):  # fmt: skip
        with pytest.raises((ConfigError, UnknownNameError), match=says):
            parse(["--preset", "hidden-goal-forager", *wrong])
    with pytest.raises(ConfigError, match="is none"):
        parse(["swim", "--brain.memory", "ca3"])


def test_a_robots_file_has_settings_of_its_own() -> None:
    filled = PRESETS.filled("dm_control:quadruped", None, None)
    assert isinstance(filled.learner, PPOConfig) and filled.learner.anneal and filled.steps == 2_200_000
    assert not isinstance(PRESETS.filled("dm_control:quadruped", "linear", None).learner, PPOConfig)

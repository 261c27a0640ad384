"""Catalogues: an entry is a file, found without being imported; what is wrong with one is one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.commands._catalogues import CATALOGUES
from innervate.registry import Catalogue, picker

ENTRIES = [(kind, name) for kind, catalogue in CATALOGUES.items() for name in catalogue]


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_entry_says_what_it_is_and_can_be_used(kind: str, name: str) -> None:
    catalogue = CATALOGUES[kind]
    summary = catalogue.summary(name)
    assert 8 <= len(summary) <= 160 and summary[-1] in ".:"
    assert catalogue[name] is catalogue[name.replace("-", "_")]


def test_names_and_summaries_import_nothing_heavy() -> None:
    code = (
        "import sys\nfrom innervate.envs.registry import TASKS, MAZES\nfrom innervate.launch.cli import COMMANDS\n"
        "print([s for c in (TASKS, MAZES, COMMANDS) for s in c.summaries()] != [])\n"
        "print(sorted({'torch', 'mujoco', 'tyro', 'stable_baselines3'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == ["True", "[]"]


class Thing:
    """A thing of a catalogue."""


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> Catalogue[type]:
    package = folder / "made_entries"
    package.mkdir()
    for name, text in {"__init__": '"""Entries."""\n', **files}.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    for module in [m for m in sys.modules if m.startswith("made_entries")]:
        monkeypatch.delitem(sys.modules, module)
    pick = picker("thing", lambda t: isinstance(t, type) and hasattr(t, "thing"), "class with `thing`")
    return Catalogue("thing", group="made.things", package="made_entries", folder=package, pick=pick)


GOOD = '"""A good one."""\nclass Good:\n    thing = 1\n'


def test_an_entry_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    things = made(tmp_path, monkeypatch, good_one=GOOD, _shared="raise SystemExit")
    assert list(things) == ["good-one"]
    assert things.summary("good-one") == "A good one."
    assert things["good_one"].__name__ == "Good"


def test_what_is_wrong_with_an_entry_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    things = made(tmp_path, monkeypatch, good=GOOD, silent="class S:\n    thing = 1\n", empty='"""Nothing."""\n',
                  many='"""Two."""\nclass A:\n    thing = 1\nclass B:\n    thing = 2\n')  # fmt: skip
    with pytest.raises(ConfigError, match=r"silent.*has no docstring; its first line is the summary"):
        things.summary("silent")
    with pytest.raises(ConfigError, match="exactly one public class with `thing`; it has nothing of the kind"):
        _ = things["empty"]
    with pytest.raises(ConfigError, match="exactly one public class with `thing`; it has A, B"):
        _ = things["many"]
    with pytest.raises(UnknownNameError, match="Did you mean 'good'"):
        _ = things["goood"]
    assert [name for name, text in things.summaries() if "no docstring" in text] == ["silent"]  # the others go on


def test_what_a_notebook_adds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    things = made(tmp_path, monkeypatch, good=GOOD)
    things.add("mine", Thing)
    assert things["mine"] is Thing and things.summary("mine") == "A thing of a catalogue."
    things.add("mine", Thing)  # a cell that is run again
    with pytest.raises(ConfigError, match="There is a thing named 'good' already"):
        things.add("good", Thing)
    things.remove("mine")
    assert "mine" not in things

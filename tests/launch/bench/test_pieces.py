"""Stored pieces: the old value never comes back unnoticed once the code, or a peer, has changed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from innervate.errors import ConfigError, RunError
from innervate.launch.bench._kit import digest
from innervate.launch.bench._kit.benchmark import BENCHMARKS, Bench
from innervate.launch.bench._kit.pieces import Pieces, name_of
from innervate.launch.bench._kit.rows import Row
from innervate.launch.commands.bench import main

CODE = '"""A measurement."""\nfrom .helper import FACTOR\n\n\ndef measure():\n    return FACTOR * 2\n'


@pytest.fixture
def measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Callable[[], int]]:
    """Writes a package whose measurement depends on a helper's constant, and returns the measurement."""
    package = tmp_path / "measured_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "main.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)

    def written(factor: int) -> Callable[[], int]:
        (package / "helper.py").write_text(f"FACTOR = {factor}\n")
        for module in [m for m in sys.modules if m.startswith("measured_package")]:
            monkeypatch.delitem(sys.modules, module)
        for known in (digest.digest, digest.sources, digest._imports, digest._source):  # pyright: ignore[reportPrivateUsage]
            known.cache_clear()
        return __import__("measured_package.main", fromlist=["measure"]).measure

    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file rewritten within a second would look unchanged
    return written


def bench(folder: Path, **options: object) -> Bench:
    return Bench(quick=False, seeds=None, work=folder / "work", say=lambda _: None, **options)  # pyright: ignore[reportArgumentType]


def test_changed_code_is_shown_as_stale_and_measured_anew_on_demand(
    tmp_path: Path, measuring: Callable[[int], Callable[[], int]]
) -> None:
    first = bench(tmp_path)
    assert first.once("row 1", measuring(3)) == 6 and first.stale == set()
    again = bench(tmp_path)
    assert again.once("row 1", measuring(3)) == 6 and again.stale == set()
    changed = bench(tmp_path)
    assert changed.once("row 1", measuring(5)) == 6  # the stored value, and told so
    assert changed.stale == {"row 1"}
    renewed = bench(tmp_path, renew=True)
    assert renewed.once("row 1", measuring(5)) == 10 and renewed.stale == set()


def test_words_about_the_code_make_nothing_stale() -> None:
    bare = "def f(a: int) -> int:\n    return a + 1\n"
    told = bare.replace("return a + 1", '"""Next."""\n    return a + 1  # one more')
    said = f'"""A module."""\n__all__ = ["f"]\n\n\n{told}'
    assert digest.what_runs(bare) == digest.what_runs(said)
    for other in ("return a + 2", "return a - 1", 'return "a"', "__all__ = [a]\n    return a + 1"):
        assert digest.what_runs(bare) != digest.what_runs(bare.replace("return a + 1", other))


def test_another_version_of_a_peer_is_stale(tmp_path: Path, measuring: Callable[[int], Callable[[], int]]) -> None:
    bench(tmp_path, peers={"peer": "1.0"}).once("row", measuring(1))
    later = bench(tmp_path, peers={"peer": "2.0"})
    later.once("row", measuring(1))
    assert later.stale == {"row"}


def test_a_piece_from_before_digests_is_adopted_and_flagged(
    tmp_path: Path, measuring: Callable[[int], Callable[[], int]]
) -> None:
    import hashlib

    old = hashlib.sha256(b"row|quick=False").hexdigest()[:16]
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / f"{old}.json").write_text(json.dumps({"key": "row", "value": 7, "took_s": 1.5}))
    made = bench(tmp_path)
    assert made.once("row", measuring(1)) == 7 and made.stale == {"row"}
    assert [path.name for path in (tmp_path / "work").iterdir()] == [name_of("row", False)]


def test_a_damaged_piece_is_named(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path, False)
    (tmp_path / name_of("row", False)).write_text("{")
    with pytest.raises(RunError, match="is no piece of a benchmark"):
        pieces.load("row")


def first(_: Bench) -> list[Row]:
    return [Row(row="first", value=1.0, unit="m")]


def second(_: Bench) -> list[Row]:
    return [Row(row="second", value=2.0, unit="m")]


class Two:
    """A benchmark of two parts."""

    PARTS = {"one": first, "two": second}  # noqa: RUF012


def test_some_parts_are_measured_and_no_row_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BENCHMARKS._added, "two-parts", Two)  # pyright: ignore[reportPrivateUsage]
    main(["two-parts", "--out", str(tmp_path)])
    table = tmp_path / "two-parts.json"
    whole = [row["row"] for row in json.loads(table.read_text())["rows"]]
    main(["two-parts", "--out", str(tmp_path), "--only", "two"])
    assert [row["row"] for row in json.loads(table.read_text())["rows"]] == whole == ["first", "second"]
    document = json.loads(table.read_text())
    for row in document["rows"]:
        row["part"] = ""
    table.write_text(json.dumps(document))
    with pytest.raises(ConfigError, match="rows of the other parts would be lost"):
        main(["two-parts", "--out", str(tmp_path), "--only", "two"])

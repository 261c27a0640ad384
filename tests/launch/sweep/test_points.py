"""Grids, ranges and the search, without a cluster."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innervate.errors import ConfigError
from innervate.launch.sweep.grid import grid, parse_axis, trial_name, words
from innervate.launch.sweep.source import Grid, OptunaSearch, Range


def test_a_grid_is_the_product_of_its_axes() -> None:
    points = grid(["cma.sigma=0.3,1.0", "env.n-links=3,5,6"])
    assert [tuple(p.values()) for p in points] == list(product(("0.3", "1.0"), ("3", "5", "6")))
    assert grid([]) == [{}]


def test_a_value_in_brackets_is_a_list_of_words() -> None:
    option, values = parse_axis("mlp.hidden=[64,64],[128]")
    assert [words({option: v}) for v in values] == [["--mlp.hidden", "64", "64"], ["--mlp.hidden", "128"]]


@pytest.mark.parametrize(
    "axes", [["cma.sigma"], ["=1"], ["cma.sigma=1,"], ["cma.sigma=1,1"], ["seed=1,2"], ["a=1", "a=2"]]
)
def test_an_axis_that_is_none_teaches(axes: list[str]) -> None:
    with pytest.raises(ConfigError, match="--grid"):
        grid(axes)


VALUES = st.text("0123456789.e-/[], ", min_size=1)


@given(st.lists(st.tuples(st.sampled_from("abc"), VALUES), max_size=3), st.integers(0, 9))
def test_a_trial_name_is_one_folder(point: list[tuple[str, str]], seed: int) -> None:
    name = trial_name(dict(point), seed)
    assert Path(name).name == name and not name.startswith(".") and not set(name) & set(" []/,")


@pytest.mark.parametrize("space", ["a=1", "a=2:1", "a=0:1:log", "a=x:y", "a=1:2:cubic"])
def test_a_range_that_is_none_teaches(space: str) -> None:
    if space == "a=1":
        assert Range.parse(space) == ("a", ["1"])
    else:
        with pytest.raises(ConfigError, match="--space"):
            Range.parse(space)


def test_a_grid_ends() -> None:
    source = Grid(["a=1,2"])
    assert [source.ask(), source.ask(), source.ask()] == [{"a": "1"}, {"a": "2"}, None]


def test_the_search_climbs_and_outlives_its_process(tmp_path: Path) -> None:
    """A parabola with its top at 3: better than chance on average, and a second process goes on with the journal."""
    spaces, journal = ["x=-10:10", "n=1:5:int"], tmp_path / "search.jsonl"

    def value(point: dict[str, str]) -> float:
        return -((float(point["x"]) - 3) ** 2) - (int(point["n"]) - 2) ** 2

    first = OptunaSearch(spaces, 40, journal)
    seen = list[float]()
    for _ in range(20):
        point = dict(first.ask() or {})
        seen.append(value(point))
        first.tell(point, seen[-1])
    under_way = first.ask()

    second = OptunaSearch(spaces, 40, journal)
    assert second.ask() == under_way, "the point that was under way comes first"
    second.tell(dict(under_way or {}), None)
    while (point := second.ask()) is not None:
        seen.append(value(dict(point)))
        second.tell(point, seen[-1])
    assert len(seen) == 39
    assert sum(seen[-10:]) / 10 > sum(seen[:10]) / 10
    assert max(seen) > -4

"""Ground truth as data sets ship it, and nothing run on the way."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from innervate.errors import ConfigError
from innervate.perception.place.truth import read_truth


def test_text_with_one_or_several_numbers_a_line(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("1\n-1\n0 2\n")
    expected = [[False, True, False], [False, False, False], [True, False, True]]
    assert read_truth(tmp_path / "t.txt", 3, 3).tolist() == expected
    assert read_truth(tmp_path / "t.txt", 3, 3, tolerance=1)[0].all()


def test_tables_of_numpy(tmp_path: Path) -> None:
    matrix = np.random.default_rng(0).random((4, 5)) > 0.5
    np.save(tmp_path / "m.npy", matrix)
    np.testing.assert_array_equal(read_truth(tmp_path / "m.npy", 4, 5), matrix)
    np.save(tmp_path / "v.npy", np.array([4, -1, 0, 2]))
    assert read_truth(tmp_path / "v.npy", 4, 5).argmax(1).tolist() == [4, 0, 0, 2]
    table = np.empty((4, 2), object)
    for i in range(4):
        table[i] = [i, list(np.flatnonzero(matrix[i]).tolist())]
    np.save(tmp_path / "o.npy", table, allow_pickle=True)
    np.testing.assert_array_equal(read_truth(tmp_path / "o.npy", 4, 5), matrix)


def test_ones_are_a_matrix_and_numbers_may_have_points(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.eye(4, 5, dtype=np.uint8))
    np.testing.assert_array_equal(read_truth(tmp_path / "m.npy", 4, 5), np.eye(4, 5, dtype=bool))
    np.save(tmp_path / "v.npy", np.array([4.0, -1.0, 0.0, 2.0]))
    assert read_truth(tmp_path / "v.npy", 4, 5).argmax(1).tolist() == [4, 0, 0, 2]
    (tmp_path / "t.txt").write_text("# places\n1.0\n-1\n0 2\n", encoding="utf-8-sig")
    assert read_truth(tmp_path / "t.txt", 3, 3).argmax(1).tolist() == [1, 0, 0]
    (tmp_path / "t.txt").write_text("1.5\n-1\n0 2\n")
    with pytest.raises(ConfigError, match=r"1\.5 is no whole number"):
        read_truth(tmp_path / "t.txt", 3, 3)


class Touches:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (Path(self.path),)


def test_what_hides_in_an_array_of_objects_does_not_run(tmp_path: Path) -> None:
    table = np.empty((1, 2), object)
    table[0] = [0, Touches(str(tmp_path / "ran"))]
    np.save(tmp_path / "evil.npy", table, allow_pickle=True)
    with pytest.raises(ConfigError, match="no table of places"):
        read_truth(tmp_path / "evil.npy", 1, 1)
    assert not (tmp_path / "ran").exists()
    np.load(tmp_path / "evil.npy", allow_pickle=True)  # it does where it may
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("text", "why"), [("0\n1\n", "2 lines for 3"), ("0\n1\n7\n", "place 7"), ("0\nx\n1\n", "no list of place")]
)
def test_bad_truth_is_told(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(text)
    with pytest.raises(ConfigError, match=why):
        read_truth(tmp_path / "t.txt", 3, 3)


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x01\x00\x02\x00{}", b"junk" * 40])
def test_damaged_tables_are_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.npy").write_bytes(data)
    with pytest.raises(ConfigError, match="no table of places"):
        read_truth(tmp_path / "t.npy", 3, 3)

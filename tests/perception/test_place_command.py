import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("numba")

from innervate.launch.cli import main

from .scenes import later, route


def folder(path: Path, images: np.ndarray) -> str:
    path.mkdir(parents=True)
    for k, image in enumerate(images):
        Image.fromarray(image).save(path / f"{k:03d}.png")
    return str(path)


def test_fit_and_query_from_folder_to_table(tmp_path: Path) -> None:
    images = route(9, seed=1)
    seen = folder(tmp_path / "map", images)
    asked = folder(tmp_path / "drive", later(images, seed=2)[2:7])
    (tmp_path / "drive" / "broken.png").write_text("nothing")
    places, answers = str(tmp_path / "m.npz"), tmp_path / "answers.csv"
    main(["place", "fit", seen, "--map", places])
    main(["place", "query", asked, "--map", places, "--out", str(answers), "--skip-corrupt"])
    rows = list(csv.DictReader(answers.open()))
    assert [row["place"] for row in rows] == ["2", "3", "4", "5", "6"]
    assert [row["mapped as"] for row in rows] == [f"{k:03d}.png" for k in range(2, 7)]
    assert all(0 < float(row["confidence"]) <= 1 for row in rows)
    nir = pytest.importorskip("nir")
    main(["place", "export", str(tmp_path / "m.nir"), "--map", places])
    assert nir.read(str(tmp_path / "m.nir")).nodes["places"].weight.shape[0] == 9
    main(["place", "export", str(tmp_path / "m.nir"), "--map", places, "--nodes", "exact"])
    assert nir.read(str(tmp_path / "m.nir")).nodes["place"].r.shape == (9,)


def test_mistakes_are_one_sentence_and_status_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["place", "fit", str(tmp_path / "nowhere")])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("words", "sentence"), [
    (["fit", "DRIVE", "--seed", "-1"], "--seed is a number from 0"),
    (["query", "DRIVE", "--map", "MAP", "--sequence", "0"], "--sequence is a number from 1"),
    (["bench", "DRIVE", "DRIVE", "--tolerance", "-1"], "--tolerance is a number from 0"),
    (["export", "g.onnx", "--map", "MAP"], "another ending"),
    (["export", "g.nir", "--map", "MAP", "--step-s", "0"], "--step-s is a number above 0"),
    (["fit", "DRIVE", "--map", "DRIVE"], "Is a directory"),
])  # fmt: skip
def test_numbers_and_names_that_mean_nothing(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"DRIVE": folder(tmp_path / "map", route(3, seed=3)), "MAP": str(tmp_path / "m.npz")}
    main(["place", "fit", names["DRIVE"], "--map", names["MAP"]])
    with pytest.raises(SystemExit) as stop:
        main(["place", *(names.get(w, w) for w in words)])
    said = capsys.readouterr().err
    assert stop.value.code == 2 and sentence in said and said.count("\n") == 1


def test_folders_within_a_drive_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("images", "masks"):
        folder(tmp_path / "map" / name, route(2, seed=3))
    main(["place", "fit", str(tmp_path / "map"), "--map", str(tmp_path / "m.npz")])
    assert "one drive of 2 folders, one after another: images, masks" in capsys.readouterr().out


def test_bench_writes_a_table_and_three_figures(tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    images = route(6, seed=3)
    seen = folder(tmp_path / "map", images)
    asked = folder(tmp_path / "drive", np.concatenate([later(images, seed=4), images[:2]]))
    truth = tmp_path / "truth.txt"
    truth.write_text("0\n1\n2\n3\n4\n5\n0\n-1\n")
    out = tmp_path / "out"
    main(["place", "bench", seen, asked, "--truth", str(truth), "--out", str(out), "--sequence", "2"])
    table = (out / "table.md").read_text().splitlines()
    assert table[0].startswith("| recogniser | R@1 |")
    assert len(table) == 2 + 5
    ours = next(line for line in table if "spiking map" in line).split("|")
    assert float(ours[2]) == 1.0
    for name in ("precision_recall", "similarity", "matches"):
        with Image.open(out / f"{name}.png") as figure:
            assert np.asarray(figure).std() > 1

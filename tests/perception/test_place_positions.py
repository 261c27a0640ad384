"""Drives in folders of folders, in files of events, and with positions in metres."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("numba")

from innervate.errors import ConfigError, InnervateWarning
from innervate.launch.cli import main
from innervate.perception.place.images.images import load_images
from innervate.perception.place.positions import positions_of, truth_within

from .scenes import later, route


def save(path: Path, value: int = 7, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 6, 3), value, np.uint8)).save(path, **options)
    return path


def gps(latitude: float, longitude: float) -> Image.Exif:
    exif = Image.Exif()
    block: dict[int, Any] = {}
    for key, value, sides in ((1, latitude, "NS"), (3, longitude, "EW")):
        minutes, seconds = divmod(abs(value) * 3600, 60)
        degrees, minutes = divmod(minutes, 60)
        block |= {key: sides[value < 0], key + 1: (degrees, minutes, seconds)}
    exif[0x8825] = block
    return exif


def test_folders_of_folders_are_one_drive_in_natural_order(tmp_path: Path) -> None:
    for name in ("part10/2.png", "part2/10.png", "part2/9.png", ".trash/1.png"):
        save(tmp_path / name)
    assert load_images(tmp_path).names == ("part2/9.png", "part2/10.png", "part10/2.png")
    save(tmp_path / "own.png")
    folder = load_images(tmp_path)
    assert folder.names == ("own.png",) and folder.below == 3
    assert load_images(tmp_path, limit=1).files == (tmp_path / "own.png",)
    os.symlink(tmp_path, tmp_path / "part2/loop")
    assert load_images(tmp_path).below == 3


def test_easting_and_northing_in_names(tmp_path: Path) -> None:
    files = [save(tmp_path / f"@0543256.96@{4178906.7 + k}@10@S@37.7@-122.5@x@.jpg") for k in (0, 30)]
    kind, at = positions_of(files)
    assert kind == "utm" and at.tolist() == [[543256.96, 4178906.7], [543256.96, 4178936.7]]
    assert truth_within((kind, at), (kind, at), 25.0).tolist() == [[True, False], [False, True]]
    assert truth_within((kind, at), (kind, at), 30.01).all()


def test_gps_in_exif(tmp_path: Path) -> None:
    """A minute of latitude is a nautical mile, 1852 m within a third of a percent; of longitude, less by its cosine."""
    at = [(-33.5, 151.25), (-33.5 - 1 / 60, 151.25), (-33.5, 151.25 + 1 / 60)]
    found = positions_of([save(tmp_path / f"{k}.jpg", exif=gps(*p)) for k, p in enumerate(at)])
    assert found[0] == "gps" and found[1] == pytest.approx(np.array(at), abs=1e-6)
    for other, metres in ((1, 1852.0), (2, 1852.0 * np.cos(np.deg2rad(33.5)))):
        one, two = ("gps", found[1][:1]), ("gps", found[1][other : other + 1])
        assert truth_within(one, two, 1.005 * metres).all()
        with pytest.raises(ConfigError, match="nearest is"):
            truth_within(one, two, 0.995 * metres)


def test_what_says_no_position_is_named(tmp_path: Path) -> None:
    known, unknown = save(tmp_path / "a.jpg", exif=gps(1, 2)), save(tmp_path / "b.jpg")
    with pytest.raises(ConfigError, match=r"b\.jpg was taken"):
        positions_of([known, unknown])
    named = save(tmp_path / "@0543256@4178906@.jpg")
    with pytest.raises(ConfigError, match=r"a\.jpg was taken"):
        positions_of([named, known])
    with pytest.raises(ConfigError, match="in utm and the places in gps"):
        truth_within(positions_of([named]), positions_of([known]), 5.0)


def test_the_table_counts_what_lies_within_metres(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = route(6, seed=3)
    for name, seen in (("map", images), ("drive", later(images, seed=4))):
        (tmp_path / name).mkdir()
        for k, image in enumerate(seen):
            Image.fromarray(image).save(tmp_path / name / f"@05432{k}0@4178906@{k}@.png")
    command = ["place", "bench", str(tmp_path / "map"), str(tmp_path / "drive"), "--out", str(tmp_path / "out")]
    main([*command, "--tolerance-m", "4", "--sequence", "2"])
    table = (tmp_path / "out/table.md").read_text().splitlines()
    assert float(next(line for line in table if "spiking map" in line).split("|")[2]) == 1.0
    with pytest.raises(SystemExit):
        main([*command, "--tolerance-m", "4", "--tolerance", "1"])
    assert "each says which answers" in capsys.readouterr().err


EVENT = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("p", "i1")])


def events() -> np.ndarray:
    """A column of light that stands at x = 2 for 50 ms, at x = 5 for the next, and after a dark stretch at x = 7."""
    rows = [(x, y, begin + 1000 * k, k % 2) for begin, x in ((0, 2), (50_000, 5), (150_000, 7)) for k in range(40)
            for y in range(6)]  # fmt: skip
    return np.array(rows, EVENT)


@pytest.mark.parametrize("kind", ["npy", "seconds", "group", "table"])
def test_files_of_events(kind: str, tmp_path: Path) -> None:
    table = events()
    path = tmp_path / ("e.npy" if kind in ("npy", "seconds") else "e.h5")
    if kind == "npy":
        np.save(path, table[::-1])  # whatever their order
    elif kind == "seconds":
        other = np.zeros(len(table), [("timestamp", "f8"), ("x", "i4"), ("y", "i4"), ("polarity", "?")])
        other["timestamp"], other["x"], other["y"] = table["t"] / 1e6, table["x"], table["y"]
        np.save(path, other)
    else:
        h5py: Any = pytest.importorskip("h5py")
        with h5py.File(path, "w") as file:
            if kind == "table":
                file["CD/events"] = table
            else:
                for name in "xytp":
                    file[f"events/{name}s"] = table[name]
    folder = load_images(path)
    assert folder.names == (f"{path.name}@0.000s", f"{path.name}@0.050s", f"{path.name}@0.150s")
    assert folder.images.shape == (3, 6, 8, 3)
    assert [sorted(set(np.nonzero(i[..., 0])[1])) for i in folder.images] == [[2], [5], [7]]
    assert (folder.images.max((1, 2, 3)) == 255).all()



def test_a_second_camera_of_a_file_is_not_passed_over(tmp_path: Path) -> None:
    h5py: Any = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "e.h5", "w") as file:
        for side in ("left", "right"):
            for name in "xytp":
                file[f"{side}/{name}"] = events()[name]
    with pytest.warns(InnervateWarning, match="left is read, and right is not"):
        assert len(load_images(tmp_path / "e.h5").names) == 3


@pytest.mark.parametrize("kind", ["xytp", "txyp", "columns in HDF5", "npz", "col and row", "whole floats"])
def test_files_of_events_of_other_makers(kind: str, tmp_path: Path) -> None:
    table = np.concatenate([events()] * 5)
    table.sort(order="t")
    path = tmp_path / {"columns in HDF5": "e.h5", "npz": "e.npz"}.get(kind, "e.npy")
    columns = {name: table[name].astype(float) for name in "xytp"}
    if kind in ("xytp", "txyp"):
        np.save(path, np.stack([columns[name] for name in kind], 1))
    elif kind == "columns in HDF5":
        h5py: Any = pytest.importorskip("h5py")
        with h5py.File(path, "w") as file:
            seconds = columns["t"] / 1e6
            file["davis/left/events"] = np.stack([columns["x"], columns["y"], seconds, columns["p"]], 1)
    elif kind == "npz":
        np.savez(path, x=table["x"], y=table["y"], t=table["t"], p=table["p"])
    else:
        names = ("col", "row", "ts", "p") if kind == "col and row" else tuple("xytp")
        other = np.zeros(len(table), [(n, "f8" if n == "t" else "i8") for n in names])
        for new, old in zip(names, "xytp", strict=True):
            other[new] = table[old]
        np.save(path, other)
    folder = load_images(path)
    assert [name.split("@")[1] for name in folder.names] == ["0.000s", "0.050s", "0.150s"]
    assert [sorted(set(np.nonzero(i[..., 0])[1])) for i in folder.images] == [[2], [5], [7]]


def test_events_in_a_unit_that_cannot_be_theirs(tmp_path: Path) -> None:
    table = np.zeros(4000, EVENT)
    for step, said in ((150_000, "4000 events within 600 s"), (0.15, "1 pictures")):  # nano- and milliseconds
        table["t"] = np.arange(4000) * step
        np.save(tmp_path / "e.npy", table)
        with pytest.raises(ConfigError, match=said):
            load_images(tmp_path / "e.npy")
    np.save(tmp_path / "e.npy", np.zeros((40, 4)))
    with pytest.raises(ConfigError, match="which of its four columns is time"):
        load_images(tmp_path / "e.npy")


def test_what_systems_leave_and_links_to_drives(tmp_path: Path) -> None:
    for name in ("drive/1.png", "__MACOSX/drive/1.png", "@eaDir/1.png"):
        save(tmp_path / "a" / name)
    assert load_images(tmp_path / "a").names == ("drive/1.png",)
    (tmp_path / "b").mkdir()
    os.symlink(tmp_path / "a/drive", tmp_path / "b/linked")
    assert load_images(tmp_path / "b").names == ("linked/1.png",)


def test_a_video_in_a_folder_and_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"video")
    with pytest.raises(ConfigError, match=r"but a\.mp4: give the video"):
        load_images(tmp_path)
    save(tmp_path / "1.png")
    assert load_images(tmp_path).unread == ("a.mp4",)
    with pytest.raises(ConfigError, match="file of another kind"):
        load_images(tmp_path / "1.png")


def test_what_is_no_file_of_events_is_told(tmp_path: Path) -> None:
    for array, why in ((np.zeros(4), "named fields"), (np.zeros(3, [("x", "i4"), ("y", "i4")]), "no field t"),
                       (events()[:0], "no event"), (np.array([(9000, 1, 1, 1)], EVENT), "sensor's")):  # fmt: skip
        np.save(tmp_path / "e.npy", array)
        with pytest.raises(ConfigError, match=why):
            load_images(tmp_path / "e.npy")
    for name in ("e.h5", "e.npy"):
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(ConfigError, match="no file of events"):
            load_images(tmp_path / name)
    (tmp_path / "e.aedat4").write_bytes(b"#!AER-DAT4.0")
    with pytest.raises(ConfigError, match=r"not read \(\.aedat4\)"):
        load_images(tmp_path / "e.aedat4")

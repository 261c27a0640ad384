"""An ONNX encoder before the spiking map: a tiny one, made here, whose features are known."""

import csv
import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("numba")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from innervate.errors import ConfigError, NonFiniteError
from innervate.launch.cli import main
from innervate.perception.place.images.encoder import DEVIATION, MEAN, Encoder
from innervate.perception.place.recognisers.spiking_map import SpikingMap

from .scenes import later, route


def model(path: Path, *, shape: tuple[int | str, ...] = ("n", 3, 32, 64), last: str = "") -> Path:
    """Means over patches of 4 x 4 (channels first), then an operator that may spoil them."""
    onnx: Any = importlib.import_module("onnx")
    helper = onnx.helper
    nodes = []
    taken = "x"
    if shape[-1] == 3:
        nodes.append(helper.make_node("Transpose", ["x"], ["first"], perm=[0, 3, 1, 2]))
        taken = "first"
    nodes.append(helper.make_node("AveragePool", [taken], ["pooled"], kernel_shape=[4, 4], strides=[4, 4]))
    nodes.append(helper.make_node(last or "Identity", ["pooled"], ["y"]))
    graph = helper.make_graph(
        nodes, "tiny", [helper.make_tensor_value_info("x", 1, shape)],
        [helper.make_tensor_value_info("y", 1, None)],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(made, str(path))
    return path


@pytest.mark.parametrize("shape", [("n", 3, 32, 64), (4, 3, 32, 64), ("n", 32, 64, 3), (1, 32, 64, 3)])
def test_features_are_the_model_s_of_normalised_pictures(shape: tuple[int | str, ...], tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (6, 32, 64, 3)).astype(np.uint8)
    found = Encoder(model(tmp_path / "m.onnx", shape=shape))(images)
    patches = ((images / 255 - MEAN) / DEVIATION).reshape(6, 8, 4, 16, 4, 3).mean((2, 4))
    assert found == pytest.approx(patches.transpose(0, 3, 1, 2).reshape(6, -1), abs=1e-5)


def test_a_size_left_open_is_the_usual_one(tmp_path: Path) -> None:
    encoder = Encoder(model(tmp_path / "m.onnx", shape=("n", 3, "h", "w")))
    assert encoder(np.zeros((2, 10, 20), np.uint8)).shape == (2, 3 * 56 * 56)


def test_the_map_finds_its_places_through_it_and_knows_it_again(tmp_path: Path) -> None:
    images = route(12, seed=1)
    encoder = Encoder(model(tmp_path / "m.onnx"))
    places = SpikingMap(0, encoder=encoder)
    places.fit(images)
    asked = later(images, seed=2)
    scores = places.scores(asked)
    assert (scores.argmax(1) == np.arange(12)).all()
    places.save(tmp_path / "map.npz")
    again = SpikingMap.load(tmp_path / "map.npz", encoder)
    np.testing.assert_array_equal(again.scores(asked), scores)
    with pytest.raises(ConfigError, match=r"learnt through the encoder m\.onnx"):
        SpikingMap.load(tmp_path / "map.npz").scores(asked)
    other = Encoder(model(tmp_path / "other.onnx", last="Neg"))
    with pytest.raises(ConfigError, match=r"through m\.onnx, and not through this other\.onnx"):
        SpikingMap.load(tmp_path / "map.npz", other)
    plain = SpikingMap(0)
    plain.fit(images)
    plain.save(tmp_path / "plain.npz")
    with pytest.raises(ConfigError, match="without an encoder"):
        SpikingMap.load(tmp_path / "plain.npz", encoder)


def test_what_is_no_encoder_is_told(tmp_path: Path) -> None:
    (tmp_path / "junk.onnx").write_bytes(b"junk" * 100)
    with pytest.raises(ConfigError, match="no ONNX file") as caught:
        Encoder(tmp_path / "junk.onnx")
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match="There is no encoder"):
        Encoder(tmp_path / "none.onnx")
    with pytest.raises(ConfigError, match="takes one tensor"):
        Encoder(model(tmp_path / "m.onnx", shape=("n", 1, 32, 64)))
    with pytest.raises(NonFiniteError, match="picture 0"):
        Encoder(model(tmp_path / "m.onnx", last="Sqrt"))(np.zeros((1, 32, 64, 3), np.uint8))


def test_the_commands_take_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = route(6, seed=3)
    for name, seen in (("map", images), ("drive", later(images, seed=4))):
        (tmp_path / name).mkdir()
        for k, image in enumerate(seen):
            Image.fromarray(image).save(tmp_path / name / f"{k}.png")
    at, encoder, answers = str(tmp_path / "m.npz"), str(model(tmp_path / "tiny.onnx")), tmp_path / "a.csv"
    asked = ["place", "query", str(tmp_path / "drive"), "--map", at]
    main(["place", "fit", str(tmp_path / "map"), "--map", at, "--encoder", encoder])
    main([*asked, "--encoder", encoder, "--out", str(answers)])
    assert [row["place"] for row in csv.DictReader(answers.open())] == list("012345")
    with pytest.raises(SystemExit):
        main(asked)
    assert "--encoder" in capsys.readouterr().err
    main(["place", "bench", str(tmp_path / "map"), str(tmp_path / "drive"), "--encoder", encoder, "--sequence", "2",
          "--out", str(tmp_path / "out")])  # fmt: skip
    rows = (tmp_path / "out/table.md").read_text().splitlines()
    assert float(next(r for r in rows if "tiny.onnx" in r).split("|")[2]) == 1.0

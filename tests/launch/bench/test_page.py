"""The HTML report: everything inside, nothing fetched, whatever the browser."""

import base64
import io
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.envs.sight.gl import probe
from innervate.errors import RunError
from innervate.launch.bench._kit.browser import CHROMIUM, photograph
from innervate.launch.cli import main
from innervate.launch.run import html, page
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.training import train
from innervate.launch.run.video import record_run

WORLD = WorldConfig(id="innervate/Swim-v0", options={"n_links": 4})


class Reader(HTMLParser):
    """Collects what a browser would load, and checks that tags are closed in order."""

    VOID = frozenset({"meta", "link", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self._open.append(tag)
        self.sources += [(tag, value or "") for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def circuit_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "worm <4>"
    train(WORLD, controller=WiringConfig(), learner=CMAConfig(population=4, sigma=0.1), steps=4000, out=out)
    if "ok" in probe().values():
        record_run(out, seconds=1.0)  # a short film is as good here, and much cheaper
    return out


@pytest.fixture(scope="module")
def report(circuit_run: Path) -> Path:
    main(["report", str(circuit_run)])
    return circuit_run / "report.html"


def test_everything_is_inside(report: Path, circuit_run: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert len(text) < 15e6
    reader = Reader(text)
    assert all(source.startswith("data:") for _, source in reader.sources)
    assert not re.search(r"<script|@import|url\(", text)
    pictures = [source for tag, source in reader.sources if tag == "img"]
    assert len(pictures) == 4
    for source in pictures:
        assert min(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).size) > 300
    words = " ".join(reader.words)
    assert "worm <4>" in words
    assert f"{evaluate_run(circuit_run, 20).summary()['return_mean']:.1f}" in words
    assert "innervate export" in words
    if "ok" in probe().values():
        (film,) = [source for tag, source in reader.sources if tag == "video"]
        assert base64.b64decode(film.partition(",")[2])[4:8] == b"ftyp"


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed here")
def test_a_browser_shows_it(report: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    assert photograph(report, shot) == []
    pixels = np.asarray(Image.open(shot).convert("RGB"))
    top, rest = pixels[:600], pixels[600:]
    assert len(np.unique(top.reshape(-1, 3), axis=0)) > 100
    assert len(np.unique(rest.reshape(-1, 3), axis=0)) > 500


def test_several_runs_are_compared(circuit_run: Path, trained: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(circuit_run, tmp_path / "other"))
    text = page.write_page([circuit_run, other], video=False)
    words = " ".join(Reader(text).words)
    assert "2 runs" in words
    assert "interquartile mean" in words
    assert "other" in words


def test_a_run_without_a_video_gets_one(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "record_run", lambda path: record_run(path, seconds=0.3))  # pyright: ignore[reportUnknownLambdaType]
    films = [source for tag, source in Reader(page.write_page([run])).sources if tag == "video"]
    assert len(films) == ("ok" in probe().values())


def test_a_page_too_large_is_refused(circuit_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "LIMIT_BYTES", 10_000)
    with pytest.raises(RunError, match="--no-video"):
        page.write_page([circuit_run], video=False)

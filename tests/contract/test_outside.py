"""A package with one thing of each kind is installed, and every command uses what it brings."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from .outside.package import FILES, GROUPS, NAME, wheel

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the package."""
    folder = tmp_path_factory.mktemp("outside")
    install(wheel(folder), folder / "site")
    return folder


def install(path: Path, into: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile", "--target",
         str(into), str(path)], check=True,
    )  # fmt: skip


def environment(home: Path) -> dict[str, str]:
    paths = [str(home / "site"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in paths if p), "PYTHONWARNINGS": "default"}


def innervate(home: Path, *words: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "innervate", *words], capture_output=True, text=True, env=environment(home), cwd=home,
        check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done


def test_every_kind_is_listed(home: Path) -> None:
    listed = innervate(home, "list").stdout
    for name, module in GROUPS.values():
        assert name in listed
        first = FILES[module.partition(":")[0]].strip().splitlines()[0].strip('"')
        assert first[:20] in listed or ":" in module  # a preset is summed up by what it says itself
    usage = innervate(home, "train", "--help").stdout
    assert all(GROUPS[kind][0] in usage for kind in ("controllers", "learners", "senses", "brains"))
    assert "hello" in innervate(home, "--help").stdout
    assert innervate(home, "hello").stdout == "hello\n"


def test_the_contract_suite_runs_over_it(home: Path) -> None:
    names = " or ".join(name for name, _ in GROUPS.values())
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--override-ini",
         "addopts=--import-mode=importlib", "tests/contract", "-k", f"({names}) and not outside"],
        capture_output=True, text=True, env=environment(home), cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    assert int(done.stdout.rsplit(" passed", 1)[0].rsplit(maxsplit=1)[-1]) >= 30, done.stdout[-500:]
    assert "skipped" not in done.stdout.splitlines()[-1]


def test_trained_evaluated_reported_exported_and_resumed_in_fresh_processes(home: Path) -> None:
    out = str(home / "run")
    innervate(home, "train", "pole", "--controller", "integrator", "--learner", "mirror", "--out", out, "--no-video",
              "--integrator.leak.keep", "0.7", "--steps", "1500")  # fmt: skip
    config = json.loads((home / "run" / "config.json").read_text())
    assert config["controller"]["class"] == f"{NAME}.controller:IntegratorConfig"
    assert config["controller"]["leak"] == {"keep": 0.7, "gains": [1.0, 0.5]}
    assert "return" in innervate(home, "evaluate", out, "--episodes", "2").stdout
    innervate(home, "evaluate", out, "--episodes", "2", "--lesion", "rate[1]@0.2s:noise=0.5")
    innervate(home, "plot", out)
    assert (home / "run" / "return_so_far.png").exists()
    innervate(home, "report", out, "--no-video")
    innervate(home, "export", out, "--out", str(home / "agent"), "--no-onnx")
    innervate(home, "train", "--resume", out, "--steps", "2400", "--no-video")
    code = "import innervate; print(innervate.load('agent').controller.config)"
    shown = subprocess.run(
        [sys.executable, "-c", code], env=environment(home), cwd=home, capture_output=True, text=True, check=True
    ).stdout
    assert "IntegratorConfig(units=6, leak=LeakConfig(keep=0.7" in shown


def test_without_the_package_one_sentence_says_which(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    innervate(home, "train", "swim", "--controller", "integrator", "--debug", "--out", str(out), "--no-video")
    done = innervate(tmp_path, "evaluate", str(out), ok=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "IntegratorConfig of the module wormlab.controller" in done.stderr


@pytest.mark.parametrize("sense", [[], ["--sense", "brightness"]])
def test_killed_at_any_instant_and_resumed_equals_uninterrupted(home: Path, tmp_path: Path, sense: list[str]) -> None:
    """A camera's sense, a stateful controller with nested configuration, a learner with a momentum, its own task."""
    if sense and "ok" not in _gl():
        pytest.skip("no OpenGL here")
    words = ["train", "pole", "--controller", "integrator", "--learner", "mirror", "--steps", "6000", *sense,
             "--checkpoint-s", "0", "--no-video", "--evaluation.every-steps", "0", "--out"]  # fmt: skip
    innervate(home, *words, str(tmp_path / "whole"))
    process = subprocess.Popen(
        [sys.executable, "-m", "innervate", *words, str(tmp_path / "half")], env=environment(home), cwd=home,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    progress = tmp_path / "half" / "progress.jsonl"
    wanted = int(np.random.default_rng(len(sense)).integers(2, 8))
    while process.poll() is None and not (progress.exists() and progress.read_text().count("\n") >= wanted):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    innervate(home, "train", "--resume", str(tmp_path / "half"), "--no-video")
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "half"))
    assert first.keys() == second.keys()
    for key, value in first.items():
        np.testing.assert_array_equal(value, second[key], err_msg=key)


def _gl() -> str:
    code = "from innervate.envs.sight.gl import probe; print(*probe().values())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout


def test_a_package_that_fails_to_import_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    broken = "raise RuntimeError('no such sensor')\n"
    install(wheel(tmp_path, learner='"""A learner that breaks."""\n' + broken), tmp_path / "site")
    done = innervate(tmp_path, "train", "swim", "--learner", "mirror", "--debug", ok=False)
    assert "'mirror' of wormlab cannot be imported: RuntimeError: no such sensor" in done.stderr
    assert "mirror" in innervate(tmp_path, "list", "learners").stdout
    innervate(tmp_path, "train", "swim", "--controller", "integrator", "--debug", "--out", str(tmp_path / "r"))


def test_an_entry_that_lacks_a_method_fails_the_suite(tmp_path: Path) -> None:
    without = FILES["memory"].replace("def recall", "def recal")
    install(wheel(tmp_path, memory=without), tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--override-ini",
         "addopts=--import-mode=importlib", "tests/contract/test_memories.py", "-k", "strongest and gated"],
        capture_output=True, text=True, env=environment(tmp_path), cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "1 failed" in done.stdout, done.stdout[-2000:]

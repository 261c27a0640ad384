"""Sweeps on a cluster of three nodes on this machine: nodes, drivers and trials that die, and mistakes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from innervate.errors import ConfigError, RunError
from innervate.launch.bench.scale.cluster import LocalCluster, differences, disturbed_sweep, local_cluster
from innervate.launch.commands import sweep as command
from innervate.launch.commands.train import configuration, parse
from innervate.launch.run.config import RunConfig
from innervate.launch.run.lock import FolderLock
from innervate.launch.run.training import Run
from innervate.launch.sweep.page import write_sweep_page
from innervate.launch.sweep.results import read_results
from innervate.launch.sweep.trial import complete_trial

pytest.importorskip("ray")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray leaves sockets to the interpreter
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

RECIPE = [
    "swim-ncap-cma", "--env.n-links", "3", "--cma.population", "4", "--checkpoint-s", "0",
    "--evaluation.every-steps", "8000", "--evaluation.episodes", "1",
]  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Generator[LocalCluster]:
    with local_cluster() as made:
        yield made


@pytest.fixture(scope="module")
def swept(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sweep") / "swept"
    arguments = ["--grid", "cma.sigma=0.3,1.0", "--seeds", "2", "--steps", "16000"]
    command.main([*RECIPE, *arguments, "--out", str(out), "--address", cluster.address])
    return out


def trial_config(sigma: str, seed: int, steps: int) -> RunConfig:
    words = ["--preset", *RECIPE, "--cma.sigma", sigma, "--steps", str(steps), "--seed", str(seed), "--threads", "1"]
    return configuration(parse(words))


def test_a_trial_is_the_run_that_train_makes(swept: Path, tmp_path: Path) -> None:
    Run.start(trial_config("1.0", 1, 16000), tmp_path / "alone").train()
    trial = swept / "cma.sigma-1.0_seed-1"
    for file in ("config.json", "model.safetensors", "progress.jsonl", "evaluation.json"):
        assert (trial / file).read_bytes() == (tmp_path / "alone" / file).read_bytes(), file


def test_results_tell_of_every_point(swept: Path) -> None:
    plan, results = read_results(swept)
    assert plan["axes"] == ["cma.sigma=0.3,1.0"] and plan["seeds"] == 2
    assert {r.name for r in results} == {"cma.sigma=0.3", "cma.sigma=1.0"}
    for result in results:
        returns = [json.loads((swept / run / "evaluation.json").read_text())["return_mean"] for run in result.runs]
        assert list(result.returns) == returns and result.mean == pytest.approx(np.mean(returns))
        assert result.interval and result.interval[0] < np.mean(returns) < result.interval[1]
    assert [r.validation for r in results] == sorted((r.validation or 0.0 for r in results), reverse=True)
    assert (swept / "results.png").read_bytes().startswith(b"\x89PNG")
    assert "cma.sigma=1.0" in (swept / "results.md").read_text()


def test_the_report_of_a_sweep(swept: Path) -> None:
    page = write_sweep_page(swept, video=False)
    assert "cma.sigma=0.3" in page and "best" in page.lower() and "http" not in page.replace("http-equiv", "")


def test_more_seeds_and_a_damaged_trial(swept: Path, cluster: LocalCluster, capsys: pytest.CaptureFixture[str]) -> None:
    """The same command with more seeds trains those alone; a damaged trial fails alone and is named."""
    before = {p: p.stat().st_mtime_ns for p in swept.glob("*/model.safetensors")}
    damaged = swept / "cma.sigma-0.3_seed-0"
    (damaged / "README.md").unlink()
    (damaged / "model.safetensors").write_bytes(b"\x00" * 64)
    arguments = ["--grid", "cma.sigma=0.3,1.0", "--seeds", "3", "--steps", "16000"]
    with pytest.raises(SystemExit) as status:
        command.main([*RECIPE, *arguments, "--out", str(swept), "--address", cluster.address])
    assert status.value.code == 1
    assert "cma.sigma-0.3_seed-0 failed: " in (told := capsys.readouterr().err) and "damaged" in told
    assert len(list(swept.glob("*/README.md"))) == 5
    whole = {p: t for p, t in before.items() if p.parent != damaged}
    assert {p: p.stat().st_mtime_ns for p in whole} == whole, "complete trials are not touched"


def test_a_killed_node_changes_nothing(tmp_path: Path) -> None:
    arguments = [*RECIPE, "--seeds", "2", "--steps", "40000"]
    assert disturbed_sweep(arguments, tmp_path / "storm", trials=2, kills=1, rng=np.random.default_rng(0)) == 1
    for seed in range(2):
        complete_trial(str(tmp_path / "calm" / f"seed-{seed}"), {**trial_config("1.0", seed, 40000).to_dict()})
    assert differences(tmp_path / "calm", tmp_path / "storm") == []


def test_a_killed_sweep_goes_on(tmp_path: Path) -> None:
    """The driver and everything it started die at once; the same command ends the work."""
    out = tmp_path / "killed"
    words = [sys.executable, "-m", "innervate", "sweep", *RECIPE, "--seeds", "2", "--steps", "40000", "--out", str(out)]
    words += ["--processes", "1"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 240
    while not list(out.glob("*/README.md")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    first = [p.stat().st_mtime_ns for p in out.glob("*/README.md")]
    assert len(first) == 1, "killed after the first trial"
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    second = [p.stat().st_mtime_ns for p in out.glob("*/README.md")]
    assert len(second) == 2 and first[0] in second


def test_a_search_ends_and_reports(cluster: LocalCluster, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    arguments = ["--search", "optuna", "--space", "cma.sigma=0.1:2:log", "--trials", "3", "--seeds", "1"]
    command.main([*RECIPE, *arguments, "--steps", "8000", "--out", str(tmp_path / "s"), "--address", cluster.address])
    _, results = read_results(tmp_path / "s")
    assert len(results) == 3 and all(0.1 <= float(r.point["cma.sigma"]) <= 2 for r in results)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--address", "127.0.0.1:1"], "Nothing answers at 127.0.0.1:1"),
        (["--address", "somewhere"], "host:port"),
        (["--address", "127.0.0.1:1", "--processes", "2"], "belongs to this machine"),
        (["--seeds", "0"], "At least one seed"),
        (["--seed", "3"], "--seed belongs to"),
        (["--space", "a=1:2"], "--search optuna"),
        (["--search", "optuna"], "at least one --space"),
        (["--search", "optuna", "--space", "cma.sigma=1:2", "--evaluation.every-steps", "0"], "evaluations during"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        command.main(["swim-ncap-cma", *arguments, "--out", str(tmp_path / "x")])


def test_another_recipe_in_the_folder_is_refused(swept: Path) -> None:
    with pytest.raises(RunError, match="another configuration"):
        complete_trial(str(swept / "cma.sigma-0.3_seed-1"), trial_config("0.9", 1, 16000).to_dict())


def test_a_run_has_one_writer(run: Path) -> None:
    code = f"from pathlib import Path; from innervate.launch.run.lock import FolderLock; FolderLock(Path({str(run)!r}))"
    lock = FolderLock(run)
    with pytest.raises(RunError, match=f"trained by process {os.getpid()}"):
        Run.resume(run)
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode != 0
    lock.release()
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0

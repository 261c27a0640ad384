"""A disk that is full stops a run in one sentence, and damages nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from innervate.launch.run.folder import RunFolder
from innervate.launch.run.training import Run

pytestmark = pytest.mark.slow

pytest.importorskip("resource", reason="limits of a process are a thing of Unix")
LIMITED = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2); \
from innervate.launch.cli import main; main(sys.argv[1:])"


@pytest.mark.parametrize("limit", [100, 700, 2500, 20_000])  # config.json, checkpoint, TensorBoard, curve: each in turn
def test_a_full_disk_stops_a_run_that_then_goes_on(limit: int, run: Path, tmp_path: Path) -> None:
    whole = Path(shutil.copytree(run, tmp_path / "whole"))
    words = ["train", "--resume", str(run), "--steps", "12000", "--no-video", "--checkpoint-s", "0"]
    code = LIMITED.format(limit=limit)
    command = [sys.executable, "-B", "-c", code, *words]  # else it leaves half of its bytecode for those who come after
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 2, done.stderr
    assert "the disk is full" in done.stderr and "Traceback" not in done.stderr
    assert RunFolder.open(run).model() and RunFolder.open(run).snapshot()
    Run.resume(run, 12_000).train()
    Run.resume(whole, 12_000).train()
    assert (run / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert (run / "progress.jsonl").read_bytes() == (whole / "progress.jsonl").read_bytes()
    assert json.loads((run / "evaluation.json").read_text()) == json.loads((whole / "evaluation.json").read_text())

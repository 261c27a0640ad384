"""The run folder: config, model, optimiser, generators, progress; written as one, checked when read."""

import json
import math
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from innervate.agents.learner import Snapshot, WorldConfig
from innervate.agents.registry import LEARNERS
from innervate.configurations import from_options
from innervate.controllers import CONTROLLERS, ControllerSpec
from innervate.controllers.agent import DESCRIPTION, folder_of, of_interface, shipped, tensors_of
from innervate.errors import ConfigError, RunError
from innervate.files import Transaction, inside, read_json, sync_folder, write_text_atomically
from innervate.launch.run import config_file
from innervate.launch.run.config import RunConfig

MODEL, OPTIMIZER, RNG = "model.safetensors", "optimizer.safetensors", "rng.json"


class RunFolder:
    """One run on disk; one writer, any number of readers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._transaction = Transaction(path)

    @classmethod
    def create(
        cls,
        path: Path,
        config: RunConfig,
        manifest: Mapping[str, Any],
        snapshot: Snapshot,
        interface: Mapping[str, Any] | None = None,
    ) -> "RunFolder":
        """A new folder with its first checkpoint; it appears under its name only when it is complete.

        `interface` is what the controller senses and commands, so that it can be built without its environment.
        """
        if path.exists():
            typed = shlex.quote(str(path))
            raise RunError(f"{path} exists already; resume it with --resume {typed}, or choose another --out.")
        building = path.parent / f".{path.name}.building-{os.getpid()}"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        try:
            write_text_atomically(building / "config.json", json.dumps(config.to_dict(), indent=1) + "\n")
            write_config_file(building, config)
            if interface is not None:
                write_text_atomically(building / "interface.json", json.dumps(dict(interface), indent=1) + "\n")
            write_text_atomically(building / "manifest.json", json.dumps(dict(manifest), indent=1) + "\n")
            cls(building).checkpoint(snapshot)
            os.rename(building, path)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        sync_folder(path.parent)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """An existing folder, one that `innervate export` wrote, or a shipped agent by its name."""
        if not path.is_dir():
            if str(path) in shipped():
                return AgentFolder(Path("runs") / path, folder_of(path.name))
            raise RunError(
                f"There is no run folder at {path}; see what exists with: ls {path.parent}. Shipped agents, which are "
                f"names in its place: {', '.join(shipped())}."
            )
        if (path / DESCRIPTION).exists() and not (path / "config.json").exists():
            return AgentFolder(path, path)
        if (path / "sweep.json").exists():
            raise RunError(f"{path} is a sweep; its runs are the folders inside, and: innervate report {path}")
        return cls(path)

    def config(self) -> RunConfig:
        """What the run is made of."""
        return RunConfig.from_dict(read_json(self.path, self.path / "config.json"))

    def extend(self, config: RunConfig) -> None:
        """Give the run another budget; its card, which tells of the old one, goes."""
        if config.steps != self.config().steps:
            (self.path / "README.md").unlink(missing_ok=True)
        write_text_atomically(self.path / "config.json", json.dumps(config.to_dict(), indent=1) + "\n")
        write_config_file(self.path, config)

    def interface(self) -> tuple[ControllerSpec, np.ndarray, np.ndarray] | None:
        """What the controller senses and commands, with the scale of the actuators; None in a run of older days."""
        path = self.path / "interface.json"
        return of_interface(read_json(self.path, path), path) if path.exists() else None

    def manifest(self) -> dict[str, Any]:
        """Versions, seed, command and commit of the run."""
        return read_json(self.path, self.path / "manifest.json")

    def checkpoint(self, snapshot: Snapshot) -> None:
        """Replace the checkpoint; a kill at any instant leaves the old one or the new one."""
        offset = self.progress_path.stat().st_size if self.progress_path.exists() else 0
        arrays = {k: torch.as_tensor(v) for k, v in snapshot.optimizer.items()}
        self._transaction.write(
            {
                MODEL: save_tensors({k: v.contiguous() for k, v in snapshot.model.items()}, {"format": "pt"}),
                OPTIMIZER: save_tensors({k: v.contiguous() for k, v in arrays.items()}),
                RNG: json.dumps({**snapshot.rng, "progress_bytes": offset}).encode(),
            }
        )

    def model(self) -> dict[str, Tensor]:
        """The tensors of model.safetensors, finite each."""
        return self._tensors(MODEL)

    def snapshot(self) -> Snapshot:
        """The checkpoint as its learner restores it."""
        self._transaction.recover()
        return Snapshot(
            model=self._tensors(MODEL),
            optimizer=self._tensors(OPTIMIZER),
            rng=read_json(self.path, self.path / RNG),
        )

    def _tensors(self, name: str) -> dict[str, Tensor]:
        path = self._transaction.find(name)
        try:
            tensors = load_tensors(inside(self.path, path).read_bytes())
        except FileNotFoundError as error:
            raise RunError(f"{path} is missing: {self.path} is not a complete run folder.") from error
        except SafetensorError as error:
            raise RunError(f"{path} is damaged or truncated ({error}).") from error
        for key, value in tensors.items():
            if value.is_floating_point() and not value.isfinite().all():
                raise RunError(f"{path} holds a value of {key} that is not finite; the checkpoint is of no use.")
        return tensors

    def spend(self, seconds: float) -> None:
        """Note the time that training has taken so far, over all resumptions."""
        write_text_atomically(self.path / "spent.json", json.dumps({"seconds": round(seconds, 3)}) + "\n")

    def spent(self) -> tuple[int, float]:
        """Environment steps and seconds of training that were really spent, over all resumptions."""
        progress, path = self.progress(), self.path / "spent.json"
        seconds = float(read_json(self.path, path)["seconds"]) if path.exists() else 0.0
        return int(progress[-1]["steps"]) if progress else 0, seconds

    @property
    def progress_path(self) -> Path:
        """One JSON object a line, appended as training goes."""
        return self.path / "progress.jsonl"

    def append_progress(self, record: Mapping[str, Any]) -> None:
        """Add a line to progress.jsonl."""
        with open(self.progress_path, "a", encoding="utf-8") as file:
            file.write(json.dumps({k: v for k, v in record.items() if not _is_nan(v)}) + "\n")

    def rewind_progress(self) -> None:
        """Forget the lines written after the checkpoint, which training is about to write again."""
        if self.progress_path.exists():
            os.truncate(self.progress_path, int(read_json(self.path, self.path / RNG)["progress_bytes"]))

    def progress(self) -> list[dict[str, Any]]:
        """All whole lines of progress.jsonl."""
        if not self.progress_path.exists():
            return []
        lines = inside(self.path, self.progress_path).read_text(encoding="utf-8").splitlines(keepends=True)
        try:
            return [json.loads(line) for line in lines if line.endswith("\n")]
        except json.JSONDecodeError as error:
            raise RunError(f"{self.progress_path} is damaged: {error}.") from error


class AgentFolder(RunFolder):
    """An exported or shipped agent as if it were its run: to be watched, judged and drawn, not to be trained."""

    def __init__(self, path: Path, source: Path) -> None:
        super().__init__(path)
        self._source = source

    def _document(self) -> dict[str, Any]:
        document = read_json(self._source, self._source / DESCRIPTION)
        if "world" not in document:
            raise RunError(
                f"{self._source} does not say in which world its agent lives (it was exported by an older innervate); "
                "use it from Python: innervate.load, or export its run again."
            )
        return document

    def config(self) -> RunConfig:
        """As far as an agent tells of its run."""
        told = self._document()
        return RunConfig(
            world=from_options(WorldConfig, told["world"]),
            controller=CONTROLLERS.from_dict(told["controller"]),
            learner=LEARNERS.from_dict(told["learner"]),
            steps=max(1, int(told["steps"])),
        )

    def manifest(self) -> dict[str, Any]:
        """What it says about itself, in the places of a run's manifest."""
        return {"command": self._document()["about"], "commit": "unknown", "versions": {}, "platform": ""}

    def model(self) -> dict[str, Tensor]:
        """Its weights, named as in a run."""
        return {f"controller.{k}": v for k, v in tensors_of(self._source).items()}

    def interface(self) -> tuple[ControllerSpec, np.ndarray, np.ndarray]:
        """What the controller senses and commands."""
        return of_interface(self._document(), self._source / DESCRIPTION)

    def spent(self) -> tuple[int, float]:
        """The steps that it was trained for; the time is not known."""
        return int(self._document()["steps"]), 0.0

    def snapshot(self) -> Snapshot:
        """There is none. Raises `RunError`."""
        raise RunError(f"{self.path.name} is an agent, not a run: it cannot be trained further.")


def write_config_file(folder: Path, config: RunConfig) -> None:
    """config.toml; a configuration that only Python can say has none beside its config.json."""
    try:
        text = config_file.as_toml(config)
    except ConfigError:
        return
    write_text_atomically(folder / config_file.NAME, text)


def is_run(what: str) -> bool:
    """Whether a word of the user's means a run (or a shipped agent) rather than an environment: a folder, or a path.

    A path to nothing is one too: `RunFolder.open` names what is missing.
    """
    if Path(what).is_dir() or what in shipped():
        return True
    known = what in gym.registry or ":" in what or Path(what).suffix in (".py", ".xml", ".urdf", ".mjcf")
    return "/" in what and not known and re.fullmatch(r".*-v\d+", what) is None


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def check_tensors(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], where: Path) -> None:
    """Raise if a checkpoint's tensors are not those of the model that config.json describes."""
    for name, value in expected.items():
        if name not in found:
            raise RunError(f"{where / MODEL} lacks {name}, which the model of config.json has.")
        if found[name].shape != value.shape:
            raise RunError(
                f"{where / MODEL} holds {name} of shape {tuple(found[name].shape)}; "
                f"the model of config.json has {tuple(value.shape)}."
            )
    for name in found:
        if name not in expected:
            raise RunError(f"{where / MODEL} holds {name}, which the model of config.json lacks.")


def load_controller_tensors(module: torch.nn.Module, tensors: Mapping[str, Tensor], where: Path) -> None:
    """Fill a controller from the `controller.*` tensors of a run."""
    prefix = "controller."
    mine = {k: v for k, v in tensors.items() if k.startswith(prefix)}
    check_tensors({prefix + k: v for k, v in module.state_dict().items()}, mine, where)
    module.load_state_dict({k.removeprefix(prefix): v for k, v in mine.items()})

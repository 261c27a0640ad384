"""A life in a run folder: one body lives on, trial after trial, and goes on bit for bit wherever it was stopped.

`trials.jsonl` has a line for each trial (of a task without trials, each episode); `life.safetensors` is all that the
next step depends on: body, senses with what they have learnt, the circuit's state, generators. It is written whenever a
line is, and when the life is stopped; a kill at any instant loses at most the trial that was going on.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from innervate.agents.experience.efference import tell_senses
from innervate.agents.experience.guard import check_action, check_observation
from innervate.agents.experience.worlds import action_scale, make_vector_env
from innervate.controllers import State
from innervate.controllers.actions import commanded
from innervate.controllers.memories import Holding
from innervate.errors import ConfigError, RunError
from innervate.files import write_bytes_atomically
from innervate.launch.analysis.recordings.recording import memories_of
from innervate.launch.run.evaluation import load_nervous_system
from innervate.launch.run.folder import AgentFolder, RunFolder
from innervate.launch.run.lock import FolderLock

FORMAT = 1
"""Of life.safetensors."""
TRIALS, LIFE = "trials.jsonl", "life.safetensors"
_TOLD = ("trial", "day", "number", "probe", "success", "latency_s", "path_m", "straight_m", "goal_m")
_BRAIN, _WORLD, _SENSED = "brain.", "world.", "sensed"


class Life:
    """One body of a run's world with its controller, from where the life in that folder was stopped, or from birth.

    Args:
        path: a run folder. Its newest checkpoint lives; a life begun by an older one goes on with this one.
        lesion: `NAME[@FROMs[-TOs]][:KIND[=SEVERITY]]` each, the same in all of a life.

    Raises:
        RunError: an agent without a folder of its own, or a damaged life.
        ConfigError: a life begun with other lesions, or a world that cannot be stopped in mid-episode.
    """

    def __init__(self, path: Path, lesion: Sequence[str] = ()) -> None:
        folder = RunFolder.open(path)
        if isinstance(folder, AgentFolder):
            raise RunError(f"A life is kept in a run folder; {path} is an agent: innervate train makes a run.")
        self.path, self.lesion = folder.path, tuple(lesion)
        self._lock = FolderLock(self.path)
        try:
            self._begin(folder)
        except BaseException:
            self._lock.release()
            raise

    def _begin(self, folder: RunFolder) -> None:
        config = folder.config()
        self.controller, world = load_nervous_system(folder, config.world, lesion=self.lesion)
        self.env: Any = make_vector_env(world, 1)
        if not hasattr(self.env, "snapshot"):
            raise ConfigError(f"{world.id} cannot be stopped in the middle of an episode, so no life is lived in it.")
        flat, _ = self.env.reset(seed=[config.seed])
        self._flat = np.asarray(flat, np.float32)
        self._state = self.controller.initial_state(1)
        self.steps, self._episode, self._return = 0, 0, 0.0
        if (self.path / LIFE).exists():
            self._restore()
        else:
            (self.path / TRIALS).write_bytes(b"")

    @torch.no_grad()
    def live(
        self, steps: int, said: Callable[[Mapping[str, Any]], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        """So many control steps, or until `stop` says so; each line of the diary is told to `said`. Then it is kept."""
        spec, (centre, half) = self.controller.spec, action_scale(self.env)
        for _ in range(steps):
            if stop():
                break
            check_observation(self._flat, spec)
            action_t, after = self.controller(spec.split(torch.from_numpy(self._flat)), self._state)
            action = action_t.numpy().astype(np.float64)
            check_action(action)
            command = commanded(spec, action, centre, half)
            tell_senses(self.env, after)
            told = command if spec.choices else command.astype(np.float32)
            flat, reward, terminated, truncated, info = self.env.step(told)
            ended = np.asarray(terminated | truncated)
            self._flat = np.asarray(flat, np.float32)
            self._state = self.controller.reset_state(after, torch.from_numpy(ended)) if ended.any() else after
            self.steps += 1
            self._return += float(reward[0])
            line = self._line(info, bool(ended[0]))
            if ended[0]:
                self._episode, self._return = self._episode + 1, 0.0
            if line is not None:
                with open(self.path / TRIALS, "a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                self.keep()
                if said is not None:
                    said(line)
        self.keep()

    def _line(self, info: Mapping[str, Any], ended: bool) -> dict[str, Any] | None:
        told = info.get("final_info", info) if ended else info
        begun = {"step": self.steps, "episode": self._episode}
        if "over" not in told:
            return {**begun, "return": self._return} if ended else None
        if not told["over"][0]:
            return None
        return {**begun, **{name: np.asarray(told[name][0]).tolist() for name in _TOLD}}

    def keep(self) -> None:
        """Write life.safetensors; the old one stands until the new one is whole."""
        trials = self.path / TRIALS
        about = {
            "format": FORMAT, "steps": self.steps, "episode": self._episode, "return": self._return,
            "lesion": self.lesion, "bytes": trials.stat().st_size,
        }  # fmt: skip
        arrays = {name: np.asarray(value, order="C") for name, value in self._kept().items()}
        write_bytes_atomically(self.path / LIFE, save(arrays, {"life": json.dumps(about)}))

    def _kept(self) -> dict[str, np.ndarray]:
        return _named(self._state, self.env) | {_SENSED: self._flat}

    def _restore(self) -> None:
        about, arrays = _read(self.path / LIFE)
        if tuple(about["lesion"]) != self.lesion:
            raise ConfigError(
                f"The life in {self.path} was begun with the lesions {about['lesion']}, and goes on with those; "
                f"{list(self.lesion)} were asked for. Another life: another folder, or without {LIFE}."
            )
        _check(self.path / LIFE, arrays, self._kept())
        self.env.restore(_part(arrays, _WORLD))
        self._state = _brain(arrays)
        self._flat, self._return = arrays[_SENSED].copy(), float(about["return"])
        self.steps, self._episode = int(about["steps"]), int(about["episode"])
        if not (self.path / TRIALS).exists():
            raise RunError(f"{self.path / TRIALS} is missing, which {LIFE} goes on from.")
        os.truncate(self.path / TRIALS, int(about["bytes"]))  # what came after it is lived again

    def close(self) -> None:
        """Free the world and the folder."""
        self.env.close()
        self._lock.release()


def holdings(path: Path, met: Mapping[str, np.ndarray]) -> tuple[dict[str, Holding], float]:
    """What the memories of a run's life call up for the cues that were met, and how many seconds it has lived.

    The life is only read: one that goes on meanwhile is looked at as it was last kept.
    """
    folder = RunFolder.open(path)
    about, arrays = _read(folder.path / LIFE)
    controller, world = load_nervous_system(folder, folder.config().world, lesion=about["lesion"])
    env: Any = make_vector_env(world, 1)
    try:
        env.reset(seed=[folder.config().seed])
        _check(folder.path / LIFE, arrays, _named(controller.initial_state(1), env) | {_SENSED: np.zeros(0)})
        env.restore(_part(arrays, _WORLD))
        found = memories_of(controller, _brain(arrays), env, {k: torch.from_numpy(v) for k, v in met.items()})
    finally:
        env.close()
    return found, int(about["steps"]) * controller.spec.control_step_s


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What life.safetensors tells about itself, and its arrays."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["life"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise RunError(f"{path} is damaged or no life ({error}); without it a new life begins.") from error
    if about.get("format", FORMAT) != FORMAT:  # the first lives did not say
        raise RunError(f"{path} is of format {about['format']!r}; this innervate reads {FORMAT}.")
    return about, arrays


def _named(state: State, env: Any) -> dict[str, np.ndarray]:
    """All that the next step depends on but what was sensed, under the names of life.safetensors."""
    brain = {f"{_BRAIN}{name}": value.numpy() for name, value in state.items()}
    return brain | {f"{_WORLD}{name}": np.asarray(value) for name, value in env.snapshot().items()}


def _check(path: Path, arrays: Mapping[str, np.ndarray], fresh: Mapping[str, np.ndarray]) -> None:
    """Raises `RunError` where the life is of a nervous system or a world with other parts than the run's are now."""
    if other := sorted(arrays.keys() ^ fresh.keys()):
        what = "lacks" if other[0] in fresh else "has"
        raise RunError(
            f"{path} {what} {other[0]!r} ({len(other)} such in all): it was lived with other parts, or by an innervate "
            "whose memory or sense of that name kept other things. Move it away for a new life, or go on with the "
            "version that began it."
        )


def _part(arrays: Mapping[str, np.ndarray], mark: str) -> dict[str, np.ndarray]:
    return {k.removeprefix(mark): v for k, v in arrays.items() if k.startswith(mark)}


def _brain(arrays: Mapping[str, np.ndarray]) -> State:
    return {name: torch.from_numpy(value.copy()) for name, value in _part(arrays, _BRAIN).items()}

"""`innervate check`: an environment against the contracts, or an explosion run again."""

import contextlib
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import gymnasium as gym
import numpy as np
import tyro

from innervate.agents.worlds import WorldConfig, environment_id, make_vector_env
from innervate.envs.replay import load
from innervate.errors import ConfigError, InnervateError
from innervate.launch.commands.tables import print_table

STEPS = 200


@dataclass(frozen=True, kw_only=True)
class Options:
    """Test an environment against the contracts; exit status 1 if it fails one."""

    task: Annotated[str | None, tyro.conf.Positional] = None
    """Short name or Gymnasium id."""
    replay: Path | None = None
    """Instead of a task: run the last states of an exploded body again, and say where it went wrong."""


class Failed(InnervateError):
    """A contract that an environment does not keep."""


def gymnasium_checker(id_: str) -> str:
    """Gymnasium's own `check_env`."""
    from gymnasium.utils.env_checker import check_env

    check_env(gym.make(id_).unwrapped, skip_render_check=True)
    return "passes"


def sb3_checker(id_: str) -> str:
    """stable-baselines3's own `check_env`."""
    from stable_baselines3.common.env_checker import check_env

    with contextlib.redirect_stdout(io.StringIO()):
        check_env(gym.make(id_), skip_render_check=True)
    return "passes"


def _episode(env: gym.Env[Any, Any], seed: int, action: Callable[[Any], Any]) -> tuple[np.ndarray, np.ndarray, bool]:
    observation, _ = env.reset(seed=seed)
    env.action_space.seed(seed)
    seen, earned, cut = [np.asarray(observation)], [], False
    for _ in range(STEPS):
        observation, reward, terminated, truncated, _ = env.step(action(env.action_space))
        seen.append(np.asarray(observation))
        earned.append(float(reward))
        if terminated or truncated:
            cut = truncated
            break
    return np.stack(seen), np.array(earned), cut


def seeding(id_: str) -> str:
    """The same seed gives the same episode, another seed another."""
    env = gym.make(id_)
    (a, _, _), (b, _, _), (c, _, _) = (_episode(env, s, lambda space: space.sample()) for s in (1, 1, 2))
    if not np.array_equal(a, b):
        raise Failed("two episodes from the same seed and actions differ")
    same = a.shape == c.shape and np.array_equal(a, c)
    return "repeats; seeds 1 and 2 give " + ("the same episode" if same else "different episodes")


def extremes(id_: str) -> str:
    """Finite under random and extreme actions."""
    env = gym.make(id_)
    kinds: dict[str, Callable[[Any], Any]] = {
        "random": lambda space: space.sample(),
        "lowest": lambda space: getattr(space, "low", space.sample()),
        "highest": lambda space: getattr(space, "high", space.sample()),
    }
    for name, action in kinds.items():
        seen, earned, _ = _episode(env, 3, action)
        if not (np.isfinite(seen).all() and np.isfinite(earned).all()):
            raise Failed(f"observations or rewards are not finite under {name} actions")
    return f"finite over {STEPS} steps of random, lowest and highest actions"


def time_limit(id_: str) -> str:
    """A time limit is truncation, not termination."""
    env = gym.make(id_, max_episode_steps=5)
    _, earned, cut = _episode(env, 4, lambda space: space.sample())
    if len(earned) == 5 and not cut:
        raise Failed("an episode that ran out of time was not truncated")
    return "truncates" if cut else "ended by itself before the limit"


def batch(id_: str) -> str:
    """A batch of environments is as many single ones, bit for bit."""
    n, rng = 3, np.random.default_rng(0)
    many = make_vector_env(WorldConfig(id=id_), n)
    single = [gym.make(id_) for _ in range(n)]
    seeds: Any = [7, 8, 9]
    seen, _ = many.reset(seed=seeds)
    alone = np.stack([env.reset(seed=s)[0] for env, s in zip(single, seeds, strict=True)])
    for step in range(50):
        if not np.array_equal(seen, alone):
            raise Failed(f"batch and single environments differ at step {step}")
        space = many.single_action_space
        assert isinstance(space, gym.spaces.Box)
        actions = rng.uniform(space.low, space.high, (n, *space.shape)).astype(space.dtype)
        seen, _, terminated, truncated, _ = many.step(actions)
        if (terminated | truncated).any():
            return f"equal until an episode ended, {step} steps"
        alone = np.stack([env.step(a)[0] for env, a in zip(single, actions, strict=True)])
    return "equal bit for bit over 50 steps"


CHECKS: dict[str, Callable[[str], str]] = {
    "Gymnasium's checker": gymnasium_checker,
    "stable-baselines3's checker": sb3_checker,
    "seeding": seeding,
    "extreme actions": extremes,
    "time limit": time_limit,
    "batch": batch,
}


def check_environment(id_: str) -> list[tuple[str, bool, str]]:
    """Every check with whether it holds and what was found."""
    found: list[tuple[str, bool, str]] = []
    for name, check in CHECKS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found.append((name, True, check(id_)))
            except Exception as error:
                # A checker speaks through whatever it raises; all of it is the finding.
                found.append((name, False, f"{type(error).__name__}: {error}".splitlines()[0]))
    return found


def main(argv: Sequence[str]) -> None:
    """Check and print."""
    options = tyro.cli(Options, args=list(argv), prog="innervate check")
    if options.replay is not None:
        replay = load(options.replay)
        finding = replay.rerun()
        print(f"{replay.title}: {finding or 'the recorded steps run through without a warning'}")
        return
    if options.task is None:
        raise ConfigError("What should be checked? A task (innervate check swim) or --replay FILE.")
    found = check_environment(environment_id(options.task))
    print_table(options.task, ("check", "", "finding"), [(n, "ok" if ok else "FAILS", text) for n, ok, text in found])
    if not all(ok for _, ok, _ in found):
        raise SystemExit(1)

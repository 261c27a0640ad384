"""Test an environment against the contracts, or replay an explosion."""

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
from gymnasium.vector.utils import iterate

from innervate.agents.experience.border import CUT_STEPS, Checked
from innervate.agents.experience.flat import Flat
from innervate.agents.experience.worlds import environment_id, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.envs.engine.replay import load
from innervate.errors import ConfigError, InnervateError
from innervate.launch.commands._tables import print_table

SMOKE = (["swim"],)

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


class NotApplicable(InnervateError):
    """A contract that does not concern an environment."""


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


def _made(id_: str, **options: Any) -> gym.Env[Any, Any]:
    """One environment behind the border, its observation flat."""
    cut = None if options.get("max_episode_steps") or gym.spec(id_).max_episode_steps else CUT_STEPS
    env = Checked(gym.make(id_, disable_env_checker=True, **options), id_, 0, cut)
    return gym.wrappers.FlattenObservation(env)


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
    env = _made(id_)
    (a, _, _), (b, _, _), (c, _, _) = (_episode(env, s, lambda space: space.sample()) for s in (1, 1, 2))
    if not np.array_equal(a, b):
        raise Failed("two episodes from the same seed and actions differ")
    same = a.shape == c.shape and np.array_equal(a, c)
    return "repeats; seeds 1 and 2 give " + ("the same episode" if same else "different episodes")


def extremes(id_: str) -> str:
    """Finite, and what was declared, under random and extreme actions."""
    env = _made(id_)
    kinds: dict[str, Callable[[Any], Any]] = {"random": lambda space: space.sample()}
    if isinstance(env.action_space, gym.spaces.Box) and env.action_space.is_bounded():
        kinds |= {"lowest": lambda space: space.low, "highest": lambda space: space.high}
    for action in kinds.values():
        _episode(env, 3, action)
    return f"finite over {STEPS} steps of {', '.join(kinds)} actions"


def time_limit(id_: str) -> str:
    """A time limit is truncation, not termination."""
    env = _made(id_, max_episode_steps=5)
    _, earned, cut = _episode(env, 4, lambda space: space.sample())
    if len(earned) == 5 and not cut:
        raise Failed("an episode that ran out of time was not truncated")
    return "truncates" if cut else "ended by itself before the limit"


def endings(id_: str) -> str:
    """An episode has an end."""
    limit = gym.spec(id_).max_episode_steps
    if limit is not None:
        return f"at {limit:,} control steps at the latest"
    env = _made(id_)
    env.reset(seed=5)
    env.action_space.seed(5)
    for step in range(CUT_STEPS):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if (terminated or truncated) and step + 1 < CUT_STEPS:
            return f"ended by itself after {step + 1} control steps"
    return (
        f"no end within {CUT_STEPS:,} control steps, after which it is cut: register it with max_episode_steps, or "
        "give --env.max-episode-steps"
    )


def batch(id_: str) -> str:
    """A batch of environments is as many single ones, bit for bit."""
    n = 3
    many = make_vector_env(WorldConfig(id=id_, action_limit=1.0), n)
    single = [_made(id_) for _ in range(n)]
    seeds: Any = [7, 8, 9]
    seen, _ = many.reset(seed=seeds)
    first = [env.reset(seed=s)[0] for env, s in zip(single, seeds, strict=True)]
    if np.shape(first) != np.shape(seen):
        raise NotApplicable("Gymnasium flattens these observations in another way")
    alone = np.stack(first)
    space = many.single_action_space
    space.seed(0)
    for step in range(50):
        if not np.array_equal(seen, alone):
            raise Failed(f"batch and single environments differ at step {step}")
        actions = np.stack([space.sample() for _ in range(n)])
        seen, _, terminated, truncated, _ = many.step(actions)
        if (terminated | truncated).any():
            return f"equal until an episode ended, {step} steps"
        told: Any = iterate(many.env.action_space, many.whole(actions)) if isinstance(many, Flat) else actions
        alone = np.stack([env.step(a)[0] for env, a in zip(single, told, strict=True)])
    return "equal bit for bit over 50 steps"


CHECKS: dict[str, Callable[[str], str]] = {
    "Gymnasium's checker": gymnasium_checker,
    "stable-baselines3's checker": sb3_checker,
    "seeding": seeding,
    "extreme actions": extremes,
    "time limit": time_limit,
    "episodes end": endings,
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
            except NotApplicable as error:
                found.append((name, True, f"does not apply: {error}"))
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

"""What an animal costs, organ by organ, in processor time of one thread."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from innervate.launch.bench.brain.days import animal, born
from innervate.signals import slices


def _timed(spent: dict[str, float], name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        began = time.process_time()
        try:
            return work(*args, **kwargs)
        finally:
            spent[name] += time.process_time() - began

    return wrapped


def cost(who: str, seconds: int) -> dict[str, float]:
    """Milliseconds of processor time for each second of one body's life: `whole`, and what of it goes where.

    `body` (physics and task), `looks` (pictures), each sense by its organ, and `brain` (the parts together); the rest
    is what joins them. A first second is not counted: then maps are fitted and kernels compiled.
    """
    torch.set_num_threads(1)
    env, policy = born(who, "dmp", 0, 1)
    names = list(animal(who)[0])
    spent = dict.fromkeys(("body", "looks", *names, "brain"), 0.0)
    for name, sense in zip(names, env.senses, strict=True):
        sense.sense = _timed(spent, name, sense.sense)
    body = env.unwrapped
    body.look, body.step = _timed(spent, "looks", body.look), _timed(spent, "body", body.step)
    think, where = _timed(spent, "brain", policy), slices(env.channels)
    flat, _ = env.reset(seed=[0])
    began, warm = 0.0, round(1 / env.control_step_s)
    for k in range(warm + round(seconds / env.control_step_s)):
        if k == warm:
            spent.update(dict.fromkeys(spent, 0.0))
            began = time.process_time()
        flat, *_ = env.step(np.asarray(think({n: flat[:, columns] for n, columns in where.items()}, {}), np.float32))
    whole = time.process_time() - began
    env.close()
    return {"whole": 1e3 * whole / seconds, **{name: 1e3 * took / seconds for name, took in spent.items()}}

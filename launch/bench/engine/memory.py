"""What the engine costs in memory: an environment more, and ten million steps more."""

import json
import subprocess
import sys
from collections.abc import Iterable

import mujoco

from innervate.envs.engine.make import make_world
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row

_RESIDENT = """
import json, os, sys, numpy as np, gymnasium, innervate
def resident():
    with open("/proc/self/statm") as file:  # Linux
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def make(n): return gymnasium.make_vec("innervate/Swim-v0", n, "vector_entry_point", max_episode_steps=1000)
"""
_PER_ENVIRONMENT = (
    _RESIDENT
    + """
few, many = 256, 4096
def grown(n):
    before = resident(); env = make(n); env.reset(seed=0)
    for _ in range(10): env.step(np.zeros((n, 5), np.float32))
    return env, resident() - before
first, _ = grown(few)          # what is loaded once
a, small = grown(few)
b, large = grown(many)
print(json.dumps((large - small) / (many - few)))
"""
)
_LONG_RUN = (
    _RESIDENT
    + """
n, total = 256, int(sys.argv[1])
env = make(n)
env.reset(seed=0)
rng = np.random.default_rng(0)
exploded = unreported = 0
marks = []
steps = total // n
for t in range(steps):
    observation, reward, terminated, truncated, info = env.step(rng.uniform(-1, 1, (n, 5)).astype(np.float32))
    exploded += int(info.get("exploded", np.zeros(1, bool)).sum())
    exploded += int(info.get("final_info", {}).get("exploded", np.zeros(1, bool)).sum())
    unreported += int(not (np.isfinite(observation).all() and np.isfinite(reward).all()))
    mask = rng.random(n) < 0.01
    if mask.any():
        env.reset(options={"reset_mask": mask})
    if t >= steps // 10 and t % max(1, steps // 50) == 0:
        marks.append(resident())
print(json.dumps({"grown": marks[-1] / marks[0] - 1, "exploded": exploded, "unreported": unreported}))
"""
)


def rows(bench: Bench) -> Iterable[Row]:
    """Memory of one more environment, and growth over a long run with resets at random."""
    model = make_world("swim", n_links=6).physics
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    own = data.nbuffer + data.maxuse_arena  # what one mjData of this body occupies and uses
    bytes_each = bench.once("memory per environment", lambda: _in_a_process(_PER_ENVIRONMENT))
    share = bytes_each / own
    yield Row(
        row="swim: memory of one more environment", value=bytes_each / 1024, unit="KiB",
        peer=f"one mjData: {own / 1024:.0f} KiB; ratio {share:.2f}", reach="<= 2 x its mjData", holds=share <= 2,
    )  # fmt: skip
    total = 200_000 if bench.quick else 10_000_000
    bench.say(f"engine: {total:,} steps with resets at random")
    long_run = bench.once(f"long run {total}", lambda: _in_a_process(_LONG_RUN, str(total)))
    yield Row(
        row=f"swim: growth of memory over {total:,} steps with resets at random", value=100 * long_run["grown"],
        unit="%", peer=f"{long_run['exploded']} explosions reported, {long_run['unreported']} steps not finite",
        reach="<= 1 %, no NaN unreported", holds=long_run["grown"] <= 0.01 and long_run["unreported"] == 0,
    )  # fmt: skip


def _in_a_process(code: str, *arguments: str) -> object:
    out = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)

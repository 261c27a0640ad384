"""The hippocampal memory's network as arrays: every neuron and synapse in every millisecond; needs no compiler."""

import math
from typing import Any

import numpy as np

from ._ca3_layout import ARRIVES, GATED, HIGHEST, LEAST_TRACE, POPULATIONS, SLOTS, STAYS, TAU_STDP_MS


def live(
    n: Any, m: Any, ends: Any, constants: Any, clock: Any, v: Any, current: Any, refractory: Any, seen: Any,
    arriving: Any, listed: Any, everywhere: Any, pre_cue: Any, post_content: Any, pre_content: Any, post_cue: Any,
    late_content: Any, late_cue: Any, to_content: Any, to_cue: Any, cues: Any, contents: Any, plastic: Any, rule: Any,
    output: Any,
) -> Any:  # fmt: skip
    """The same network, every neuron and every synapse in every millisecond."""
    del seen, listed, everywhere  # of the kernel, which looks at few neurons
    where = {name: slice(ends[p], ends[p + 1]) for p, name in enumerate(POPULATIONS)}
    size = np.diff(ends)
    keeps, gain, threshold = (np.repeat(constants[:, k], size) for k in range(3))
    fades, spikes, operations = np.float32(math.exp(-1 / TAU_STDP_MS)), 0, 0
    for ms in range(len(cues)):
        slot, one, two, three = (arriving[(clock[0] + ms + later) % SLOTS] for later in range(SLOTS))
        total = current + np.float32(ARRIVES) * slot
        slot[:] = 0
        current[:] = total * np.float32(STAYS)
        free = refractory == 0
        now = np.where(free, keeps * v + gain * total, np.float32(0))
        fired = free & (now >= threshold)
        v[:], refractory[:] = np.where(fired, 0, now), fired
        f = {name: fired[at].astype(np.float32) for name, at in where.items()}
        spikes += int(fired.sum())
        one[where["cue_in"]] += 6 * cues[ms].astype(np.float32)
        one[where["content_in"]] += 6 * contents[ms].astype(np.float32)
        operations += int(cues[ms].sum() + contents[ms].sum())
        if plastic:
            for trace in (pre_cue, post_cue, pre_content, post_content):
                trace *= fades
                trace[trace < LEAST_TRACE] = 0
            to_content[:] = np.minimum(HIGHEST, to_content + HIGHEST * np.outer(pre_cue, late_content))
            more = np.minimum(HIGHEST, to_cue + HIGHEST * pre_content[:, None])
            if rule == GATED:
                more = np.where(pre_content[:, None] > 0.8, more, 0)
            to_cue[:] = np.where(late_cue[None] > 0, more, to_cue)
            post_content += late_content
            post_cue += late_cue
            to_content[:] = np.maximum(0, to_content - HIGHEST * np.outer(f["cue_in"], post_content))
            if rule != GATED:
                to_cue[:] = np.maximum(0, to_cue - HIGHEST * np.outer(f["content_out"], post_cue))
            pre_cue += f["cue_in"]
            pre_content += f["content_out"]
        late_content[:], late_cue[:] = f["content_in"], f["cue_out"]
        inhibition = 6 * m
        one[where["content_in"]] += f["cue_in"] @ to_content
        two[where["cue_out"]] += 6 * f["cue_in"] - inhibition * (f["cue_out"].sum() - f["cue_out"])
        three[where["cue_out"]] -= inhibition * (f["cue_in"].sum() - f["cue_in"])
        two[where["condition"]] -= 6 * f["cue_in"].sum()
        three[where["merge_cue"]] += 6 * f["cue_in"]
        one[where["condition"]] += 9 * f["content_in"] + 2 * f["condition_all"]
        one[where["condition_all"]] += 6 * f["content_in"].sum()
        three[where["merge_content"]] += 6 * f["content_in"]
        one[where["merge_cue"]] += 6 * f["cue_out"]
        one[where["merge_content"]] += 6 * f["content_out"]
        one[where["cue_out"]] += f["content_out"] @ to_cue
        one[where["content_out"]] += 6 * f["condition"]
        one[where["output_cue"]] += 6 * f["merge_cue"]
        one[where["output_content"]] += 6 * f["merge_content"]
        fan_out = {"cue_in": 2 + n + 2 * m, "content_in": 3, "cue_out": n, "content_out": n + 1, "condition": 1,
                   "condition_all": m, "merge_cue": 1, "merge_content": 1}  # fmt: skip
        operations += int(sum(f[name].sum() * each for name, each in fan_out.items()))
        output[ms] = np.concatenate([f["output_cue"], f["output_content"]])
    clock[0] += len(cues)
    return spikes, operations

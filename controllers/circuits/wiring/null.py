"""Control experiments for a wiring: the same circuit with other partners."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from innervate.errors import ConfigError

from .circuit import Circuit, Synapse

SWAPS_PER_SYNAPSE = 10
"""Attempted exchanges for each synapse; ten mix a network of this size thoroughly (Milo et al. 2003)."""


def rewired(circuit: Circuit, seed: int) -> Circuit:
    """Random partners, everything else kept: in- and out-degree of each neuron, signs, weights, number of gains.

    Two synapses a -> b and c -> d become a -> d and c -> b (Maslov and Sneppen 2002), over and over; gap junctions
    among themselves. What sensory neurons contact, and what drives the actuators, stays.
    """
    rng = np.random.default_rng(seed)
    free = [s for s in circuit.synapses if _inner(circuit, s)]
    kept = [s for s in circuit.synapses if not _inner(circuit, s)]
    result = list(kept)
    for kind in ("chemical", "gap"):
        mine = [s for s in free if s.kind == kind]
        taken = {(s.pre, s.post) for s in kept if s.kind == kind} | {(s.pre, s.post) for s in mine}
        for _ in range(SWAPS_PER_SYNAPSE * len(mine)):
            i, j = (int(k) for k in rng.integers(len(mine), size=2))
            a, c = mine[i], mine[j]
            pairs = ((a.pre, c.post), (c.pre, a.post))
            both_ways = {p[::-1] for p in pairs} if kind == "gap" else set[tuple[str, str]]()
            if any(pre == post for pre, post in pairs) or pairs[0] == pairs[1] or taken & {*pairs, *both_ways}:
                continue
            taken -= {(a.pre, a.post), (c.pre, c.post)}
            taken |= {*pairs}
            mine[i], mine[j] = replace(a, post=c.post), replace(c, post=a.post)
        result += mine
    return replace(circuit, synapses=tuple(result))


def random_sparse(circuit: Circuit, seed: int) -> Circuit:
    """As many synapses between the same neurons, with the same weights, but both partners drawn uniformly.

    A weight keeps its sign and its group; degrees are lost, and so is Dale's law.
    """
    rng = np.random.default_rng(seed)
    free = [s for s in circuit.synapses if _inner(circuit, s)]
    kept = [s for s in circuit.synapses if not _inner(circuit, s)]
    taken = {(s.pre, s.post, s.kind) for s in kept}
    result = list(kept)
    partners = {
        kind: (sorted({s.pre for s in free if s.kind == kind}), sorted({s.post for s in free if s.kind == kind}))
        for kind in ("chemical", "gap")
    }
    for s in free:
        pres, posts = partners[s.kind]
        for _ in range(10_000):
            pre, post = pres[int(rng.integers(len(pres)))], posts[int(rng.integers(len(posts)))]
            fresh = (pre, post, s.kind) not in taken and (s.kind == "chemical" or (post, pre, s.kind) not in taken)
            if pre != post and fresh:
                break
        else:
            raise ConfigError("This circuit is too dense to draw other partners at random.")
        taken.add((pre, post, s.kind))
        result.append(replace(s, pre=pre, post=post))
    return replace(circuit, synapses=tuple(result))


def _inner(circuit: Circuit, synapse: Synapse) -> bool:
    """Whether a synapse leaves a neuron that has no sense of its own."""
    return synapse.pre not in {s.neuron for s in circuit.senses}


NULLS: Mapping[str, Callable[[Circuit, int], Circuit]] = {"rewired": rewired, "random": random_sparse}
"""Control circuits by name."""

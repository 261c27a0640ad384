"""A small interpreter of NIR graphs for tests: forward Euler from each node's own equation, nothing of innervate in it.

Nodes are computed in an order in which every input is known; an edge that closes a loop carries the value of the step
before.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np


def order_of(graph: Any) -> list[str]:
    """Nodes after what feeds them, as far as loops allow (depth first from the inputs)."""
    feeds: dict[str, list[str]] = {name: [a for a, b in graph.edges if b == name] for name in graph.nodes}
    inputs = [name for name, node in graph.nodes.items() if type(node).__name__ == "Input"]
    order, reached = list(inputs), set(inputs)
    while len(order) < len(graph.nodes):
        left = [n for n in graph.nodes if n not in reached]
        ready = [n for n in left if all(a in reached for a in feeds[n])]
        ready = ready or [n for n in left if any(a in reached for a in feeds[n])]  # a loop opens here
        order.append(ready[0])
        reached.add(ready[0])
    return order


def run(
    graph: Any, inputs: np.ndarray, step_s: float, *, euler: bool = True
) -> Iterator[dict[str, np.ndarray]]:
    """The value of every node after each step of `(step, input)`; stateful nodes start at 0.

    Simulators read `LIF` differently: in steps of `euler`, set to zero by a spike, or by what is left of the potential
    after a step, less the threshold when a spike comes.
    """
    potential: dict[str, np.ndarray] = {}
    order = order_of(graph)
    value = {name: np.zeros(tuple(np.ravel(graph.nodes[name].output_type["output"]))) for name in order}
    for row in inputs.astype(np.float64):
        for name in order:
            node = graph.nodes[name]
            arriving = [value[a] for a, b in graph.edges if b == name]
            total = np.sum(arriving, axis=0) if arriving else row
            kind = type(node).__name__
            if kind in ("Input", "Output"):
                value[name] = total
            elif kind == "Scale":
                value[name] = node.scale.astype(np.float64) * total
            elif kind == "Linear":
                value[name] = node.weight.astype(np.float64) @ total
            elif kind == "Threshold":
                value[name] = (total > node.threshold).astype(np.float64)
            elif kind == "Affine":
                value[name] = node.weight.astype(np.float64) @ total + node.bias
            elif kind == "LIF":
                v = potential.get(name, np.zeros_like(total))
                step = step_s / node.tau.astype(np.float64)
                v = v + step * (node.r * total - v) if euler else v * np.exp(-step) + total
                value[name] = (v > node.v_threshold).astype(np.float64)
                potential[name] = np.where(value[name], 0, v) if euler else v - node.v_threshold * value[name]
            elif kind == "I":
                value[name] = value[name] + step_s * node.r.astype(np.float64) * total
            else:
                raise NotImplementedError(kind)
        yield dict(value)

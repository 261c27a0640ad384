"""The locomotion circuit of C. elegans from its connectome, fitted to a body of any number of joints."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from innervate.errors import ConfigError, UnknownNameError

from ...spec import ControllerSpec
from .circuit import Circuit, Neuron, Synapse
from .swimmers import SIDES, joints_of, muscles, stretch_receptors

DATA = {"cook2019-hermaphrodite": "cook2019_hermaphrodite.json", "cook2019-male": "cook2019_male.json"}
"""Cook et al., Nature 571 (2019), both sexes; `innervate connectome` converts others."""

CLASSES: Mapping[str, str] = {
    **dict.fromkeys(("AVA", "AVB", "AVD", "AVE", "PVC"), "acetylcholine"),
    **dict.fromkeys(("DA", "DB", "VA", "VB", "AS", "SMDD", "SMDV", "RMDD", "RMDV"), "acetylcholine"),
    **dict.fromkeys(("DD", "VD"), "GABA"),
}
"""Classes of the locomotion circuit and their transmitters: acetylcholine after Pereira et al., eLife 2015, GABA after
Gendrel et al., eLife 2016. Acetylcholine is taken to excite, GABA to inhibit."""

PREMOTOR = ("AVA", "AVB", "AVD", "AVE", "PVC")
HEAD = ("SMDD", "SMDV", "RMDD", "RMDV")
"""Head motor neurons; RMD are bistable (Mellem et al. 2008), SMD feel the bend of the head (Yeon et al. 2018)."""

MUSCLE_ROWS = 24
"""Body-wall muscles stand in 24 rows, head to tail (White et al. 1986)."""

TAU_S = 0.06
"""Membrane time constant of the motor neurons; tens of milliseconds (Liu et al. 2014, for body-wall muscle)."""


@dataclass(frozen=True)
class Connectome:
    """Counts of synaptic contacts between named cells."""

    source: str
    chemical: Mapping[tuple[str, str], float]
    gap: Mapping[tuple[str, str], float]
    """Each junction once, under the pair in alphabetical order."""


def parse(document: Mapping[str, Any]) -> Connectome:
    """From {"source": ..., "chemical": {pre: {post: contacts}}, "gap": {...}}, as `innervate connectome` writes."""

    def pairs(part: str) -> dict[tuple[str, str], float]:
        return {(pre, post): float(n) for pre, row in document.get(part, {}).items() for post, n in row.items()}

    try:
        chemical, gap = pairs("chemical"), pairs("gap")
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"A connectome holds source, chemical and gap, pre -> post -> contacts: {error}.") from error
    for (pre, post), n in (*chemical.items(), *gap.items()):
        if not 0 < n < math.inf:
            raise ConfigError(f"{pre} -> {post} has {n:g} contacts; a connectome counts them, from 1 on.")
    source = str(document.get("source", ""))
    return Connectome(source, chemical, junctions_once(gap, source or "the connectome"))


def is_connectome(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object is meant as one."""
    return bool({"chemical", "gap"} & document.keys()) and "neurons" not in document


def to_dict(connectome: Connectome) -> dict[str, Any]:
    """What `parse` reads."""
    document: dict[str, Any] = {"source": connectome.source, "chemical": {}, "gap": {}}
    for part in ("chemical", "gap"):
        for (pre, post), n in getattr(connectome, part).items():
            document[part].setdefault(pre, {})[post] = n
    return document


def junctions_once(gap: Mapping[tuple[str, str], float], origin: str) -> dict[tuple[str, str], float]:
    """Each junction under its pair in alphabetical order. Raises `ConfigError` where two entries of a pair differ."""
    once = dict[tuple[str, str], float]()
    for (a, b), n in gap.items():
        pair = (min(a, b), max(a, b))
        if once.setdefault(pair, n) != n:
            raise ConfigError(
                f"The gap junction {pair[0]} - {pair[1]} of {origin} has {once[pair]:g} contacts one way and {n:g} the "
                "other; it is one junction, so give it once or both ways alike."
            )
    return once


@cache
def load(name: str) -> Connectome:
    """A connectome that ships with innervate."""
    if name not in DATA:
        raise UnknownNameError("connectome", name, DATA)
    data = files("innervate.controllers.circuits.wiring").joinpath("assets")
    text = data.joinpath(DATA[name]).read_text(encoding="utf-8")
    return parse(json.loads(text))


def locomotion(spec: ControllerSpec, connectome: Connectome) -> Circuit:
    """Command interneurons, motor neurons and body-wall muscles, with the joints' stretch receptors.

    What the connectome says: who contacts whom, and how often (a synapse's weight is its share of all contacts onto its
    target, of those kept here). What the transmitters say: the sign. What is added, because no connectome holds it:
    stretch receptors (B-type neurons feel the stretch in front of where they contact muscle, Wen et al. 2012, and that
    of their own place and behind, which inhibits; SMD feel the head) and a tonic drive of AVB and PVC (forward
    command). Muscles of one row of joints act as one. One gain is trained for each pair of classes.
    """
    joints = joints_of(spec)
    kinds = {cell: _class(cell) for pair in connectome.chemical for cell in pair}
    cells = sorted(c for c, kind in kinds.items() if kind in CLASSES)
    if not cells:
        raise ConfigError("This connectome has none of the locomotion circuit's neurons (AVB, DB, VB, ...).")
    contacts: dict[tuple[str, str], float] = defaultdict(float)
    for (pre, post), n in connectome.chemical.items():
        target = _muscle(post, joints) or post
        if pre in cells and (target != post or post in cells) and pre != post:
            contacts[pre, target] += n
    if not any(_is_muscle(post) for _, post in contacts):
        raise ConfigError(
            "None of this connectome's motor neurons contacts a body-wall muscle (MDL01 to MVR24, or dBWML1 to "
            "vBWMR24), so nothing would drive the body."
        )
    place = _places(cells, contacts, joints)
    receptors, senses = stretch_receptors(joints)
    flesh, motors = muscles(joints)
    neurons = [_neuron(c, kinds[c], place[c] / max(1, joints - 1)) for c in cells]
    synapses = [*_chemical(contacts, kinds), *_gaps(connectome, cells, kinds)]
    synapses += [s for c in cells for s in _proprioception(c, kinds[c], place[c], joints)]
    return Circuit(
        neurons=(*neurons, *receptors, *flesh),
        synapses=tuple(synapses),
        senses=tuple(senses),
        motors=tuple(motors),
        source=connectome.source,
    )


def _class(cell: str) -> str:
    """DB3 -> DB, AVBL -> AVB, SMDDR -> SMDD."""
    stem = cell.rstrip("0123456789")
    return stem if stem != cell else cell[:-1] if cell[-1:] in "LR" else cell


def _muscle(cell: str, joints: int) -> str | None:
    """The muscle of the joint at which a body-wall muscle such as MDL07 lies."""
    if cell[:3] not in ("MDL", "MDR", "MVL", "MVR") or not cell[3:].isdigit():
        return None
    return f"{cell[:2]}{min(joints - 1, (int(cell[3:]) - 1) * joints // MUSCLE_ROWS)}"


def _is_muscle(name: str) -> bool:
    """Whether it is what `_muscle` gives."""
    return name[:2] in ("MD", "MV") and name[2:].isdigit()


def _places(cells: list[str], contacts: Mapping[tuple[str, str], float], joints: int) -> dict[str, float]:
    """Where along the body, in joints, each neuron contacts muscle; the middle for those that do not."""
    total, weighted = defaultdict[str, float](float), defaultdict[str, float](float)
    for (pre, post), n in contacts.items():
        if _is_muscle(post):
            total[pre] += n
            weighted[pre] += n * int(post[2:])
    return {c: weighted[c] / total[c] if total[c] else (joints - 1) / 2 for c in cells}


def _neuron(name: str, kind: str, x: float) -> Neuron:
    dorsal = kind in ("DA", "DB", "DD", "AS", "SMDD", "RMDD")
    depth = {"D": 0.85, "A": 0.5, "B": 0.65}.get(kind[1], 0.75)
    height = 0.0 if kind in PREMOTOR else depth if dorsal else -depth
    return Neuron(
        name=name, kind=kind, side=SIDES[0] if dorsal else "" if kind in PREMOTOR else SIDES[1],
        transmitter=CLASSES[kind], dynamics="plateau" if kind in HEAD else "leaky",
        tau_s=None if kind in HEAD else TAU_S, bias=1.0 if kind in ("AVB", "PVC") else 0.0,
        starts_on=kind in ("SMDD", "RMDD"), position=(-0.15 if kind in HEAD else x, height),
    )  # fmt: skip


def _chemical(contacts: Mapping[tuple[str, str], float], kinds: Mapping[str, str]) -> list[Synapse]:
    onto = defaultdict[str, float](float)
    for (_, post), n in contacts.items():
        onto[post] += n
    result = list[Synapse]()
    for (pre, post), n in contacts.items():
        sign = -1.0 if CLASSES[kinds[pre]] == "GABA" else 1.0
        group = f"{kinds[pre]} {kinds.get(post, post[:2])}"
        result.append(Synapse(pre=pre, post=post, weight=sign * n / onto[post], group=group))
    return result


def _gaps(connectome: Connectome, cells: list[str], kinds: Mapping[str, str]) -> list[Synapse]:
    """Gap junctions between membranes, each cell's conductances adding up to at most 1."""
    kept = {
        (a, b): n
        for (a, b), n in connectome.gap.items()
        if a in cells and b in cells and a != b and kinds[a] not in HEAD and kinds[b] not in HEAD
    }
    load = defaultdict[str, float](float)
    for (a, b), n in kept.items():
        load[a] += n
        load[b] += n
    most = max(load.values(), default=1.0)
    return [Synapse(pre=a, post=b, weight=n / most, kind="gap", group="gap") for (a, b), n in kept.items()]


def _proprioception(cell: str, kind: str, place: float, joints: int) -> list[Synapse]:
    here = round(place)
    side = "D" if kind in ("DB", "SMDD", "RMDD", "DA") else "V"
    if kind in HEAD:
        other = "V" if side == "D" else "D"
        return [
            Synapse(pre=f"S{s}{i}", post=cell, weight=sign, group=f"flip_{i}")
            for i in range(min(3, joints))
            for s, sign in ((other, 1.0), (side, -1.0))
        ]
    if kind in ("DB", "VB"):
        other = "V" if side == "D" else "D"
        return [
            Synapse(pre=f"S{s}{j}", post=cell, weight=sign * flip, group=f"B {group}")
            for j, sign, group in ((here - 1, 1.0, "front"), (here, -1.0, "own"), (here + 1, -1.0, "behind"))
            for s, flip in ((side, 1.0), (other, -1.0))
            if 0 <= j < joints
        ]
    return []

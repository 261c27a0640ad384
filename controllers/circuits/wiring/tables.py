"""Edge lists of connectomes: one synapse a row, with the columns of the usual tables.

Read are those of WormAtlas (Neuron 1, Neuron 2, Type, Nbr), of OpenWorm and c302 (Origin, Target, Type, Number of
Connections), of WormWiring and of everybody's own (source, target, weight, type), separated by commas, semicolons or
tabs; lines that begin with # are remarks.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from innervate.errors import ConfigError

from .connectome import Connectome, junctions_once
from .kinds import RECEIVED, kind_of, word

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "source": ("source", "pre", "presynaptic", "from", "origin", "neuron1", "sourceneuron", "precell", "neuronpre"),
    "target": ("target", "post", "postsynaptic", "to", "destination", "neuron2", "targetneuron", "postcell",
               "neuronpost"),
    "weight": ("weight", "synapses", "contacts", "n", "nbr", "number", "count", "numberofconnections", "strength"),
    "type": ("type", "kind", "synapsetype", "connectiontype", "edgetype"),
}  # fmt: skip
"""Spellings of each column, as `word` writes them."""
MOTOR_NEURON = re.compile(r"(DA|DB|DD|VA|VB|VD|AS|VC)0+(\d+)")
MUSCLE = re.compile(r"([dv])BWM([LR])(\d+)")


def read_edges(text: str, origin: str) -> Connectome:
    """The connectome in a table. Rows of the same pair and kind add up; contacts of 0 are no synapse.

    Raises:
        ConfigError: no such columns, a row that does not fit (by its line), a junction whose two entries differ.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    head = lines[first] if lines else ""
    rows = list(csv.reader(lines[first:], delimiter=max(",;\t", key=head.count), skipinitialspace=True))
    places = _places(rows[0] if rows else [], origin)
    chemical, gap = defaultdict[tuple[str, str], float](float), defaultdict[tuple[str, str], float](float)
    received = defaultdict[tuple[str, str], float](float)
    for number, row in enumerate(rows[1:], first + 2):
        if not any(cell.strip() for cell in row) or row[0].startswith("#"):
            continue
        where = f"line {number} of {origin}"
        cells = {name: row[i].strip() if i < len(row) else "" for name, i in places.items()}
        pre, post = _cell(cells["source"], where), _cell(cells["target"], where)
        n = _number(cells["weight"], where) if "weight" in cells else 1.0
        said = cells.get("type", "chemical")
        if n == 0:
            continue
        if word(said) in RECEIVED:
            received[post, pre] += n
        elif kind_of(said, where) == "gap":
            gap[pre, post] += n
        else:
            chemical[pre, post] += n
    for pair, n in received.items():
        chemical.setdefault(pair, n)
    if not chemical and not gap:
        raise ConfigError(f"{origin} has a heading and no synapse below it.")
    return Connectome(origin, dict(chemical), junctions_once(gap, origin))


def _places(header: Sequence[str], origin: str) -> dict[str, int]:
    """Which column is which."""
    spelt = [word(cell) for cell in header]
    found = {name: spelt.index(w) for name, words in COLUMNS.items() for w in words if w in spelt}
    if missing := [name for name in ("source", "target") if name not in found]:
        usual = " and ".join(f"{name} ({', '.join(COLUMNS[name][:5])}, ...)" for name in missing)
        raise ConfigError(
            f"{origin} needs a heading with a column for {usual}; its first line is {', '.join(header)[:120]!r}. "
            "Also read: weight and type, in the usual spellings."
        )
    return found


def _cell(name: str, where: str) -> str:
    """A neuron or muscle as the connectomes that ship here spell it: DB01 is DB1, dBWML7 is MDL07."""
    if not name:
        raise ConfigError(f"{where} names no neuron where one is needed.")
    if found := MUSCLE.fullmatch(name):
        return f"M{found[1].upper()}{found[2]}{int(found[3]):02d}"
    found = MOTOR_NEURON.fullmatch(name)
    return found[1] + found[2] if found else name


def _number(text: str, where: str) -> float:
    try:
        n = float(text)
    except ValueError:
        n = float("nan")
    if not 0 <= n < float("inf"):
        raise ConfigError(f"{where}: a number of contacts is needed, of 0 or more; got {text!r}.")
    return n

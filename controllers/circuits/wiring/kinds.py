"""What tables and graphs of other tools call a chemical synapse and a gap junction."""

from typing import Any, Literal

from innervate.errors import ConfigError

CHEMICAL = frozenset({"chemical", "chem", "chemicalsynapse", "cs", "send", "s", "sp", "nmj", "genericcs"})
GAP = frozenset({"gap", "gapjunction", "gj", "electrical", "elec", "electricalsynapse", "ej", "genericgj"})
RECEIVED = frozenset({"receive", "r", "rp"})
"""The same synapse as a row of `send`, seen from its target."""

Kind = Literal["chemical", "gap"]


def word(value: Any) -> str:
    """In small letters, without what stands between words."""
    return "".join(c for c in str(value).lower() if c.isalnum())


def kind_of(value: Any, where: str) -> Kind:
    """The kind that a word says, in the usual spellings; raises ConfigError that names `where`."""
    if (said := word(value)) in CHEMICAL:
        return "chemical"
    if said in GAP:
        return "gap"
    raise ConfigError(
        f"{where} is of kind {value!r}; known are chemical (chem, send, S, Sp, NMJ) and gap (electrical, "
        "gap junction, EJ)."
    )

"""Convert a published connectome to a file that circuits are built from."""

import importlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from innervate.errors import MissingExtraError, UnknownNameError
from innervate.files import write_text_atomically

SMOKE = (["--help"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Convert one of cect's connectomes (Cook 2019, White 1986, Witvliet 2021, ...) to JSON."""

    reader: Annotated[str, tyro.conf.Positional]
    """Module in cect.readers, such as Cook2019HermReader."""
    out: Path
    """File to write."""


def main(argv: Sequence[str]) -> None:
    """Read, convert, write."""
    options = tyro.cli(Options, args=list(argv), prog="innervate connectome")
    document = convert(options.reader)
    write_text_atomically(options.out, json.dumps(document, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{options.out}: {document['source']}")


def convert(reader: str) -> dict[str, Any]:
    """{"source", "chemical": {pre: {post: contacts}}, "gap": {a: {b: contacts}}}, each gap junction once, a < b."""
    try:
        readers = importlib.import_module("cect.readers")
    except ImportError as error:
        raise MissingExtraError("cect", "connectome") from error
    try:
        module = importlib.import_module(f"cect.readers.{reader}")
    except ImportError as error:
        folder = Path(next(iter(readers.__path__)))
        raise UnknownNameError("reader", reader, [p.stem for p in folder.glob("*.py")]) from error
    data = module.get_instance()
    chemical, gap = dict[str, dict[str, float]](), dict[str, dict[str, float]]()
    for pre, post, n in _contacts(data, "Generic_CS"):
        chemical.setdefault(pre, {})[post] = n
    for a, b, n in _contacts(data, "Generic_GJ"):
        if a <= b:
            gap.setdefault(a, {})[b] = n
    version = importlib.import_module("importlib.metadata").version("cect")
    about = re.sub(r"<[^>]+>", "", str(getattr(module, "READER_DESCRIPTION", ""))).strip()
    return {"source": f"{about} (by {reader} of cect {version}, MIT)", "chemical": chemical, "gap": gap}


def _contacts(data: Any, kind: str) -> list[tuple[str, str, float]]:
    counts = np.asarray(data.connections[kind]) if kind in data.connections else np.zeros((0, 0))
    return [(data.nodes[i], data.nodes[j], float(counts[i, j])) for i, j in np.argwhere(counts > 0)]

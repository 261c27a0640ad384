"""Pieces of a benchmark on disk: a value under a short name, with what it was measured by and when."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from innervate.errors import RunError
from innervate.files import write_text_atomically


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One measured value."""

    key: str
    """All that the value depends on beside the code: row, seed, budget."""
    value: Any
    took_s: float
    """Seconds of processor time, children included."""
    digest: str
    """Of the sources that it ran (`digest.digest`); empty for one that was measured before digests were kept."""
    commit: str
    peers: dict[str, str] = field(default_factory=dict[str, str])
    """Versions of the packages that it was measured beside."""


def name_of(key: str, quick: bool) -> str:
    """A short, stable file name: what the key begins with, and eight digits of the whole of it."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", key)[:48].strip("-").lower()
    return f"{words}-{hashlib.sha256(f'{key}|quick={quick}'.encode()).hexdigest()[:8]}.json"


class Pieces:
    """The pieces of one benchmark in a folder."""

    def __init__(self, folder: Path, quick: bool) -> None:
        self.folder, self.quick = folder, quick

    def load(self, key: str) -> Piece | None:
        """The stored piece, whatever code it was measured by; None where there is none."""
        path = self.folder / name_of(key, self.quick)
        if path.exists():
            try:
                return Piece(**json.loads(path.read_text(encoding="utf-8")))
            except (json.JSONDecodeError, TypeError) as error:
                raise RunError(f"{path} is no piece of a benchmark ({error}); delete it to measure it anew.") from error
        return self._adopted(key)

    def _adopted(self, key: str) -> Piece | None:
        """A piece from before digests were kept, which is then shown as stale."""
        old = self.folder / f"{hashlib.sha256(f'{key}|quick={self.quick}'.encode()).hexdigest()[:16]}.json"
        if not old.exists():
            return None
        document = json.loads(old.read_text(encoding="utf-8"))
        piece = Piece(key=key, value=document["value"], took_s=document.get("took_s", 0.0), digest="", commit="unknown")
        self.store(piece)
        old.unlink()
        return piece

    def store(self, piece: Piece) -> None:
        """Keep it, in place of an older one of the same key."""
        write_text_atomically(self.folder / name_of(piece.key, self.quick), json.dumps(asdict(piece)))

    def clear(self) -> None:
        """Forget all of them."""
        for path in self.folder.glob("*.json"):
            path.unlink()

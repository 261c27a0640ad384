"""Things by name: a table of frozen configuration dataclasses that go to JSON and come back."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Generic, TypeVar

from innervate.errors import ConfigError, UnknownNameError

T = TypeVar("T")


class Registry(Mapping[str, type[T]], Generic[T]):
    """Configuration classes of one kind by name; an unknown name is answered with the nearest."""

    def __init__(self, kind: str, table: Mapping[str, type[T]]) -> None:
        self.kind = kind
        self._table = dict(table)

    def __getitem__(self, name: str) -> type[T]:
        if name not in self._table:
            raise UnknownNameError(self.kind, name, self._table)
        return self._table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def name_of(self, config: T) -> str:
        """The name under which the class of `config` is registered."""
        for name, kind in self._table.items():
            if type(config) is kind:
                return name
        raise ConfigError(f"{type(config).__name__} is not a registered {self.kind}; known: {', '.join(self._table)}.")

    def to_dict(self, config: T) -> dict[str, Any]:
        """The configuration as JSON types, with its name."""
        return {"name": self.name_of(config), **asdict(config)}  # pyright: ignore[reportArgumentType]

    def from_dict(self, document: Mapping[str, Any]) -> T:
        """The configuration that `to_dict` wrote."""
        options = dict(document)
        kind = self[str(options.pop("name", ""))]
        return from_options(kind, options)


def from_options(kind: type[T], options: Mapping[str, Any]) -> T:
    """A configuration dataclass from JSON types; an unknown option is answered with the nearest."""
    known = {f.name for f in fields(kind)}  # pyright: ignore[reportArgumentType]
    for name in options:
        if name not in known:
            raise UnknownNameError(f"option of {kind.__name__}", name, known)
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in options.items()})

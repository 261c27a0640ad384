"""Things by name: catalogues whose entries are files, packages' entry points, and what a notebook adds.

An entry of our own is a file (or a folder) of the catalogue's folder: its name is the file's, with hyphens, and its
summary the first line of its docstring. A name that begins with `_` is no entry. Names and summaries are read without
importing anything; an entry is imported when it is first used.
"""

import ast
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

from innervate.errors import ConfigError, InnervateError, UnknownNameError

__all__ = [
    "OUR_NAMES",
    "Catalogue",
    "Source",
    "T",
    "forget_packages",
    "full_name",
    "is_config",
    "picker",
    "public_things",
    "spelled",
    "the_one",
]

T = TypeVar("T")

OUR_NAMES = "innervate."


def spelled(name: str) -> str:
    """A name as catalogues write it: `predictive_sac` is `predictive-sac`."""
    return name.replace("_", "-")


@dataclass(frozen=True)
class Source:
    """Where the code of an entry is, found without importing it."""

    module: str
    """What is imported when it is used."""
    attribute: str = ""
    """What of it is meant; empty for the one thing of the catalogue's contract that it holds."""
    path: Path | None = None
    """Its source file; None where there is none to read."""
    whose: str = "innervate"
    """The distribution that brings it."""

    @property
    def text(self) -> str:
        """The source, empty where there is none to read."""
        return "" if self.path is None else self.path.read_text(encoding="utf-8")

    def docstring(self) -> str:
        """Of the attribute where one is named and documented, else of the file; empty where there is none."""
        return _docstring(self.path, self.attribute, self.path.stat().st_mtime_ns) if self.path else ""

    def constant(self, name: str, default: Any = None) -> Any:
        """A literal assigned at the top of the file."""
        return _constants(self.path, self.path.stat().st_mtime_ns).get(name, default) if self.path else default


@cache
def _parsed(path: Path, mtime_ns: int) -> ast.Module:
    del mtime_ns  # a changed file is another key
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _docstring(path: Path, attribute: str, mtime_ns: int) -> str:
    tree = _parsed(path, mtime_ns)
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == attribute and ast.get_docstring(node):
            return ast.get_docstring(node) or ""
    return ast.get_docstring(tree) or ""


@cache
def _constants(path: Path, mtime_ns: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in _parsed(path, mtime_ns).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            name, value = node.target.id, node.value
        else:
            continue
        try:
            found[name] = ast.literal_eval(value)
        except ValueError:
            continue
    return found


@cache
def _announced(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def forget_packages() -> None:
    """Look again at what is installed; for a process that installs a package while it runs."""
    _announced.cache_clear()


class Catalogue(Mapping[str, T], Generic[T]):
    """Things of one kind by name; an unknown name is answered with the nearest.

    Args:
        kind: what one thing is called, in messages.
        group: of the entry points by which packages announce theirs.
        package: dotted name of the folder whose files are our own entries.
        folder: that folder; None for a catalogue without files of its own.
        pick: from an entry's module, or the thing an entry point names, to what the catalogue gives; None for that
            itself.
    """

    def __init__(
        self,
        kind: str,
        *,
        group: str,
        package: str,
        folder: Path | None,
        pick: Callable[[str, Any, Source], T] | None = None,
    ) -> None:
        self.kind, self.group, self.package = kind, group, package
        self._folder, self._pick = folder, pick
        self._added: dict[str, T] = {}
        self._loaded: dict[str, T] = {}

    def add(self, name: str, thing: T) -> T:
        """Make `thing` known under `name` in this process; returns it, so that it may decorate.

        Raises `ConfigError` if the name belongs to something else.
        """
        name = spelled(name)
        held = self._added.get(name)
        mine = held is not None and _same_thing(held, thing)  # a notebook's cell that is run again
        if not mine and (held is not None or name in self._sources()):
            raise ConfigError(f"There is a {self.kind} named {name!r} already; choose another name for {thing!r}.")
        self._added[name] = thing
        return thing

    def remove(self, name: str) -> None:
        """Forget what `add` made known."""
        if self._added.pop(spelled(name), None) is None:
            raise UnknownNameError(f"added {self.kind}", name, self._added)

    def source(self, name: str) -> Source | None:
        """Where an entry's code is; None for what was added in this process."""
        name = spelled(name)
        found: tuple[Source, ...] = self._sources().get(name, ())
        for source in found:
            return source
        if name in self._added:
            return None
        raise UnknownNameError(self.kind, name, self)

    def summary(self, name: str) -> str:
        """The first line of an entry's docstring.

        Raises `ConfigError` for an entry without one.
        """
        source = self.source(name)
        text = (inspect.getdoc(self._added[spelled(name)]) or "") if source is None else source.docstring()
        if not text.strip():
            where = source.path or source.module if source is not None else repr(self._added[spelled(name)])
            raise ConfigError(f"The {self.kind} {name!r} ({where}) has no docstring; its first line is the summary.")
        return text.strip().splitlines()[0]

    def summaries(self) -> list[tuple[str, str]]:
        """Name and summary of every entry; where something is wrong with one, the sentence that says what."""
        rows: list[tuple[str, str]] = []
        for name in self:
            try:
                rows.append((name, self.summary(name)))
            except InnervateError as error:  # noqa: PERF203
                rows.append((name, f"({error})"))
        return rows

    def __getitem__(self, name: str) -> T:
        name = spelled(name)
        if name in self._added:
            return self._added[name]
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def only_source(self, name: str) -> Source:
        """Where an entry's code is. Raises `UnknownNameError` for none, `ConfigError` for more than one."""
        found: tuple[Source, ...] = self._sources().get(spelled(name), ())
        if len(found) > 1:
            both = " and ".join(f"{source.module} of {source.whose}" for source in found)
            raise ConfigError(f"There are {len(found)} {self.kind}s named {name!r}: {both}. Uninstall or rename one.")
        for source in found:
            return source
        raise UnknownNameError(self.kind, name, self)

    def imported(self, name: str, source: Source) -> Any:
        """An entry's module, or the attribute of it that is meant. What fails in others' code is named."""
        try:
            thing: Any = importlib.import_module(source.module)
            return getattr(thing, source.attribute) if source.attribute else thing
        except InnervateError:
            raise
        except Exception as error:
            if source.whose == "innervate":
                raise
            raise ConfigError(
                f"The {self.kind} {name!r} of {source.whose} cannot be imported: {type(error).__name__}: {error}."
            ) from error

    def _load(self, name: str) -> T:
        source = self.only_source(name)
        thing = self.imported(name, source)
        return thing if self._pick is None else self._pick(name, thing, source)

    def _sources(self) -> dict[str, tuple[Source, ...]]:
        """Every entry that is not merely added, by name; more than one source is a clash."""
        found: dict[str, tuple[Source, ...]] = {n: (s,) for n, s in _files(self._folder, self.package).items()}
        for point in _announced(self.group):
            whose = point.dist.name if point.dist is not None else "a package"
            source = Source(point.module, point.attr, _locate(point.module), whose)
            name = spelled(point.name)
            found[name] = (*found.get(name, ()), source)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([*self._sources(), *self._added])

    def __len__(self) -> int:
        return len({*self._sources(), *self._added})

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (spelled(name) in self._added or spelled(name) in self._sources())


def _same_thing(a: Any, b: Any) -> bool:
    def full(thing: Any) -> Any:
        return getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)

    return a is b or (full(a)[1] is not None and full(a) == full(b))


def _files(folder: Path | None, package: str) -> dict[str, Source]:
    if folder is None:
        return {}
    found: dict[str, Source] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("_", ".")):
            continue
        if path.suffix == ".py":
            found[spelled(path.stem)] = Source(f"{package}.{path.stem}", path=path)
        elif (path / "__init__.py").is_file():
            found[spelled(path.name)] = Source(f"{package}.{path.name}", path=path / "__init__.py")
    return found


@cache
def _locate(module: str) -> Path | None:
    """The source file of a module; its parents are not imported, only the topmost is looked up."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    for root in spec.submodule_search_locations or ():
        path = Path(root).joinpath(*rest)
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def public_things(module: ModuleType, wanted: Callable[[Any], bool]) -> list[Any]:
    """What a module (or, for a folder, its `__init__`) offers that is wanted: public, and of its own code."""
    own = module.__name__
    found: list[Any] = []
    for name, thing in vars(module).items():
        named = isinstance(thing, type) or inspect.isroutine(thing)  # a value says only where its class is from
        where = getattr(thing, "__module__", own) if named else own
        mine = where == own or (hasattr(module, "__path__") and str(where).startswith(own + "."))
        if not name.startswith("_") and mine and wanted(thing) and thing not in found:
            found.append(thing)
    return found


def the_one(kind: str, name: str, thing: Any, source: Source, wanted: Callable[[Any], bool], what: str) -> Any:
    """The one public thing of the wanted kind in an entry's module, or the very thing that an entry point names.

    Raises `ConfigError` where there is none, or more than one.
    """
    if not isinstance(thing, ModuleType):
        if not wanted(thing):
            raise ConfigError(f"The {kind} {name!r}, {source.module}:{source.attribute}, is not {what}.")
        return thing
    found = public_things(thing, wanted)
    if len(found) != 1:
        names = ", ".join(getattr(f, "__name__", repr(f)) for f in found) or "nothing of the kind"
        raise ConfigError(f"{source.path or source.module} should have exactly one public {what}; it has {names}.")
    return found[0]


def picker(kind: str, wanted: Callable[[Any], bool], what: str) -> Callable[[str, Any, Source], Any]:
    """For a catalogue whose entries hold one thing of a kind each."""

    def pick(name: str, thing: Any, source: Source) -> Any:
        return the_one(kind, name, thing, source, wanted, what)

    return pick


def full_name(kind: type) -> str:
    """`module:Class`, as it is written beside a name that is not innervate's own."""
    return f"{kind.__module__}:{kind.__qualname__}"


def is_config(thing: Any) -> bool:
    """Whether something is a configuration class: a frozen dataclass with `build`, called `NameConfig`."""
    if not (isinstance(thing, type) and thing.__name__.endswith("Config") and hasattr(thing, "__dataclass_params__")):
        return False
    return cast("Any", thing).__dataclass_params__.frozen and hasattr(thing, "build")

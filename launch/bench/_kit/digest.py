"""What a measured piece depends on: the digest of the sources that it runs, walked import by import."""

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path


@cache
def _source(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Modules of this project, and of the measuring package, that a module imports anywhere in its text."""
    path = _source(module)
    if path is None:
        return ()
    base = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = base[: len(base) - node.level + 1] if node.level else []
            stem = ".".join([*above, *([node.module] if node.module else [])])
            found.add(stem)
            found.update(f"{stem}.{alias.name}" for alias in node.names)
    top = module.split(".")[0]
    return tuple(sorted(f for f in found if f.split(".")[0] in (top, "innervate") and _source(f) is not None))


@cache
def sources(module: str) -> tuple[str, ...]:
    """A module and all that it imports, directly and through others, by name; the bench's own kit left out."""
    seen, waiting = set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name in seen or ".bench._kit" in name:
            continue
        seen.add(name)
        waiting.extend(_imports(name))
    return tuple(sorted(seen))


@cache
def digest(module: str) -> str:
    """Sixteen digits that change when the source of anything that `module` can run does."""
    text = hashlib.sha256()
    for name in sources(module):
        path = _source(name)
        if path is not None:
            text.update(name.encode() + b"\0" + what_runs(path.read_text(encoding="utf-8")).encode() + b"\0")
    return text.hexdigest()[:16]


def what_runs(source: str) -> str:
    """A source without what changes no figure: comments, layout, docstrings and the list of public names."""
    tree = ast.parse(source)
    tree.body = [line for line in tree.body if not _is_all(line)]
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [line for line in node.body if not _is_text(line)]
    return ast.dump(tree)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_all(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"

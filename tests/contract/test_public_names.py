"""What a module of the frame offers is written in its `__all__`: all that it defines without an underscore, no more."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAME = [
    *(path for path in sorted((ROOT / "launch/_root").glob("[a-z]*.py")) if path.name != "moved.py"),
    *(path for room in ("agents", "controllers", "envs") for path in sorted((ROOT / room).glob("[a-z]*.py"))),
]


def defined(tree: ast.Module) -> set[str]:
    names = set[str]()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return {name for name in names if not name.startswith("_")}


def declared(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return [str(ast.literal_eval(name)) for name in node.value.elts]  # pyright: ignore[reportAttributeAccessIssue]
    return None


@pytest.mark.parametrize("path", FRAME, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_names_are_declared(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = declared(tree)
    assert names is not None, f"{path.relative_to(ROOT)} has no __all__"
    assert sorted(names) == sorted(defined(tree))
    assert len(names) == len(set(names))


def test_packages_that_hand_on_names_declare_them() -> None:
    silent = list[str]()
    for room in ("agents", "controllers", "envs", "launch", "perception"):
        for path in sorted((ROOT / room).rglob("__init__.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            handed = any(isinstance(node, ast.ImportFrom) and node.level == 1 for node in tree.body)
            if handed and declared(tree) is None:
                silent.append(str(path.relative_to(ROOT)))
    assert not silent

"""Which room may import what: the arrows of docs/architecture.md, walked in the source; and nothing goes in circles."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("agents", "controllers", "envs", "launch", "perception")
FORBIDDEN = {
    "envs": {"torch", "stable_baselines3", "agents", "controllers", "perception", "launch"},
    "controllers": {"gymnasium", "mujoco", "stable_baselines3", "agents", "envs", "perception", "launch"},
    "perception": {"gymnasium", "mujoco", "stable_baselines3", "agents", "envs", "controllers", "launch"},
    "agents": {"launch"},
    "launch": set[str](),
}
GROUND = {"agents", "controllers", "envs", "launch", "perception", "torch", "gymnasium", "mujoco", "stable_baselines3"}


def module_name(path: Path, root: Path = ROOT) -> str:
    """The name under which a file is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(("innervate", *(parts[2:] if parts[:2] == ("launch", "_root") else parts)))


def imports(path: Path, root: Path = ROOT) -> set[str]:
    """Full names of all that a file imports, in functions and for type checking too."""
    name = module_name(path, root).split(".")
    base = name if path.name == "__init__.py" else name[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = base[: len(base) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def imported(path: Path, root: Path = ROOT) -> set[str]:
    """Names of top-level packages, or rooms of innervate, that a file imports."""
    room = path.relative_to(root).parts[0]
    names: set[str] = set()
    for full in imports(path, root):
        parts = full.split(".")
        names.add(parts[1] if parts[0] == "innervate" and len(parts) > 1 else parts[0])
    return names - {room}


def circles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other (Tarjan's strongly connected components of more than one node)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in graph:
        if node not in index:
            visit(node)
    return found


@cache
def file_graph() -> tuple[dict[str, Path], dict[str, set[str]]]:
    """Every file of the rooms by module name, and which of them each imports."""
    files = {module_name(path): path for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    graph = {
        name: {full if full in files else full.rpartition(".")[0] for full in imports(path)} & files.keys() - {name}
        for name, path in files.items()
    }
    return files, graph


@pytest.mark.parametrize("room", ROOMS)
def test_no_wrong_arrow(room: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): sorted(imported(path) & FORBIDDEN[room])
        for path in (ROOT / room).rglob("*.py")
        if imported(path) & FORBIDDEN[room]
    }
    assert not wrong


def test_the_ground_floor_knows_no_room() -> None:
    """But for its front step, which registers the environments and imports the rest when it is asked for."""
    for path in (ROOT / "launch" / "_root").glob("*.py"):
        rooms = {full.split(".")[1] for full in imports(path) if full.startswith("innervate.")} & GROUND
        heavy = {full.split(".")[0] for full in imports(path)} & GROUND
        assert path.name in ("__init__.py", "__main__.py") or not rooms | heavy, f"{path} imports {rooms | heavy}"


def test_no_files_in_a_circle() -> None:
    _, graph = file_graph()
    assert circles(graph) == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_folders_in_a_circle(room: str) -> None:
    files, graph = file_graph()

    def folder(name: str) -> str | None:
        parts = files[name].relative_to(ROOT).parts[:-1]
        return "/".join(parts) if parts[0] == room and "_root" not in parts else None

    folders: dict[str, set[str]] = {}
    for name, others in graph.items():
        here = folder(name)
        if here is not None:
            there = {f for other in others if (f := folder(other)) is not None and f != here}
            folders.setdefault(here, set()).update(there)
    assert circles(folders) == []


def test_no_command_and_no_test_imports_a_benchmark() -> None:
    where = [*(ROOT / "launch").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    bench, tests_of_bench = ROOT / "launch" / "bench", ROOT / "tests" / "launch" / "bench"
    kit = "innervate.launch.bench._kit.benchmark."  # their names, not what they measure
    for path in where:
        if path.is_relative_to(bench) or path.is_relative_to(tests_of_bench):
            continue
        if path == ROOT / "launch" / "commands" / "bench.py":
            continue
        wrong = [f for f in imports(path) if f.startswith("innervate.launch.bench.") and not f.startswith(kit)]
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_the_walk_sees_a_wrong_arrow(tmp_path: Path) -> None:
    (tmp_path / "envs" / "deep").mkdir(parents=True)
    file = tmp_path / "envs" / "deep" / "x.py"
    file.write_text("def f():\n    from ...controllers import ncap\n    import torch\nfrom ..task import Task\n")
    assert imported(file, tmp_path) & FORBIDDEN["envs"] == {"controllers", "torch"}


def test_the_walk_sees_a_circle() -> None:
    assert circles({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}) == [["a", "b", "c"]]


def test_import_is_light_and_silent() -> None:
    heavy = "{'torch', 'mujoco', 'dm_control', 'stable_baselines3'}"
    code = f"import sys, innervate; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
    assert out.stderr == ""

"""A torch module as text: one line an operator of ATen's core set, to be read again without running foreign code."""

import ast
import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload

from innervate.errors import ConfigError

from .probe import Touch

__all__ = ["DTYPES", "SIZE", "Program", "Step", "Variable", "play", "read", "trace"]

OBSERVATION, RESULT = "observation", "result"
DTYPES = {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64, "bool": torch.bool}
SIZE = 100_000
"""Characters of a line, and lines of a program, at most."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a module computes. Lines look like Python (`x2 = addmm.default(w_bias, observation, x1)`) and are not."""

    lines: tuple[str, ...]
    weights: Mapping[str, tuple[int, ...]]
    """Shapes of what may be trained, by name."""
    constants: Mapping[str, tuple[int, ...]]
    """Shapes of what may not: buffers, and tensors written in the module's code."""
    dtypes: Mapping[str, str]
    """Of the constants that are not float32."""
    parts: Mapping[str, str]
    """The module's own submodules with one vector each as output: path in the module -> variable."""


@dataclass(frozen=True)
class Step:
    """One line, read: `target = function(*positional, **named)`."""

    target: str
    function: Callable[..., Any]
    positional: tuple[Any, ...]
    named: Mapping[str, Any]


@dataclass(frozen=True)
class Variable:
    """A name that stands for a value."""

    name: str


def trace(module: nn.Module, inputs: int) -> tuple[Program, dict[str, Tensor]]:
    """A module (batch, inputs) -> (batch, outputs), in evaluation mode, and the values of its weights and constants.

    Raises:
        ConfigError: what the module does cannot be written down: control flow that depends on values, operators that
            draw random numbers or write in place, several outputs.
    """
    was_training = module.training
    module.eval()
    example = torch.zeros(3, inputs)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of torch.export about its own insides
            whole = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))
            whole = whole.run_decompositions()
    except Exception as error:  # torch.export raises whatever the module's own code does
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ConfigError(
            f"{type(module).__name__} cannot be written down as a program of (batch, {inputs}) -> (batch, actions): "
            f"{reason} Give a module whose forward takes one float tensor and has no control flow on its values; for "
            "one with a memory write an innervate.controllers.Controller."
        ) from error
    finally:
        module.train(was_training)
    return _written(whole)


def _written(whole: torch.export.ExportedProgram) -> tuple[Program, dict[str, Tensor]]:
    values: dict[str, Tensor] = {}
    names: dict[str, str] = {}
    kinds: dict[str, dict[str, tuple[int, ...]]] = {"weights": {}, "constants": {}}
    for spec in whole.graph_signature.input_specs:
        kind = spec.kind.name
        if kind == "USER_INPUT":
            names[spec.arg.name] = OBSERVATION
            continue
        of = spec.target or spec.arg.name
        value: Any = whole.state_dict[of] if of in whole.state_dict else whole.constants[of]
        name = of.replace(".", "_")
        room = kinds["weights" if kind == "PARAMETER" else "constants"]
        values[name], room[name] = value.detach().clone(), tuple(value.shape)
        names[spec.arg.name] = f"w_{name}"
    lines: list[str] = []
    parts: dict[str, str] = {}
    for node in whole.graph.nodes:
        if node.op == "output":
            (out,) = node.args
            if len(out) != 1:
                raise ConfigError(f"A controller's module has one output, the actions; this one has {len(out)}.")
            lines.append(f"{RESULT} = {names[out[0].name]}")
        elif node.op == "call_function":
            names[node.name] = f"x{len(lines)}"
            lines.append(f"{names[node.name]} = {_call(node, names)}")
            shape = getattr(node.meta.get("val"), "shape", ())
            where = list((node.meta.get("nn_module_stack") or {}).values())
            if len(shape) == 2 and where and where[-1][0]:
                parts[where[-1][0].replace("/", ".")] = names[node.name]
    dtypes = {n: str(values[n].dtype).removeprefix("torch.") for n in kinds["constants"]}
    unknown = {n: d for n, d in dtypes.items() if d not in DTYPES}
    if unknown:
        raise ConfigError(f"A program holds {', '.join(DTYPES)}; the module holds {unknown}.")
    others = {n: d for n, d in dtypes.items() if d != "float32"}
    return Program(lines=tuple(lines), parts=parts, dtypes=others, **kinds), values


def _call(node: Any, names: Mapping[str, str]) -> str:
    def text(value: Any) -> str:
        if isinstance(value, torch.fx.Node):
            return names[value.name]
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(text(v) for v in value)}]"
        if isinstance(value, torch.dtype):
            return str(value).removeprefix("torch.")
        if value is None or isinstance(value, (bool, int, float, str)):
            return {"inf": "1e999", "-inf": "-1e999"}.get(str(value), repr(value))
        raise ConfigError(f"{node.target} is given {value!r}, which a program cannot hold.")

    if node.target is operator.getitem:
        return f"{text(node.args[0])}[{node.args[1]}]"
    name = str(node.target).removeprefix("aten.")
    _operator(name)
    kept = {
        k: v for k, v in node.kwargs.items() if not isinstance(v, torch.device) and k not in ("pin_memory", "layout")
    }
    return f"{name}({', '.join([*map(text, node.args), *(f'{k}={text(v)}' for k, v in kept.items())])})"


def _operator(name: str) -> Callable[..., Any]:
    """An operator of ATen's core set that neither writes in place nor draws random numbers."""
    base, _, overload = name.partition(".")
    packet = getattr(torch.ops.aten, base, None) if base.isidentifier() and not base.startswith("__") else None
    found: Any = getattr(packet, overload or "default", None)
    if not isinstance(found, OpOverload):
        raise ConfigError(f"{name} is no operator of ATen.")
    schema: Any = found._schema  # pyright: ignore[reportPrivateUsage]
    if schema.is_mutable or torch.Tag.nondeterministic_seeded in found.tags:
        raise ConfigError(
            f"{name} writes in place or draws random numbers: a controller keeps nothing, throws no dice."
        )
    if torch.Tag.core not in found.tags:
        raise ConfigError(f"{name} is no operator of ATen's core set, of which a controller's program is made.")
    return found


def read(lines: Sequence[str]) -> list[Step]:
    """The steps of a program. Nothing is evaluated: only names, numbers, lists and calls of known operators are read.

    Raises:
        ConfigError: a line that is none of that, or uses a name before it has a value.
    """
    if len(lines) > SIZE or any(len(line) > SIZE for line in lines):
        raise ConfigError(f"A program has at most {SIZE} lines of {SIZE} characters.")
    steps = [_line(number, line) for number, line in enumerate(lines, 1)]
    if not steps or steps[-1].target != RESULT:
        raise ConfigError(f"A program ends with a line '{RESULT} = ...'.")
    return steps


def _line(number: int, line: str) -> Step:
    try:
        (statement,) = ast.parse(line).body
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            raise ValueError("no assignment")
        return _step(statement.targets[0].id, statement.value)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ConfigError(f"Line {number} of the program cannot be read: {line[:100]!r}.") from error


def _step(target: str, node: ast.expr) -> Step:
    if isinstance(node, ast.Name):
        return Step(target, _same, (Variable(node.id),), {})
    if isinstance(node, ast.Subscript):
        return Step(target, operator.getitem, (_value(node.value), _value(node.slice)), {})
    if not isinstance(node, ast.Call):
        raise ValueError("no call")
    named = {k.arg: _value(k.value) for k in node.keywords if k.arg is not None}
    if len(named) != len(node.keywords):
        raise ValueError("a mapping among the arguments")
    return Step(target, _operator(ast.unparse(node.func)), tuple(map(_value, node.args)), named)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return DTYPES.get(node.id, Variable(node.id))
    if isinstance(node, ast.List):
        return [_value(e) for e in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        if isinstance(node.operand.value, (int, float)):
            return -node.operand.value
    elif isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, (bool, int, float, str))):
        return node.value
    raise ValueError("neither a name, a number nor a list")


def _same(value: Tensor) -> Tensor:
    return value


def play(steps: Sequence[Step], values: Mapping[str, Any], touch: Touch, parts: Mapping[str, str]) -> Tensor:
    """Run a program on named values; `parts` (variable -> name) are handed to `touch` on the way."""
    known = dict(values)

    def get(value: Any) -> Any:
        if isinstance(value, Variable):
            if value.name not in known:
                raise ConfigError(f"The program uses {value.name!r} before it has a value.")
            return known[value.name]
        return [get(v) for v in value] if isinstance(value, list) else value

    for step in steps:
        made = step.function(*map(get, step.positional), **{k: get(v) for k, v in step.named.items()})
        known[step.target] = touch.part(parts[step.target], made) if step.target in parts else made
    return known[RESULT]

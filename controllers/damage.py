"""How lesions interfere with one control step of a circuit."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .noise import standard_normal
from .probe import Lesion, Touch
from .spec import State

__all__ = ["MARK", "Both", "Damage", "Targets", "late_steps", "targets_of", "width"]

MARK = "lesion/"
"""Leads the names of what lesions remember."""
Targets = Mapping[str, int | None]
"""What a lesion hits: part or neuron to one unit of it, or None for all of it."""

_UNIT = re.compile(r"(?P<part>.+)\[(?P<unit>\d+)\]")


class Both(Touch):
    """One touch, then another."""

    def __init__(self, first: Touch, then: Touch) -> None:
        self._first, self._then = first, then

    def part(self, name: str, activity: Tensor) -> Tensor:
        """The first's answer is what the other meets."""
        return self._then.part(name, self._first.part(name, activity))

    def neurons(self, names: Sequence[str], activity: Tensor) -> Tensor:
        """The first's answer is what the other meets."""
        return self._then.neurons(names, self._first.neurons(names, activity))

    def within(self, prefix: str) -> Touch:
        """Both within."""
        return Both(self._first.within(prefix), self._then.within(prefix))


class Damage(Touch):
    """Interferes with one control step; `after` is what the lesions remember of it."""

    def __init__(
        self,
        lesions: Sequence[Lesion],
        targets: Sequence[Targets],
        dt_s: float,
        state: State,
        prefix: str = "",
        after: State | None = None,
    ) -> None:
        self._lesions, self._targets, self._dt_s = lesions, targets, dt_s
        self._state, self._prefix = state, prefix
        self.after: State = after if after is not None else {k: v for k, v in state.items() if k.startswith(MARK)}
        if after is None and "lesion/step" in state:
            self.after["lesion/step"] = state["lesion/step"] + 1

    def within(self, prefix: str) -> Touch:
        """The same damage to a circuit within."""
        return Damage(self._lesions, self._targets, self._dt_s, self._state, self._prefix + prefix, self.after)

    def part(self, name: str, activity: Tensor) -> Tensor:
        """What is left of a part."""
        name = self._prefix + name
        for i, targets in enumerate(self._targets):
            if name in targets:
                unit = targets[name]
                if unit is None:
                    activity = self._changed(i, activity, list(targets).index(name) * activity.shape[-1])
                else:
                    activity = self._column(i, activity, unit, list(targets).index(name))
        return activity

    def neurons(self, names: Sequence[str], activity: Tensor) -> Tensor:
        """What is left of each neuron."""
        for i, targets in enumerate(self._targets):
            for column, name in enumerate(names):
                if self._prefix + name in targets:
                    activity = self._column(i, activity, column, list(targets).index(self._prefix + name))
        return activity

    def _column(self, i: int, activity: Tensor, column: int, start: int) -> Tensor:
        hurt = self._changed(i, activity[..., column : column + 1], start)
        return torch.cat([activity[..., :column], hurt, activity[..., column + 1 :]], -1)

    def _changed(self, i: int, now: Tensor, start: int) -> Tensor:
        """`now` under lesion `i`, whose memory holds it from `start` on."""
        lesion = self._lesions[i]
        hurt = self._hurt(i, lesion, now, slice(start, start + now.shape[-1]))
        if lesion.always:
            return hurt
        t_s = self._state["lesion/step"].to(now.dtype).unsqueeze(-1) * self._dt_s + 1e-9
        return torch.where((t_s >= lesion.from_s) & (t_s < lesion.to_s), hurt, now)

    def _hurt(self, i: int, lesion: Lesion, now: Tensor, place: slice) -> Tensor:
        if lesion.kind == "silent":
            return now * (1 - lesion.severity)
        step = self._state["lesion/step"]
        if lesion.kind == "noise":
            noise = standard_normal(self._state["lesion/lane"], step, i, place.start, now.shape[-1])
            return now + lesion.severity * noise.to(now.dtype)
        if lesion.kind == "frozen":
            name = f"lesion/{i}/held"
            not_yet = (step <= round(lesion.from_s / self._dt_s)).unsqueeze(-1)
            held = torch.where(not_yet, now, self._state[name][..., place])
            self.after[name] = _put(self.after[name], held, place)
            return (1 - lesion.severity) * now + lesion.severity * held
        name = f"lesion/{i}/line"
        line = self._state[name][..., place]
        self.after[name] = _put(self.after[name], torch.cat([line[:, 1:], now.unsqueeze(1)], 1), place)
        return line[:, 0]


def late_steps(lesion: Lesion, dt_s: float) -> int:
    """By how many control steps a late part is late, at least one."""
    return max(1, round(lesion.severity / dt_s))


def targets_of(name: str, seen: Mapping[str, Tensor]) -> Targets | None:
    """What a lesion of that name hits among the parts that a probe has seen; None where it names none of them."""
    if name in seen:
        return {name: None}
    match = _UNIT.fullmatch(name)
    if match is not None and match["part"] in seen and int(match["unit"]) < seen[match["part"]].shape[-1]:
        return {match["part"]: int(match["unit"])} if seen[match["part"]].dim() > 1 else None
    return None


def width(targets: Targets, seen: Mapping[str, Tensor]) -> int:
    """How many numbers a lesion touches."""
    return sum(1 if unit is not None or seen[n].dim() == 1 else seen[n].shape[-1] for n, unit in targets.items())


def _put(into: Tensor, part: Tensor, place: slice) -> Tensor:
    return torch.cat([into[..., : place.start], part, into[..., place.stop :]], -1)

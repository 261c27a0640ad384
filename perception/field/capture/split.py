"""Which views are learnt from, and which are kept to measure with."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from innervate.errors import ConfigError

from .picture import plain

EVERY = 8
"""Without a split, one view in as many is held out, beginning with the first, as is usual."""


def split_of(document: dict[str, Any], names: Sequence[str]) -> tuple[list[bool], list[bool], list[str]]:
    """Which views are used at all, which of them are held out, and what is to be said about it.

    What `train_filenames` leaves out is never learnt from; `val_filenames` are scored where there is no test.
    """
    given = {k: {plain(n) for n in document.get(f"{k}_filenames") or ()} for k in ("train", "val", "test")}
    if not any(given.values()):
        if len(names) < EVERY:
            few = f"{len(names)} views are too few to hold one out: nothing will tell how good the field is."
            return [True] * len(names), [False] * len(names), [few]
        held = [k % EVERY == 0 for k in range(len(names))]
        return [True] * len(names), held, [f"No split: every {EVERY}th view is held out ({sum(held)} of {len(names)})."]
    unknown = sorted(set().union(*given.values()) - set(names))
    files = Counter(n.rsplit("/", 1)[-1] for n in names)
    if unknown and len(unknown) == len(set().union(*given.values())) and max(files.values()) == 1:
        whole = {n.rsplit("/", 1)[-1]: n for n in names}  # the split leaves the folders out
        given = {k: {whole.get(n.rsplit("/", 1)[-1], n) for n in v} for k, v in given.items()}
        unknown = sorted(set().union(*given.values()) - set(names))
    learnt = [n in given["train"] if given["train"] else n not in given["val"] | given["test"] for n in names]
    if not any(learnt):
        raise ConfigError("The split of this capture leaves no picture to learn from: `train_filenames` are the "
                          f"`file_path` of frames, such as {names[0]!r}.")  # fmt: skip
    scored = given["test"] or given["val"] or set(names)
    held = [not at and n in scored for at, n in zip(learnt, names, strict=True)]
    used = [a or b for a, b in zip(learnt, held, strict=True)]
    left = len(names) - sum(used)
    said = [f"{left} views are neither learnt from nor scored, as the split says."] if left else []
    if unknown:
        more = ", ..." if len(unknown) > 3 else ""
        said.append(f"{len(unknown)} names of the split are no pictures here: {', '.join(unknown[:3])}{more}.")
    if not any(held):
        said.append("Nothing is held out: what the split keeps for a test is learnt from as well, or is not there.")
    return used, held, said

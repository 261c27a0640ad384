"""Which places a query truly shows, as data sets say it: one number a line, several, or a table of NumPy."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from innervate.errors import ConfigError

from .object_array import objects


def read_truth(path: Path, queries: int, places: int, tolerance: int = 0) -> Bool[np.ndarray, "query place"]:
    """Ground truth from a file.

    Text has a line for each query with the numbers of its places, from 0; -1 or an empty line where none is in the map.
    A `.npy` holds a matrix (query, place) of Booleans, or of 0 and 1, a vector of numbers, or rows of (query, all its
    places); public benchmarks ship the last as an array of objects, whose numbers are read without unpickling it.

    Raises:
        ConfigError: the file cannot be read, or speaks of queries or places that there are not.
    """
    named = _table(path, queries) if path.suffix.lower() == ".npy" else _text(path, queries)
    if isinstance(named, np.ndarray):
        if named.shape != (queries, places):
            raise ConfigError(f"{path} is a matrix of {named.shape}; there are {queries} queries and {places} places.")
        rows = [np.flatnonzero(row) for row in named]
    else:
        rows = named
    truth = np.zeros((queries, places), bool)
    for query, numbers in enumerate(rows):
        for number in numbers:
            if number >= places or number < -1:
                raise ConfigError(f"{path} says that query {query} shows place {number}; places are 0 to {places - 1}.")
            if number >= 0:
                truth[query, max(number - tolerance, 0) : number + tolerance + 1] = True
    return truth


def _text(path: Path, queries: int) -> list[list[int]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
        rows = [[_whole(word) for word in line.replace(",", " ").split()] for line in lines if line[:1] != "#"]
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} is no list of place numbers, a line for each query, nor a .npy of such ({error})."
        ) from error
    if len(rows) != queries:
        raise ConfigError(f"{path} has {len(rows)} lines for {queries} images.")
    return rows


def _whole(word: str) -> int:
    number = float(word)
    if not number.is_integer():
        raise ValueError(f"{word} is no whole number")
    return int(number)


def _table(path: Path, queries: int) -> np.ndarray | list[list[int]]:
    try:
        with path.open("rb") as stream:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
            if dtype.hasobject:
                return _queries(path, _pairs(shape, objects(stream)), queries)
        table = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, IndexError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"{path} is no table of places ({error}). Write it as text: for each query a line with the numbers of its "
            "places."
        ) from error
    ones = table.dtype.kind in "iuf" and table.ndim == 2 and table.shape[0] == queries and table.shape[1] > 2
    if table.dtype == bool or (ones and bool(np.isin(table, (0, 1)).all())):
        return table.astype(bool)
    if table.dtype.kind == "f" and (table == np.floor(table)).all():
        table = table.astype(np.int64)
    if not np.issubdtype(table.dtype, np.integer) or table.ndim not in (1, 2):
        raise ConfigError(f"{path} holds {table.dtype} of shape {table.shape}, not numbers of places.")
    if table.ndim == 1:
        if len(table) != queries:
            raise ConfigError(f"{path} has {len(table)} entries for {queries} images.")
        return [[int(n)] for n in table]
    return _queries(path, [(query, numbers) for query, *numbers in table.tolist()], queries)


def _pairs(shape: tuple[int, ...], elements: list[Any]) -> list[tuple[int, list[int]]]:
    """(query, places) of each row of an array of objects."""
    if len(shape) != 2 or shape[1] != 2 or len(elements) != 2 * shape[0]:
        raise ValueError(f"its rows are not pairs of a query and its places: the shape is {shape}")
    pairs = [(elements[i], elements[i + 1]) for i in range(0, len(elements), 2)]
    found = [(query, list(places) if isinstance(places, list) else [places]) for query, places in pairs]
    if not all(type(n) is int for query, places in found for n in (query, *places)):
        raise ValueError("it holds what is no whole number")
    return found


def _queries(path: Path, pairs: list[tuple[int, list[int]]], queries: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(queries)]
    for query, numbers in pairs:
        if not 0 <= query < queries:
            raise ConfigError(f"{path} speaks of query {query}; queries are 0 to {queries - 1}.")
        rows[query] += numbers
    return rows

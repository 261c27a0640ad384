"""The bridge's own CBOR against cbor2, and against whatever bytes."""

import math
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from innervate.launch.ros.bridge import cbor
from innervate.launch.ros.bridge.errors import MessageError

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(values)
def test_reads_and_writes_as_cbor2(value: Any) -> None:
    assert cbor.decode(cbor2.dumps(value)) == value
    assert cbor2.loads(cbor.encode(value)) == value


@pytest.mark.parametrize("code", ["u1", "<u2", "<u4", "<u8", "i1", "<i2", "<i4", "<i8", "<f4", "<f8"])
def test_typed_arrays_keep_every_bit(code: str) -> None:
    array = np.frombuffer(np.random.default_rng(0).bytes(80), code)
    if array.dtype.kind == "f":
        array = array[np.isfinite(array)]
    again = cbor.decode(cbor.encode(array))
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)
    tag = cbor2.loads(cbor.encode(array))
    np.testing.assert_array_equal(np.frombuffer(tag.value, code), array)


def test_big_endian_arrays_are_read() -> None:
    data = cbor2.dumps(cbor2.CBORTag(82, np.array([1.5, -2], ">f8").tobytes()))
    np.testing.assert_array_equal(cbor.decode(data), [1.5, -2])


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
@example(b"\x9b" + b"\xff" * 8)  # an array of 2^64 entries
@example(b"\x5b" + b"\x7f" * 8)  # a string of 2^63 bytes
@example(b"\x81" * 10000 + b"\x00")  # nested 10000 deep
@example(cbor2.dumps(cbor2.CBORTag(35, "(a+)+$")))  # a regular expression
@example(b"\xd8\x1c\x81\xd8\x1d\x00")  # a list that contains itself
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        cbor.decode(data)
    except MessageError:
        return


@pytest.mark.parametrize("bad", [math.nan, math.inf, np.array([1.0, math.nan]), {1: 2}.keys(), object(), 2**64])
def test_what_is_not_written(bad: Any) -> None:
    with pytest.raises(MessageError):
        cbor.encode({"value": bad})

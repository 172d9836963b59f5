"""Arguments and options that are seldom used: matrices of numpy, seeds of other types, an index that is given twice."""

from __future__ import annotations

import math
import random
from typing import Any

import mpmath
import numpy as np
import pytest

from autograd_core import InputError, OperandTypeError, sin
from autograd_core.testing import check_grads, check_op
from failures import failure

COLUMN = np.array([[1.0], [2.0]]).view(np.matrix)
POINT = np.array([[1.0, 2.0], [3.0, 4.0]]).view(np.matrix)


def product(m: Any) -> Any:
    return (m * COLUMN).sum()


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_of_numpy_stays_one() -> None:
    assert check_grads(product, POINT, grad=lambda m: np.array([[1.0, 2.0], [1.0, 2.0]]).view(np.matrix))
    assert check_grads(lambda m: m * COLUMN, POINT, vjp=lambda m, g: g * COLUMN.T)
    report = failure(product, POINT, grad=lambda m: -np.array([[1.0, 2.0], [1.0, 2.0]]).view(np.matrix))
    assert [entry.place for entry in report.failures] == ["m[0, 0]", "m[0, 1]", "m[1, 0]", "m[1, 1]"]


@pytest.mark.parametrize("rng", [np.int64(3), 3, random.Random(3)])
def test_what_is_a_seed(rng: Any) -> None:
    assert check_grads(math.sin, 2.0, grad=math.cos, rng=rng)


@pytest.mark.parametrize("rng", [np.random.default_rng(0), [1], random])
def test_what_is_no_seed(rng: Any) -> None:
    with pytest.raises(InputError, match=r"pass rng=0 or rng=random.Random\(0\)"):
        check_grads(math.sin, 2.0, grad=math.cos, rng=rng)


@pytest.mark.parametrize("argnums", [(0, 0), (1, -1)])
def test_an_argument_is_named_once(argnums: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="each argument once in argnums"):
        check_grads(lambda x, y: x * y, 2.0, 3.0, argnums=argnums)


def test_an_error_of_a_meaning_names_the_op_and_the_point() -> None:
    def unfinished(x: Any) -> Any:
        raise NotImplementedError

    with pytest.raises(NotImplementedError) as caught:
        check_op(sin, meaning=unfinished)
    assert caught.value.__notes__[0].startswith("raised by the meaning of sin at (")
    with pytest.raises(OperandTypeError, match="the meaning of sin to return a number of mpmath, got None"):
        check_op(sin, meaning=lambda x: None)
    assert check_op(sin, meaning=mpmath.sin)

"""Records whose operands are views, in typed loops.

Lanes stand in rows and columns. From a row to the next, from a column to the next and from a term of a sum to the next
every operand moves on by a stride of its own. Sums keep the order of their terms; four columns are summed side by side,
because an addition takes longer than it takes to begin the next one.
"""

from __future__ import annotations

from librt.vecs import vec
from mypy_extensions import i64

from autograd_core.compiler.kernels import (
    CODE_ADD,
    CODE_DIV,
    CODE_DOT,
    CODE_MUL,
    CODE_SUB,
    CODE_SUM,
    FIRST_TERNARY,
    FIRST_UNARY,
    binary,
    ternary,
    unary,
)
from autograd_core.compiler.records import COLUMNS, DESTINATION, LANES, OPERANDS, ROW, STRIDES, TERMS


def run_strided(code: i64, heads: vec[i64], h: i64, buffer: vec[float]) -> None:
    """Run the record whose fields begin at `h`."""
    columns, row = heads[h + COLUMNS], heads[h + ROW]
    d, end = heads[h + DESTINATION], heads[h + DESTINATION] + heads[h + LANES] // columns * row
    o = h + OPERANDS
    a, ai, aj = heads[o], heads[o + 1], heads[o + 2]
    o += STRIDES
    b, bi, bj = heads[o], heads[o + 1], heads[o + 2]
    o += STRIDES
    c, ci, cj = heads[o], heads[o + 1], heads[o + 2]
    terms, ak, bk = heads[h + TERMS], heads[h + OPERANDS + 3], heads[h + OPERANDS + STRIDES + 3]
    while d != end:
        if code == CODE_DOT:
            _dots(columns, terms, d, a, aj, ak, b, bj, bk, buffer)
        elif code == CODE_SUM:
            _sums(columns, terms, d, a, aj, ak, buffer)
        elif code < FIRST_UNARY:
            _binary(code, columns, d, a, aj, b, bj, buffer)
        elif code < FIRST_TERNARY:
            _unary(code, columns, d, a, aj, buffer)
        else:
            _ternary(code, columns, d, a, aj, b, bj, c, cj, buffer)
        d += row
        a += ai
        b += bi
        c += ci


def _binary(code: i64, columns: i64, d: i64, a: i64, aj: i64, b: i64, bj: i64, buffer: vec[float]) -> None:
    end = d + columns
    if code == CODE_MUL:
        while d < end:
            buffer[d] = buffer[a] * buffer[b]
            d += 1
            a += aj
            b += bj
    elif code == CODE_ADD:
        while d < end:
            buffer[d] = buffer[a] + buffer[b]
            d += 1
            a += aj
            b += bj
    elif code == CODE_SUB:
        while d < end:
            buffer[d] = buffer[a] - buffer[b]
            d += 1
            a += aj
            b += bj
    else:
        while d < end:
            y = buffer[b]
            buffer[d] = buffer[a] / y if code == CODE_DIV and y != 0.0 else binary(code, buffer[a], y)
            d += 1
            a += aj
            b += bj


def _unary(code: i64, columns: i64, d: i64, a: i64, aj: i64, buffer: vec[float]) -> None:
    end = d + columns
    while d < end:
        buffer[d] = unary(code, buffer[a])
        d += 1
        a += aj


def _ternary(
    code: i64, columns: i64, d: i64, a: i64, aj: i64, b: i64, bj: i64, c: i64, cj: i64, buffer: vec[float]
) -> None:
    end = d + columns
    while d < end:
        buffer[d] = ternary(code, buffer[a], buffer[b], buffer[c])
        d += 1
        a += aj
        b += bj
        c += cj


def _sums(columns: i64, terms: i64, d: i64, a: i64, aj: i64, ak: i64, buffer: vec[float]) -> None:
    end = d + columns
    while d < end:
        total = buffer[a]
        place = a + ak
        k: i64 = 1
        while k < terms:
            total += buffer[place]
            place += ak
            k += 1
        buffer[d] = total
        d += 1
        a += aj


def _dots(
    columns: i64, terms: i64, d: i64, a: i64, aj: i64, ak: i64, b: i64, bj: i64, bk: i64, buffer: vec[float]
) -> None:
    end = d + columns
    while d + 4 <= end:
        _four_dots(terms, d, a, aj, ak, b, bj, bk, buffer)
        d += 4
        a += 4 * aj
        b += 4 * bj
    while d < end:
        total = buffer[a] * buffer[b]
        p, q = a + ak, b + bk
        k: i64 = 1
        while k < terms:
            total += buffer[p] * buffer[q]
            p += ak
            q += bk
            k += 1
        buffer[d] = total
        d += 1
        a += aj
        b += bj


def _four_dots(terms: i64, d: i64, a: i64, aj: i64, ak: i64, b: i64, bj: i64, bk: i64, buffer: vec[float]) -> None:
    a1, a2, a3 = a + aj, a + 2 * aj, a + 3 * aj
    b1, b2, b3 = b + bj, b + 2 * bj, b + 3 * bj
    s0, s1, s2, s3 = buffer[a] * buffer[b], buffer[a1] * buffer[b1], buffer[a2] * buffer[b2], buffer[a3] * buffer[b3]
    p, q = ak, bk
    k: i64 = 1
    while k < terms:
        s0 += buffer[a + p] * buffer[b + q]
        s1 += buffer[a1 + p] * buffer[b1 + q]
        s2 += buffer[a2 + p] * buffer[b2 + q]
        s3 += buffer[a3 + p] * buffer[b3 + q]
        p += ak
        q += bk
        k += 1
    buffer[d] = s0
    buffer[d + 1] = s1
    buffer[d + 2] = s2
    buffer[d + 3] = s3

"""Records whose operands are views, in typed loops.

Lanes stand in rows and columns. From a row to the next, from a column to the next and from a term of a sum to the next
every operand moves on by a stride of its own. Sums keep the order of their terms, after the number that they begin
with; -0.0 changes no term that follows it. Four columns are summed side by side, because an addition takes longer than
it takes to begin the next one.
"""

from __future__ import annotations

from librt.vecs import vec
from mypy_extensions import i64

from autograd_core.compiler.kernels import (
    CODE_ADD,
    CODE_DIV,
    CODE_DOT,
    CODE_DOT_FROM,
    CODE_MUL,
    CODE_SUB,
    CODE_SUM,
    FIRST_TERNARY,
    FIRST_UNARY,
    binary,
    ternary,
    unary,
)
from autograd_core.compiler.records import COLUMNS, DESTINATION, IS_STARTED, LANES, OPERANDS, ROW, STRIDES, TERMS


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
    is_started = heads[h + IS_STARTED] != 0
    if code == CODE_DOT_FROM:
        code = CODE_DOT
    while d != end:
        if code == CODE_DOT:
            _dots(columns, terms, d, a, aj, ak, b, bj, bk, is_started, c, cj, buffer)
        elif code == CODE_SUM:
            _sums(columns, terms, d, a, aj, ak, is_started, b, bj, buffer)
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


def _sums(
    columns: i64, terms: i64, d: i64, a: i64, aj: i64, ak: i64, is_started: bool, b: i64, bj: i64, buffer: vec[float]
) -> None:
    end = d + columns
    while d < end:
        total = buffer[b] if is_started else -0.0
        place = a
        k: i64 = 0
        while k < terms:
            total += buffer[place]
            place += ak
            k += 1
        buffer[d] = total
        d += 1
        a += aj
        b += bj


def _dots(
    columns: i64,
    terms: i64,
    d: i64,
    a: i64,
    aj: i64,
    ak: i64,
    b: i64,
    bj: i64,
    bk: i64,
    is_started: bool,
    c: i64,
    cj: i64,
    buffer: vec[float],
) -> None:
    end = d + columns
    if aj == 0:
        a, aj, ak, b, bj, bk = b, bj, bk, a, aj, ak
    while d + 4 <= end:
        if is_started:
            x0, x1, x2, x3 = buffer[c], buffer[c + cj], buffer[c + 2 * cj], buffer[c + 3 * cj]
        else:
            x0 = x1 = x2 = x3 = -0.0
        buffer[d] = x0
        buffer[d + 1] = x1
        buffer[d + 2] = x2
        buffer[d + 3] = x3
        if bj == 0:
            _four_dots_with_one(terms, d, a, aj, ak, b, bk, buffer)
        else:
            _four_dots(terms, d, a, aj, ak, b, bj, bk, buffer)
        d += 4
        a += 4 * aj
        b += 4 * bj
        c += 4 * cj
    while d < end:
        total = buffer[c] if is_started else -0.0
        p, q = a, b
        k: i64 = 0
        while k < terms:
            total += buffer[p] * buffer[q]
            p += ak
            q += bk
            k += 1
        buffer[d] = total
        d += 1
        a += aj
        b += bj
        c += cj


def _four_dots(terms: i64, d: i64, a: i64, aj: i64, ak: i64, b: i64, bj: i64, bk: i64, buffer: vec[float]) -> None:
    """Add the products of four columns to what stands there."""
    a1, a2, a3 = a + aj, a + 2 * aj, a + 3 * aj
    b1, b2, b3 = b + bj, b + 2 * bj, b + 3 * bj
    s0, s1, s2, s3 = buffer[d], buffer[d + 1], buffer[d + 2], buffer[d + 3]
    k: i64 = 0
    while k < terms:
        s0 += buffer[a] * buffer[b]
        s1 += buffer[a1] * buffer[b1]
        s2 += buffer[a2] * buffer[b2]
        s3 += buffer[a3] * buffer[b3]
        a += ak
        a1 += ak
        a2 += ak
        a3 += ak
        b += bk
        b1 += bk
        b2 += bk
        b3 += bk
        k += 1
    buffer[d] = s0
    buffer[d + 1] = s1
    buffer[d + 2] = s2
    buffer[d + 3] = s3


def _four_dots_with_one(terms: i64, d: i64, a: i64, aj: i64, ak: i64, b: i64, bk: i64, buffer: vec[float]) -> None:
    """`_four_dots` where the second factors are the same for all columns, so that they are read once."""
    a1, a2, a3 = a + aj, a + 2 * aj, a + 3 * aj
    s0, s1, s2, s3 = buffer[d], buffer[d + 1], buffer[d + 2], buffer[d + 3]
    k: i64 = 0
    while k < terms:
        x = buffer[b]
        s0 += buffer[a] * x
        s1 += buffer[a1] * x
        s2 += buffer[a2] * x
        s3 += buffer[a3] * x
        a += ak
        a1 += ak
        a2 += ak
        a3 += ak
        b += bk
        k += 1
    buffer[d] = s0
    buffer[d + 1] = s1
    buffer[d + 2] = s2
    buffer[d + 3] = s3

"""Each kind of mistake gets its hint, and right numbers get none."""

import math

import pytest

from autograd_core.testing.hints import hint, same

NAN = math.nan


@pytest.mark.parametrize(
    ("analytic", "numeric", "options", "words"),
    [
        ([-2.5], [2.5], {}, "sign is flipped"),
        ([5.0], [2.5], {}, "analytic = 2 × numeric"),
        ([2.0], [3.0], {}, "analytic = 2/3 × numeric"),
        ([-1.0], [2.0], {}, "analytic = -1/2 × numeric"),
        ([32.0], [2.0], {"uses": 16}, "a sum used instead of a mean"),
        ([0.125], [2.0], {"uses": 16}, "1/16 × numeric"),
        ([7.0, 14.0], [1.0, 2.0], {}, "analytic = 7 ×"),
        ([2.0, 4.0], [1.0, 2.0], {}, "analytic = 2 ×"),
        ([0.1], [2.0], {}, "1/20 × numeric"),
        ([40.0], [2.0], {}, "analytic = 20 × numeric"),
        ([3.0], [10.0], {"paths": [3.0, 7.0]}, "1 of 2 paths, without the other:"),
        ([3.0], [12.5], {"paths": [3.0, 7.0, 2.5]}, "1 of 3 paths, without the others"),
        ([10.0], [12.5], {"paths": [3.0, 7.0, 2.5]}, "1 of 3 paths is missing"),
        ([5.5], [15.6], {"paths": [3.0, 7.0, 2.5, 3.1]}, "2 of 4 paths are missing"),
        ([13.0], [10.0], {"paths": [3.0, 7.0]}, "counted twice"),
        ([0.0], [10.0], {"paths": [3.0, 7.0]}, "it is 0, and there are 2 paths"),
        ([0.0], [10.0], {}, "it is 0"),
        ([1.7, 9.1], [9.1, 1.7], {"names": ["x", "y"]}, "with respect to y: the two are swapped"),
        ([1.7, 1.7], [9.1, 1.7], {}, "with respect to number 1: is a wrong index"),
        ([1.0001], [1.0], {}, "right to about 4 digits"),
        ([1.0 + 2e-9], [1.0], {}, "right to about 8 digits"),
        ([1.37], [1.0], {"elsewhere": {"the other one": 1.37}}, "it is the other one"),
        ([NAN], [1.0], {}, "not finite"),
        ([math.inf], [1.0], {}, "not finite"),
        ([1.0], [NAN], {}, ""),
        ([1.234567], [7.654321], {}, ""),
        ([1.234567, 3.3], [7.654321, NAN], {}, ""),
        ([1e-9], [7.0], {}, ""),
        ([3.0], [0.0], {}, ""),
    ],
)
def test_hints(analytic: list[float], numeric: list[float], options: dict[str, object], words: str) -> None:
    text = hint(analytic, numeric, 0, **options)  # type: ignore[arg-type]
    assert words in text
    assert bool(text) == bool(words)


def test_many_paths_are_compared_one_by_one_only() -> None:
    paths = [1.37**k for k in range(30)]
    assert "1 of 30 paths is missing" in hint([sum(paths) - paths[11]], [sum(paths)], 0, paths)
    assert "paths" not in hint([sum(paths[:20])], [sum(paths)], 0, paths)


def test_same_is_relative() -> None:
    assert same(1e-30, 1.000001e-30)
    assert not same(1e-30, 2e-30)
    assert same(0.0, 0.0)

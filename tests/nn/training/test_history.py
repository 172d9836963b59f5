"""Histories: plain numbers that can be compared, written and read."""

import json
import math
from typing import Any

import pytest
from hypothesis.vendor.pretty import pretty

from autograd_core import InputError
from nn.training.history import Epoch, History, Running

FULL = Epoch(0.5, 0.75, 0.25, 1.0, 0.1, {"layers.0": 3.0, "": 0.1}, {"layers.0": 0.001})


def test_a_history_is_a_sequence_that_can_be_compared() -> None:
    history = History([Epoch(2.0), FULL])
    assert list(history) == [Epoch(2.0), FULL]
    assert history == History([Epoch(2.0), FULL]) != History([FULL])
    assert history != [Epoch(2.0), FULL]
    assert history[:1] == History([Epoch(2.0)])


def test_repr_is_one_line_with_the_change_of_the_losses() -> None:
    assert repr(History()) == pretty(History()) == "History(0 epochs)"
    assert repr(History([Epoch(2.0)])) == "History(1 epoch, loss 2)"
    assert repr(History([Epoch(0.91234), FULL])) == "History(2 epochs, loss 0.912 -> 0.5, validation loss 0.25)"


def test_the_prompt_shows_the_first_and_the_last_epochs() -> None:
    history = History([Epoch(0.5, 0.25, lr=0.1), Epoch(0.125, math.nan, 0.25, 1.0)])
    assert pretty(history).splitlines() == [
        repr(history),
        "epoch   loss  accuracy  validation loss  validation accuracy   lr",
        "    1    0.5     25.0%                                        0.1",
        "    2  0.125       nan             0.25               100.0%",
    ]
    assert pretty([history]) == f"[{history!r}]"
    counts = [line.split()[0] for line in pretty(History([Epoch(1.0)] * 1_000)).splitlines()[2:]]
    assert counts == ["1", "2", "3", "4", "5", "…", "996", "997", "998", "999", "1000"]
    assert "…" not in pretty(History([Epoch(1.0)] * 11))  # it would stand for one epoch


def test_a_notebook_shows_a_table() -> None:
    shown = History([Epoch(0.5, 0.25), FULL])._repr_html_()
    assert (shown.count("<tr>"), shown.count("<td"), shown.count("75.0%")) == (3, 12, 1)


def test_a_history_survives_json_bit_by_bit() -> None:
    history = History([FULL, Epoch(0.1 + 0.2), Epoch(5e-324, validation_loss=math.inf)])
    assert History.of(json.loads(json.dumps(history.records()))) == history


def test_a_column_is_one_measure_of_all_epochs() -> None:
    assert History([Epoch(2.0), FULL]).column("validation_loss") == [None, 0.25]
    with pytest.raises(InputError, match=r"one of loss, accuracy, .* got 'los'"):
        History().column("los")


def test_the_validation_counts_if_there_is_one() -> None:
    assert (FULL.measured("loss"), FULL.measured("accuracy")) == (0.25, 1.0)
    assert (Epoch(2.0, 0.5).measured("loss"), Epoch(2.0, 0.5).measured("accuracy")) == (2.0, 0.5)
    assert Epoch(2.0, 0.5, 1.0).measured("accuracy") is None


def test_an_epoch_is_a_line_of_text() -> None:
    assert str(FULL) == "loss 0.5000, accuracy 75.0%, validation loss 0.2500, accuracy 100.0%"
    assert str(Epoch(2.0, None, 1.0)) == "loss 2.0000, validation loss 1.0000"


def test_an_epoch_under_way_is_a_mean_over_samples() -> None:
    running = Running()
    running.add(1.0, 3, right=2, judged=3)
    running.add(2.0, 1, right=0, judged=1)
    assert running.epoch()[:2] == (1.25, 0.5)
    assert running.epoch((7.0, 0.25))[2:4] == (7.0, 0.25)
    again = Running.of(json.loads(json.dumps(running.state_dict())))
    assert again == running


@pytest.mark.parametrize(
    "records",
    [
        5,
        [5],
        [{}],
        ["text"],
        [{**FULL._asdict(), "loss": None}],
        [{**FULL._asdict(), "more": 1.0}],
        [{**FULL._asdict(), "gradient_norms": 1.0}],
        [{**FULL._asdict(), "lr": "fast"}],
    ],
)
def test_other_records_are_refused(records: Any) -> None:
    with pytest.raises(InputError, match="expected the records of a history"):
        History.of(records)

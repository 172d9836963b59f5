"""Training and `diagnose` judge by the same numbers, which stand once."""

import math

import pytest

import nn
import viz
from autograd_core import Value
from autograd_core.diagnosis import Finding, Place, Unit, condition, find_units, flow_findings, follows
from autograd_core.diagnosis.flow import EXPLODING, NEGLIGIBLE, VANISHING
from autograd_core.diagnosis.units import FLAT
from nn.training import health


def test_there_is_one_class_of_findings() -> None:
    assert health.Finding is viz.Finding is Finding
    assert type(nn.health.loss_findings(math.nan)[0]) is Finding


@pytest.mark.parametrize(("factor", "state"), [(0.99, "saturated"), (1.01, "")])
@pytest.mark.parametrize("inside", [True, False])
def test_training_and_diagnosis_agree_on_what_is_saturated(factor: float, state: str, inside: bool) -> None:
    sum_of_unit = math.atanh(math.sqrt(1.0 - FLAT * factor))
    model = nn.MLP(1, [1, 1], activation="tanh", init=nn.init.ones)
    model.layers[0].neurons[0].b.data = sum_of_unit - 1.0
    loss = nn.mse_loss([model([1.0])], [0.0])
    loss.backward()
    if inside:
        found = [finding.kind for finding in viz.diagnose(model, loss) if finding.kind == "saturated"]
    else:
        found = [f.kind for f in health.unit_findings(model, [[1.0]], False, health.places_of(model))]
    assert found == [state] * bool(state)


def test_a_unit_is_saturated_for_all_its_samples_or_not_at_all() -> None:
    def tanhs(*sums: float) -> Unit:
        return Unit(Place.of("b"), "tanh", [Value(x).tanh() for x in sums])

    assert condition(tanhs(*[9.0] * 20)) == "saturated"
    assert condition(tanhs(*[9.0] * 19, 0.0)) == ""


@pytest.mark.parametrize(("ratio", "kinds"), [(0.99, ["vanishing"]), (1.01, [])])
def test_layers_vanish_at_the_threshold(ratio: float, kinds: list[str]) -> None:
    weights = {"first": [1.0], "last": [1.0]}
    assert [f.kind for f in flow_findings({"first": VANISHING * ratio, "last": 1.0}, weights)] == kinds
    assert flow_findings({"first": 0.0, "last": NEGLIGIBLE}, weights) == []
    assert flow_findings({"first": 0.0, "last": 1.0}, weights, known=[("equal", "first")]) == []


@pytest.mark.parametrize(("ratio", "kinds"), [(1.01, ["exploding"]), (0.99, [])])
def test_gradients_explode_at_the_threshold(ratio: float, kinds: list[str]) -> None:
    assert [f.kind for f in flow_findings({"a": EXPLODING * ratio * 2.0}, {"a": [2.0]})] == kinds
    assert flow_findings({"a": math.inf, "b": math.nan}, {"a": [2.0], "b": [1.0]}) == []


def test_findings_follow_from_what_makes_a_layer_stuck() -> None:
    known = [("equal", "head.weight")]
    assert [follows(Finding(kind, "head", "", ""), known) for kind in ("dead", "exploding")] == [True, False]
    assert not follows(Finding("dead", "body", "", ""), known)


def test_units_are_found_in_any_order_and_at_any_depth() -> None:
    w = Value(1.0)
    total = w * 0.5
    for _ in range(100_000):
        total = total + w * 0.0
    active = total.relu()
    (unit,) = find_units([active], {id(w): Place.of("first.w")})
    assert (unit.place.layer, unit.nodes) == ("first", [active])
    assert find_units([(1.0 - total).relu()], {id(w): Place.of("first.w")}) == []

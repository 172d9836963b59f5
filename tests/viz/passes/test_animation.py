"""The animation: an SVG without a script that moves in an `<img>` and shows the right numbers at every moment."""

import json
import re
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import AutogradError, InputError, OperandTypeError, Value, topological_order
from browser import Browser, Tab, needs_chromium
from processes import outputs
from small_graph import small
from viz.passes.animation import animate
from viz.passes.film import Animation
from viz.passes.steps import steps

SVG: Final = "{http://www.w3.org/2000/svg}"


def parse(film: Animation) -> ET.Element:
    return ET.fromstring(film.svg)  # noqa: S314 - written by the package itself


def test_no_gradient_is_changed() -> None:
    root = small()
    animate(root)
    assert {node.grad for node in topological_order(root)} == {0.0}


def test_it_holds_every_sum_of_every_node() -> None:
    root = small()
    sums: dict[str, list[str]] = {"L": ["0.0", "1.0"]}
    for step in steps(root).backward:
        sums.setdefault(step.target.name, ["0.0"]).append(repr(step.after))
    shown = {}
    for group in parse(animate(root)).iter(f"{SVG}g"):
        if "node" in group.get("class", "").split():
            texts = [text for text in group.iter(f"{SVG}text") if "grad" in text.get("class", "").split()]
            (name,) = [t.text for t in group.iter(f"{SVG}text") if "name" in t.get("class", "").split()]
            shown[name] = [text.text for text in texts]
            assert ["off" in text.get("class", "").split() for text in texts] == [True] * (len(texts) - 1) + [False]
    assert shown == sums


@pytest.mark.parametrize("label", ["data", "grad"])
def test_a_label_is_not_taken_for_a_caption(label: str) -> None:
    texts = parse(animate(Value(2.0, label=label) * 3.0)).iter(f"{SVG}text")
    assert {text.text for text in texts if "figure" in text.get("class", "").split()} == {
        *("2.0", "6.0"),  # data
        *("0.0", "3.0", "1.0"),  # gradients
    }


def test_there_is_nothing_that_runs_or_loads() -> None:
    svg = animate(small()).svg
    elements = {element.tag.removeprefix(SVG) for element in parse(animate(small())).iter()}
    assert elements == {"svg", "title", "desc", "style", "rect", "g", "path", "text"}
    assert not re.search(r"url\(|@import|href|on\w+=", svg)


@pytest.mark.parametrize(
    "label",
    [
        "<img src=x onerror=alert(1)>",
        "</style></svg>",
        "]]>",
        "\"'",
        "a\nb",
        "👩‍👩‍👧",
        "שלום",
        "x" * 10_000,
        "\ud800",
        "\\1",
    ],
)
def test_any_label_parses(label: str) -> None:
    a = Value(2.0, label=label)
    root = a * a
    root.label = label
    film = animate(root, title=label)
    assert len(film.svg) < 60_000
    parse(film)


@given(st.text(st.characters(codec="utf-8", exclude_characters=".")))  # a name with dots may be that of a module's part
@settings(max_examples=40)
def test_no_label_adds_an_element(label: str) -> None:
    def elements(text: str) -> list[str]:
        a = Value(2.0, label=text)
        return [element.tag for element in parse(animate(a * a)).iter()]

    assert elements(label) == elements("harmless")


def test_it_takes_as_long_as_it_says() -> None:
    chain = Value(1.0)
    for _ in range(25):
        chain = chain * 1.5
    film = animate(chain, seconds=2.0)
    assert film.seconds == pytest.approx(0.6 + 2.0 + 0.6 + 2.0 + 3.0)
    assert f"animation:{film.seconds:.3f}s step-end infinite" in film.svg
    assert f"Animation(chain = 2.525e+04: 51 nodes, 50 edges, {film.seconds:.3g} s; show() opens it, " in repr(film)


def test_large_graphs_are_shown_in_part() -> None:
    y = Value(0.5)
    for _ in range(200):
        y = ag.tanh(y)
    film = animate(y)
    assert "60 of 201 nodes" in film.svg
    assert len(film.svg) < 200_000


def test_two_films_on_a_page_keep_their_timetables_apart() -> None:
    names = [set(re.findall(r"@keyframes (\S+?)\{", animate(root).svg)) for root in (small(), small() * 2.0)]
    assert names[0]
    assert not names[0] & names[1]


def test_bytes_are_the_same_in_another_process() -> None:
    program = (
        "from autograd_core import Value\nfrom viz.passes.animation import animate\nimport sys\n"
        "xs = [Value(0.1 * n) for n in range(4)]\n"
        "sys.stdout.write(animate(sum(a * b for a in xs for b in xs).tanh()).svg)"
    )
    assert len(outputs(program)) == 1


def test_it_is_saved_and_shown_in_notebooks(tmp_path: Path) -> None:
    film = animate(small())
    assert film.save(tmp_path / "film.svg").read_text(encoding="utf-8") == film.svg
    assert film._repr_mimebundle_(include={"image/svg+xml"}) == {"text/plain": repr(film), "image/svg+xml": film.svg}
    assert film._repr_mimebundle_(exclude={"image/svg+xml"}) == {"text/plain": repr(film)}
    with pytest.raises(InputError, match=r"cannot tell the format of .* use \.svg"):
        film.save(tmp_path / "film.html")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"value": 3.0},
            OperandTypeError,
            "animate needs a Value as its root; got float; a plain number has no graph, so make its inputs Values",
        ),
        ({"max_nodes": 0}, InputError, "max_nodes must be at least 1; got 0"),
        ({"seconds": 0.0}, InputError, "seconds must be between 0.1 and 3600; got 0.0"),
        ({"seconds": float("nan")}, InputError, "seconds must be between 0.1 and 3600; got nan"),
        ({"seconds": "5"}, OperandTypeError, "seconds is a number; got str"),
    ],
)
def test_wrong_arguments_are_told(arguments: dict[str, Any], error: type[AutogradError], words: str) -> None:
    with pytest.raises(error) as caught:
        animate(**{"value": Value(1.0)} | arguments)
    assert str(caught.value) == words


# ---- In a browser ----------------------------------------------------------------------------------------------------


def seen(tab: Tab, selector: str, time: float) -> list[str]:
    """The texts that are visible at a time, in seconds from the beginning."""
    tab.run(f"document.getAnimations().forEach(a => {{ a.pause(); a.currentTime = {1000 * time} }})")
    found: list[str] = tab.run(
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        ".filter(e => getComputedStyle(e).opacity > 0.5).map(e => e.textContent)"
    )
    return found


@needs_chromium
def test_every_moment_shows_its_numbers(browser: Browser, tmp_path: Path) -> None:
    root = small()
    film = animate(root, seconds=60.0)  # a step then takes 0.9 s
    tab = browser.open(film.save(tmp_path / "film.svg"))
    figures = ".figure.grad"
    zero = ["0.0"] * 6
    assert seen(tab, figures, 0.1) == zero
    assert seen(tab, ".line", 0.1) == []
    assert seen(tab, ".line", 0.6 + 0.9 * 1.5) == ["d = e + c = -6.0 + 8.0 = 2.0"]
    back = 0.6 + 3 * 0.9 + 0.6
    nodes = {node.name: index for index, node in enumerate(steps(root).graph.nodes)}
    expected = list(zero)
    expected[nodes["L"]] = "1.0"
    assert seen(tab, figures, back + 0.45) == expected
    for index, step in enumerate(steps(root).backward, start=1):
        expected[nodes[step.target.name]] = repr(step.after)
        assert seen(tab, figures, back + 0.9 * index + 0.45) == expected
        (line,) = seen(tab, ".line", back + 0.9 * index + 0.45)
        assert line.endswith(f"= {step.contribution!r}")
    assert seen(tab, figures, film.seconds - 0.1) == expected
    assert tab.complaints == []
    tab.close()


@needs_chromium
def test_without_motion_all_gradients_are_there(browser: Browser, tmp_path: Path) -> None:
    tab = browser.open(animate(small()).save(tmp_path / "film.svg"), still=True)
    assert tab.run("document.getAnimations().length") == 0
    assert seen(tab, ".figure.grad", 0.0) == ["12.0", "-8.0", "-4.0", "-6.0", "-6.0", "1.0"]
    tab.close()


@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_moves_as_an_image(browser: Browser, tmp_path: Path, dark: bool) -> None:
    animate(small(), seconds=0.5).save(tmp_path / "film.svg")
    (tmp_path / "slide.html").write_text('<!doctype html><img src="film.svg">', encoding="utf-8")
    tab = browser.open(tmp_path / "slide.html", dark=dark)
    tab.wait("document.images[0].complete && document.images[0].naturalWidth > 100")
    pictures = set()
    for _ in range(40):
        pictures.add(tab.screenshot(tmp_path / "frame.png"))
        if len(pictures) >= 3:
            break
        tab.run("new Promise(done => setTimeout(done, 100))")
    assert len(pictures) >= 3
    assert tab.complaints == []
    tab.close()


def test_an_edge_has_a_line_in_the_room_of_its_label_until_the_label_comes() -> None:
    a = Value(3.0)
    svg = animate(a * a).svg
    lines = re.findall(r'class="off bridge timed (t\d+)"', svg)
    assert len(lines) == 2
    (times,) = {re.search(rf"@keyframes film-[0-9a-f]+-{line[1:]}\{{(.*?)\}}\}}", svg)[1] for line in lines}  # type: ignore[index]
    assert re.fullmatch(r"0\.000%\{opacity:1\}[\d.]+%\{opacity:0", times)

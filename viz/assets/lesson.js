// The place in the lesson: a sample, a layer, a neuron and perhaps a panel. It is the object `state`, which the address
// repeats; `render` brings the page into line with it.

const PANELS = Object.keys(lesson.panels);
const state = { sample: 0, layer: LAST, neuron: loudest(lesson.samples[0], LAST) };

// The neuron of a layer with the strongest error signal.
function loudest(sample, layer) {
  return ranked(sample.layers[layer].deltas)[0];
}

const within = (number, size) => Number.isInteger(number) && number >= 0 && number < size;

// Go to a place, of which only what changes is given. Another layer begins with its loudest neuron.
function go(changes) {
  const next = { ...state, ...changes };
  if (next.layer !== state.layer && changes.neuron === undefined) next.neuron = loudest(lesson.samples[next.sample], next.layer);
  if (!isPlace(next)) return;
  Object.assign(state, next);
  const address = `#sample=${state.sample}&layer=${state.layer}&neuron=${state.neuron}`;
  if (location.hash !== address) location.hash = address;
  render();
}

const isPlace = ({ sample, layer, neuron }) => within(sample, lesson.samples.length) && within(layer, lesson.layers.length) && within(neuron, sizeOfLayer(layer));

// The place that the address names; what it does not name, or what does not exist, stays as it is.
function follow() {
  const named = new URLSearchParams(location.hash.slice(1));
  const next = { ...state };
  for (const key of Object.keys(state)) if (/^\d+$/.test(named.get(key) ?? "")) next[key] = Number(named.get(key));
  const isNew = Object.keys(state).some((key) => next[key] !== state[key]);
  if (isNew && isPlace(next)) {
    Object.assign(state, next);
    render();
  }
  if (PANELS.includes(named.get("panel"))) jump(named.get("panel"));
}

function jump(panel) {
  $(panel).scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth" });
}

// ---- Showing ---------------------------------------------------------------------------------------------------------

function render() {
  const place = $("network").querySelector(":focus")?.dataset.neuron;
  renderChooser();
  for (const chosen of document.querySelectorAll("p.chosen")) fill(chosen, say("place", { sample: sampleName(state.sample), neuron: fullName(state.layer, state.neuron) }));
  for (const show of [renderNetwork, renderCost, renderWishes, renderWays, renderTogether, renderAverage, renderSensitivity]) show(state);
  if (place !== undefined) $("network").querySelector("[aria-pressed=true]")?.focus();
  const said = say("cell", { neuron: nameOf(state.layer, state.neuron), layer: layerName(state.layer), a: short(lesson.samples[state.sample].layers[state.layer].a[state.neuron]), desired: short(lesson.samples[state.sample].layers[state.layer].desired[state.neuron]) });
  fill($("said"), `${sampleName(state.sample)}; ${said}`);
}

function renderChooser() {
  $(`sample-${state.sample}`).checked = true;
  $("layer").value = state.layer;
  if ($("neuron").dataset.layer !== String(state.layer)) {
    $("neuron").dataset.layer = state.layer;
    fill($("neuron"), ...Array.from({ length: sizeOfLayer(state.layer) }, (_, index) => element("option", { value: index }, nameOf(state.layer, index))));
  }
  $("neuron").value = state.neuron;
  $("previous").disabled = $("next").disabled = sizeOfLayer(state.layer) === 1;
}

// ---- What stays the same ---------------------------------------------------------------------------------------------

function sampleChoice(sample, place) {
  const input = element("input", { type: "radio", name: "sample", id: `sample-${place}`, value: place, class: "unseen" });
  input.addEventListener("change", () => go({ sample: place }));
  const mark = sample.isRight === null ? "" : element("b", { class: sample.isRight ? "right" : "wrong", title: words[sample.isRight ? "right" : "wrong"] }, sample.isRight ? "✓" : "✗");
  const face = lesson.shape ? image(sample.features, lesson.shape, sample.name) : "";
  return element("span", { class: "choice-of-sample" }, input, element("label", { for: `sample-${place}`, title: sampleName(place) }, face, element("span", {}, String(place), mark), element("span", { class: "unseen" }, sampleName(place))));
}

function jumpTo(panel, index) {
  const [title] = lesson.panels[panel];
  const made = element("button", { type: "button", title: `${title} (${index + 1})`, "aria-label": title }, String(index + 1));
  made.addEventListener("click", () => jump(panel));
  return made;
}

PANELS.forEach((panel, index) => {
  const [title, intro] = lesson.panels[panel];
  const head = $(panel).querySelector("h2");
  head.id = `title-${panel}`;
  fill(head, element("span", { class: "count" }, String(index + 1)), ` ${title}`);
  fill($(panel).querySelector(".intro"), intro);
  $(panel).setAttribute("aria-labelledby", head.id);
});
$("samples").append(...lesson.samples.map(sampleChoice));
fill($("layer"), ...lesson.layers.map((layer, index) => element("option", { value: index }, layer.name)));
fill($("jumps"), ...PANELS.map(jumpTo));

// ---- Wiring ----------------------------------------------------------------------------------------------------------

const round = (number, size) => (number + size) % size;
const STEPS = {
  s: (step) => go({ sample: round(state.sample + step, lesson.samples.length) }),
  l: (step) => go({ layer: round(state.layer + step, lesson.layers.length) }),
  n: (step) => go({ neuron: round(state.neuron + step, sizeOfLayer(state.layer)) }),
};
const ARROWS_TO = { ArrowLeft: -1, ArrowRight: 1 };

$("layer").addEventListener("change", () => go({ layer: Number($("layer").value) }));
$("neuron").addEventListener("change", () => go({ neuron: Number($("neuron").value) }));
$("previous").addEventListener("click", () => STEPS.n(-1));
$("next").addEventListener("click", () => STEPS.n(1));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (Object.hasOwn(STEPS, key)) STEPS[key](event.shiftKey ? -1 : 1);
  else if (within(Number(key) - 1, PANELS.length)) jump(PANELS[Number(key) - 1]);
  // In a group of samples and in a table that scrolls, arrows have a meaning already.
  else if (Object.hasOwn(ARROWS_TO, key) && !event.target.closest("input, .scroll")) go({ layer: Math.min(LAST, Math.max(0, state.layer + ARROWS_TO[key])) });
  else return;
  event.preventDefault();
});

addEventListener("hashchange", follow);
addEventListener("resize", () => drawLines($("network").querySelector(".lines"), state));
render();
follow();

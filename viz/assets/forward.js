// The first two panels: the network with its activations and its cost, and the desired changes of its outputs.

const COLUMN = 24;  // more neurons than these are shown as small squares without numbers
const SQUARES = 400;
const ROWS = 20;
const ARROWS = 40;

function renderNetwork(state) {
  const sample = lesson.samples[state.sample];
  const columns = [columnOf(sample, FEATURES, state), ...lesson.layers.map((_, layer) => columnOf(sample, layer, state))];
  const lines = drawn("svg", { class: "lines", "aria-hidden": "true" });
  fill($("network"), element("div", { class: "stage", style: `--layers: ${lesson.layers.length}` }, lines, ...columns));
  drawLines(lines, state);
  reveal($("network"), $("network").querySelector("[aria-pressed=true]"));
}

// Scroll a frame sideways until an element in it is seen; the page stays where it is.
function reveal(frame, target) {
  if (!target) return;
  const [outer, inner] = [frame.getBoundingClientRect(), target.getBoundingClientRect()];
  if (inner.left < outer.left || inner.right > outer.right) frame.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
}

function columnOf(sample, layer, state) {
  const isInput = layer === FEATURES;
  const size = isInput ? [] : [element("br"), say("size", { count: count(sizeOfLayer(layer)), activation: lesson.layers[layer].activation })];
  const head = element("h3", {}, layerName(layer), ...size);
  if (isInput && lesson.shape) return element("div", { class: "column", "data-layer": layer }, head, image(sample.features, lesson.shape, words.picture, { class: "sample" }));
  const numbers = isInput ? sample.features : sample.layers[layer].a;
  const scale = largest(lesson.samples.flatMap((each) => (isInput ? each.features : each.layers[layer].a)));
  const isLarge = numbers.length > COLUMN;
  const shown = [...numbers.keys()].slice(0, SQUARES);
  const cells = shown.map((index) => neuronCell(sample, layer, index, scale, isLarge, state));
  const more = numbers.length > SQUARES ? [element("small", {}, say("more cells", { count: count(numbers.length - SQUARES) }))] : [];
  return element("div", { class: `column ${isLarge ? "large" : ""}`, "data-layer": layer }, head, element("div", { class: "cells" }, ...cells), ...more);
}

function neuronCell(sample, layer, index, scale, isLarge, state) {
  const a = layer === FEATURES ? sample.features[index] : sample.layers[layer].a[index];
  const text = isLarge ? "" : compact(a);
  if (layer === FEATURES) return shade(element("span", { class: "ahead cell", title: say("feature", { name: nameOf(layer, index), x: exact(a) }) }, text), a, scale);
  const isChosen = state.layer === layer && state.neuron === index;
  const label = say("cell", { neuron: nameOf(layer, index), layer: layerName(layer), a: short(a), desired: short(sample.layers[layer].desired[index]) });
  const isStop = isChosen || (state.layer !== layer && index === 0);
  const cell = element("button", { type: "button", class: "ahead cell", "aria-pressed": isChosen, "aria-label": label, title: `${nameOf(layer, index)}: ${exact(a)}`, tabindex: isStop ? 0 : -1, "data-neuron": index }, text);
  cell.addEventListener("click", () => go({ layer, neuron: index }));
  cell.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    go({ layer, neuron: Math.min(sizeOfLayer(layer) - 1, Math.max(0, index + step)) });
    $("network").querySelector("[aria-pressed=true]")?.focus();
  });
  const shaded = shade(cell, a, scale);
  return layer === LAST && !isLarge ? element("div", { class: "output" }, shaded, outputName(sample, index)) : shaded;
}

// The name of an output, cut by the style sheet where it is long.
function className(index) {
  const name = lesson.classes[index] ?? String(index);
  return element("span", { class: "name", dir: "auto", title: name }, name);
}

// The name of an output and what it should be, which for classes is told of the right one only.
function outputName(sample, index) {
  const { target } = sample.cost;
  const isOfClasses = sample.isRight !== null;
  const isTold = isOfClasses ? target[index] === 1 : index < target.length;
  return element("span", { class: isOfClasses && isTold ? "wanted" : "" }, className(index), isTold ? element("small", {}, ...parts(words.target, { y: target[index] })) : "");
}

// Lines from layer to layer: the weights, faint for all neurons and strong for the chosen one, dashed where negative.
// From many activations a cone stands for them.
function drawLines(lines, state) {
  const stage = lines.parentElement;
  const frame = stage.getBoundingClientRect();
  lines.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  const boxes = [...stage.querySelectorAll("[data-layer]")].map((column) => [...column.querySelectorAll(".cell, canvas")].map((cell) => cell.getBoundingClientRect()));
  const at = (x, y) => `${(x - frame.left).toFixed(1)} ${(y - frame.top).toFixed(1)}`;
  const middle = (box) => box.top + box.height / 2;
  const marks = [];
  const chosen = [];
  lesson.layers.forEach(({ weights }, layer) => {
    const [from, to] = [boxes[layer], boxes[layer + 1]];
    const end = state.layer === layer ? to[state.neuron] : undefined;
    if (from.length > COLUMN || (layer === 0 && lesson.shape)) {
      const side = Math.max(...from.map((box) => box.right));
      const [top, bottom] = [Math.min(...from.map((box) => box.top)), Math.max(...from.map((box) => box.bottom))];
      if (end) chosen.push(drawn("path", { class: "cone", d: `M${at(side, top)}L${at(end.left, middle(end))}L${at(side, bottom)}Z` }));
      return;
    }
    const scale = largest(weights.flat());
    const line = (neuron, source, isChosen) => {
      const strength = shareOf(weights[neuron][source], scale);
      const made = drawn("path", { d: `M${at(from[source].right, middle(from[source]))}L${at(to[neuron].left, middle(to[neuron]))}`, class: `${isChosen ? "chosen" : ""} ${weights[neuron][source] < 0 ? "minus" : ""}` });
      made.style.strokeWidth = (isChosen ? 0.6 + 3.4 * strength : 0.4 + strength).toFixed(2);
      if (!isChosen) made.style.opacity = (0.1 + 0.3 * strength).toFixed(2);
      return made;
    };
    if (to.length <= COLUMN) to.forEach((_, neuron) => from.forEach((__, source) => marks.push(line(neuron, source, false))));
    if (end) from.forEach((_, source) => chosen.push(line(state.neuron, source, true)));
  });
  fill(lines, ...marks, ...chosen);
}

function renderCost(state) {
  const { cost, layers } = lesson.samples[state.sample];
  const outputs = layers[LAST].a;
  const columns = [["activation", outputs], ...(cost.hasProbabilities ? [["probability", cost.predicted]] : []),
    ...(cost.target.length === outputs.length ? [["wanted", cost.target]] : []), ...(cost.terms.length ? [["term", cost.terms]] : [])];
  // Of many outputs, those whose probability is high or should be; a term of the cost may be 0 for all but one.
  const weights = cost.hasProbabilities ? cost.predicted.map((p, index) => Math.max(p, cost.target[index])) : cost.terms;
  const shown = foremost(weights.length ? weights : outputs, ROWS);
  const scale = largest(cost.terms);
  const head = element("tr", {}, element("th", { scope: "col" }, words["of output"]), ...columns.map(([key]) => element("th", { scope: "col" }, words[key])), element("td", {}));
  const rows = shown.map((index) => element("tr", {}, element("th", { scope: "row" }, className(index)),
    ...columns.map(([, numbers]) => element("td", {}, figure(numbers[index]))), element("td", { class: "ahead" }, cost.terms.length ? grown(cost.terms[index], scale) : "")));
  const rest = outputs.length - shown.length;
  const span = columns.length - 1;
  if (rest && cost.terms.length) rows.push(element("tr", {}, element("th", { scope: "row" }, say("rest", { count: count(rest) })), ...Array.from({ length: span }, () => element("td", {})),
    element("td", {}, figure(total(cost.terms.filter((_, index) => !shown.includes(index)))))));
  if (cost.terms.length) rows.push(element("tr", { class: "total" }, element("th", { scope: "row" }, words.total), ...Array.from({ length: span }, () => element("td", {})), element("td", {}, figure(cost.total)), element("td", {})));
  const table = element("table", { class: "numbers" }, element("thead", {}, head), element("tbody", {}, ...rows));
  fill($("cost"), element("p", {}, ...parts(cost.words, cost)), element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": words.term }, table));
}

// A bar that begins at the left.
function grown(x, scale) {
  const inner = shade(element("span"), x, scale);
  inner.style.width = `${(100 * shareOf(x, scale)).toFixed(2)}%`;
  inner.hidden = x === 0;
  return element("span", { class: "bar", "aria-hidden": "true" }, inner);
}

// ---- Desired changes of the outputs ----------------------------------------------------------------------------------

const FEW = 12;
const REACHES = [64, 40];  // pixels of the longest arrow of few outputs and of many, which stand in several rows
const ROOM = 4;  // pixels above and below the arrows

function renderWishes(state) {
  const { desired, a } = lesson.samples[state.sample].layers[LAST];
  const scale = largest(desired);
  const aScale = largest(a);
  const shown = foremost(desired, ARROWS);
  const reach = REACHES[shown.length > FEW ? 1 : 0];
  const [up, down] = [1, -1].map((sign) => ROOM + reach * Math.max(...shown.map((index) => (sign * desired[index] > 0 ? shareOf(desired[index], scale) : 0))));
  const arrows = shown.map((index) => {
    const cell = shade(element("span", { class: "ahead cell", title: exact(a[index]) }, compact(a[index])), a[index], aScale);
    return element("div", { class: "output-change", role: "listitem", "aria-label": say("desired of output", { name: nameOf(LAST, index), desired: exact(desired[index]) }) }, element("div", { class: "reach" }, arrow(desired[index], reach * shareOf(desired[index], scale), up, down)), className(index), cell, figure(desired[index], "+"));
  });
  if (shown.length < desired.length) arrows.push(element("div", { class: "output-change", role: "listitem" }, say("more", { count: count(desired.length - shown.length) })));
  fill($("arrows"), ...arrows);
  $("arrows").style.setProperty("--ground", `${up}px`);
  $("arrows").style.maxWidth = `${150 * arrows.length}px`;
  const most = ranked(desired)[0];
  const key = desired[most] > 0 ? "most wanted up" : desired[most] < 0 ? "most wanted down" : "none wanted";
  fill($("strongest"), ...(Number.isNaN(desired[most]) ? [] : parts(words[key], { name: nameOf(LAST, most), size: Math.abs(desired[most]) })));
}

// An arrow from a line, up or down, in a picture with this room above and below the line.
function arrow(x, length, above, below) {
  const height = above + below;
  const middle = above;
  const up = x > 0 ? -1 : 1;
  const tip = middle + up * length;
  const head = Math.min(13, length);
  const [wide, thin] = [0.85 * head, 0.3 * head];
  const neck = tip - up * head;
  const mark = length > 1 ? drawn("path", { class: "arrow", d: `M${22 - thin} ${middle}V${neck}H${22 - wide}L22 ${tip}L${22 + wide} ${neck}H${22 + thin}V${middle}Z` })
    : drawn("circle", { class: "arrow", cx: 22, cy: middle, r: 2 });
  return drawn("svg", { viewBox: `0 0 44 ${height}`, width: 44, height, "aria-hidden": "true" }, mark);
}

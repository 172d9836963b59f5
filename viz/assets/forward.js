// The first two panels: the network with its activations and its cost, and the desired changes of its outputs.

const COLUMN = 24;  // more neurons than these are shown as small squares without numbers
const SQUARES = 400;
const ROWS = 20;
const ARROWS = 40;

function renderNetwork(state) {
  const sample = lesson.samples[state.sample];
  const columns = [columnOf(sample, FEATURES, state), ...lesson.layers.map((_, layer) => columnOf(sample, layer, state))];
  const lines = drawn("svg", { class: "lines", "aria-hidden": "true" });
  fill($("network"), lines, ...columns);
  drawLines(lines, sample, state);
}

function columnOf(sample, layer, state) {
  const isInput = layer === FEATURES;
  const title = isInput ? words.features : say("layer", { name: layerName(layer), count: count(sizeOfLayer(layer)), activation: lesson.layers[layer].activation });
  const head = element("h3", {}, title);
  if (isInput && lesson.shape) return element("div", { class: "column" }, head, image(sample.features, lesson.shape, words.picture, { class: "sample" }));
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
  const label = say("cell", { neuron: nameOf(layer, index), layer: layerName(layer), a: short(a), wish: short(sample.layers[layer].wishes[index]) });
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

// The name of an output, with a mark where the target is largest.
function outputName(sample, index) {
  const { target } = sample.cost;
  const isWanted = target.length > 1 && target[index] === Math.max(...target) && target.some((y) => y !== target[index]);
  const name = element("span", { class: "name", dir: "auto" }, lesson.classes[index] ?? String(index));
  return element("span", { class: isWanted ? "wanted" : "" }, name, isWanted ? element("small", {}, ` ${words.target}`) : "");
}

// Lines from layer to layer: the weights, faint for all neurons and strong for the chosen one, dashed where negative.
function drawLines(lines, sample, state) {
  const frame = $("network").getBoundingClientRect();
  lines.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  const spot = (node, side) => {
    const box = node.getBoundingClientRect();
    return [box[side] - frame.left, box.top + box.height / 2 - frame.top];
  };
  const cellsOf = (layer) => [...$("network").querySelectorAll(`[data-layer="${layer}"] .cell`)];
  const paths = [];
  for (const [layer, { weights }] of lesson.layers.entries()) {
    const [from, to] = [cellsOf(layer - 1), cellsOf(layer)];
    const scale = largest(weights.flat());
    const isFaint = from.length <= COLUMN && to.length <= COLUMN;
    to.forEach((end, neuron) => {
      const isChosen = state.layer === layer && state.neuron === neuron;
      if (!isFaint && !isChosen) return;
      from.forEach((start, source) => {
        if (source >= SQUARES) return;
        const weight = weights[neuron][source];
        const [[x1, y1], [x2, y2]] = [spot(start, "right"), spot(end, "left")];
        const strength = scale > 0 && Number.isFinite(weight) ? Math.abs(weight) / scale : 0;
        const line = drawn("path", { d: `M${x1} ${y1}L${x2} ${y2}`, class: `${isChosen ? "chosen" : ""} ${weight < 0 ? "minus" : ""}` });
        line.style.strokeWidth = `${((isChosen ? 0.6 : 0.4) + (isChosen ? 3.4 : 1) * strength).toFixed(2)}`;
        if (!isChosen) line.style.opacity = (0.1 + 0.3 * strength).toFixed(2);
        paths.push(line);
      });
    });
  }
  const picture = $("network").querySelector("canvas");
  const target = picture && state.layer === 0 ? cellsOf(0)[state.neuron] : null;
  if (target) {
    const [box, [x, y]] = [picture.getBoundingClientRect(), spot(target, "left")];
    const right = box.right - frame.left;
    paths.unshift(drawn("path", { class: "cone", d: `M${right} ${box.top - frame.top}L${x} ${y}L${right} ${box.bottom - frame.top}Z` }));
  }
  fill(lines, ...paths.sort((one, other) => one.classList.contains("chosen") - other.classList.contains("chosen")));
}

function renderCost(state) {
  const { cost, layers } = lesson.samples[state.sample];
  const outputs = layers[LAST].a;
  const columns = [["activation", outputs], ...(cost.hasProbabilities ? [["probability", cost.predicted]] : []),
    ...(cost.target.length === outputs.length ? [["wanted", cost.target]] : []), ...(cost.terms.length ? [["term", cost.terms]] : [])];
  const shown = foremost(cost.terms.length ? cost.terms : outputs, ROWS);
  const scale = largest(cost.terms);
  const head = element("tr", {}, element("th", { scope: "col" }, words["of output"]), ...columns.map(([key]) => element("th", { scope: "col" }, words[key])), element("td", {}));
  const rows = shown.map((index) => element("tr", {}, element("th", { scope: "row", dir: "auto" }, lesson.classes[index] ?? String(index)),
    ...columns.map(([, numbers]) => element("td", {}, figure(numbers[index]))), element("td", { class: "ahead" }, cost.terms.length ? grown(cost.terms[index], scale) : "")));
  const rest = outputs.length - shown.length;
  const span = columns.length - 1;
  if (rest && cost.terms.length) rows.push(element("tr", {}, element("th", { scope: "row" }, say("rest", { count: count(rest) })), ...Array.from({ length: span }, () => element("td", {})),
    element("td", {}, figure(total(cost.terms.filter((_, index) => !shown.includes(index)))))));
  if (cost.terms.length) rows.push(element("tr", { class: "total" }, element("th", { scope: "row" }, words.total), ...Array.from({ length: span }, () => element("td", {})), element("td", {}, figure(cost.total)), element("td", {})));
  const table = element("table", { class: "numbers" }, element("thead", {}, head), element("tbody", {}, ...rows));
  fill($("cost"), element("p", {}, ...parts(lesson.cost, cost)), table);
}

// A bar that begins at the left.
function grown(x, scale) {
  const inner = shade(element("span"), x, scale);
  inner.style.width = `${scale > 0 && Number.isFinite(x) ? ((100 * Math.abs(x)) / scale).toFixed(2) : 0}%`;
  return element("span", { class: "bar", "aria-hidden": "true" }, inner);
}

// ---- Desired changes of the outputs ----------------------------------------------------------------------------------

const REACH = 64;  // pixels of the longest arrow

function renderWishes(state) {
  const { wishes, a } = lesson.samples[state.sample].layers[LAST];
  const scale = largest(wishes);
  const aScale = largest(a);
  const shown = foremost(wishes, ARROWS);
  const arrows = shown.map((index) => {
    const name = element("span", { class: "name", dir: "auto" }, lesson.classes[index] ?? String(index));
    const cell = shade(element("span", { class: "ahead cell", title: exact(a[index]) }, compact(a[index])), a[index], aScale);
    return element("div", { class: "wish", role: "listitem", "aria-label": say("wish", { name: nameOf(LAST, index), wish: exact(wishes[index]) }) }, arrow(wishes[index], scale), name, cell, change(wishes[index]));
  });
  if (shown.length < wishes.length) arrows.push(element("div", { class: "wish", role: "listitem" }, say("more", { count: count(wishes.length - shown.length) })));
  fill($("arrows"), ...arrows);
  const most = ranked(wishes)[0];
  const key = wishes[most] > 0 ? "most wanted up" : wishes[most] < 0 ? "most wanted down" : "none wanted";
  fill($("strongest"), ...(Number.isNaN(wishes[most]) ? [] : parts(words[key], { name: nameOf(LAST, most), size: Math.abs(wishes[most]) })));
}

// An arrow from the line in the middle, up or down.
function arrow(x, scale) {
  const height = 2 * REACH + 8;
  const middle = height / 2;
  const length = scale > 0 && Number.isFinite(x) ? (REACH * Math.abs(x)) / scale : 0;
  const up = x > 0 ? -1 : 1;
  const tip = middle + up * length;
  const head = Math.min(13, length);
  const marks = [drawn("path", { class: "ground", d: `M0 ${middle}H44` })];
  if (length > 0) marks.push(drawn("path", { class: "arrow", d: `M18 ${middle}V${tip - up * head}H11L22 ${tip}L33 ${tip - up * head}H26V${middle}Z` }));
  else marks.push(drawn("circle", { class: "arrow", cx: 22, cy: middle, r: 2 }));
  return drawn("svg", { viewBox: `0 0 44 ${height}`, width: 44, height, "aria-hidden": "true" }, ...marks);
}

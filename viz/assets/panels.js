// The panels about the way back: one neuron, a layer, all samples, and the parameters by their importance.

const LISTED = 12;
const WIDE = 16;  // columns of numbers in a table
const TALL = 16;
const GALLERY = 24;
const PARAMETERS = 8;

// ---- One neuron ------------------------------------------------------------------------------------------------------

function renderWays(state) {
  const { layer, neuron } = state;
  const sample = lesson.samples[state.sample];
  const own = sample.layers[layer];
  const { activation, isLinear } = lesson.layers[layer];
  const delta = own.deltas[neuron];
  const entries = [["weighted sum", own.z], [isLinear ? "its linear activation" : "its activation", own.a], ["slope", own.slopes], ["desired", own.desired], ["error signal", own.deltas]];
  fill($("facts"), ...entries.map(([key, numbers]) => element("div", {}, element("dt", {}, say(key, { activation })), element("dd", {}, figure(numbers[neuron])))));
  fill($("verdict"), arrowOf(own.desired[neuron]), say(verdictOn(own.desired[neuron], delta), { neuron: nameOf(layer, neuron) }));
  fill($("requests"), element("div", { class: "stack" }, biasWay(sample, state), effects(sample, state)), weightsWay(sample, state), beforeWay(sample, state));
  renderHebb(sample, state);
}

function verdictOn(desired, delta) {
  if (delta === 0) return desired === 0 ? "still" : "flat";
  const way = desired > 0 ? "up" : "down";
  return desired > 0 === delta < 0 ? way : `turned ${way}`;
}

function biasWay(sample, { layer, neuron }) {
  const delta = sample.layers[layer].deltas[neuron];
  const ask = against(delta, 1);
  if (!lesson.layers[layer].hasBias[neuron]) return way("bias", element("p", {}, words["no bias"]));
  const row = { name: say("bias of", { neuron: nameOf(layer, neuron) }), factors: ["b = ", figure(lesson.layers[layer].biases[neuron])], change: ask };
  return way("bias", element("p", {}, words["why bias"]), rowsOf([row], largest([ask])));
}

function weightsWay(sample, { layer, neuron }) {
  const { x, deltas } = sample.layers[layer];
  const asks = x.map((_, source) => askOf(sample, layer, neuron, source));
  return way("weights", element("p", {}, words["why weights"]), ...pictures(layer, [[lesson.layers[layer].weights[neuron], "weights picture"], [asks, "changes picture"]]),
    ...listOf(asks, x, (source) => ({ name: nameOf(layer - 1, source), factors: product(deltas[neuron], x[source]), act: visit(layer - 1, source) })));
}

function beforeWay(sample, { layer, neuron }) {
  const weights = lesson.layers[layer].weights[neuron];
  const { deltas } = sample.layers[layer];
  const asks = weights.map((_, source) => askedBefore(sample, layer, neuron, source));
  return way("before", element("p", {}, words[layer === 0 ? "why features" : "why before"]), ...pictures(layer, [[asks, "pixels picture"]]),
    ...listOf(asks, weights, (source) => ({ name: nameOf(layer - 1, source), factors: product(deltas[neuron], weights[source]), act: visit(layer - 1, source) })));
}

const way = (key, ...content) => element("div", { class: "way", id: `way-${key}` }, element("h3", {}, words[`way ${key}`]), ...content);
const product = (delta, factor) => [figure(against(delta, 1)), " × ", figure(factor)];
const pictures = (layer, all) => (layer === 0 && lesson.shape ? [element("div", { class: "pictures" }, ...all.map(([numbers, key]) => picture(numbers, words[key])))] : []);
const visit = (layer, neuron) => (layer === FEATURES ? null : () => go({ layer, neuron }));

// By how much z moves if all of one way is done: a change times what it is multiplied by, summed.
function effects(sample, { layer, neuron }) {
  const ask = against(sample.layers[layer].deltas[neuron], 1);
  const along = (numbers) => total(numbers.map((each) => each * (each * ask)));
  const all = [...(lesson.layers[layer].hasBias[neuron] ? [["bias", ask]] : []), ["weights", along(sample.layers[layer].x)], ["before", along(lesson.layers[layer].weights[neuron])]];
  const rows = all.map(([key, moves]) => ({ name: words[`effect ${key}`], factors: [], change: moves }));
  return element("div", { class: "way" }, element("h3", {}, words.effects), element("p", {}, words["why effects"]), rowsOf(rows, largest(all.map(([, moves]) => moves))));
}

// The changes farthest from 0, of many only those that are not 0, and a line about the others: what is multiplied by them, to tell by how much they move z.
function listOf(asks, factors, rowAt) {
  const order = ranked(asks);
  const shown = order.slice(0, LISTED).filter((index, place) => place === 0 || asks[index] !== 0 || asks.length <= LISTED);
  const rest = asks.length - shown.length;
  const rows = rowsOf(shown.map((index) => ({ ...rowAt(index), change: asks[index] })), largest(asks));
  if (!rest) return [rows];
  return [rows, element("p", { class: "more" }, ...parts(words["more changes"], { count: count(rest), bound: Math.abs(asks[order[shown.length]]), moves: figure(total(order.slice(shown.length).map((index) => factors[index] * asks[index])), "+") }))];
}

function rowsOf(rows, scale) {
  return element("ol", { class: "rows back" }, ...rows.map((row) => element("li", {}, acting("span", row), element("span", { class: "factors" }, ...row.factors), change(row.change), bar(row.change, scale))));
}

function renderHebb(sample, { layer, neuron }) {
  const { x, deltas } = sample.layers[layer];
  const asks = x.map((_, source) => askOf(sample, layer, neuron, source));
  const source = ranked(asks)[0];
  const isEmpty = source === undefined || !Number.isFinite(asks[source]) || asks[source] === 0;
  fill($("hebb"), ...(isEmpty ? [] : parts(words.hebb, { connection: parameterName(layer, neuron, source), x: x[source], ask: against(deltas[neuron], 1), change: change(asks[source]) })));
}

// ---- A layer ---------------------------------------------------------------------------------------------------------

function renderTogether(state) {
  const sample = lesson.samples[state.sample];
  const { layer } = state;
  const isGallery = layer === 0 && lesson.shape !== null;
  fill($("columns"), isGallery ? gallery(sample, state) : asksOfLayer(sample, state));
  const sums = wishesOf(sample, layer - 1);
  const isApart = layer > 0 && sums.some((sum, source) => Math.abs(summed(sample, layer, source) - sum) > 1e-9 * (largest(sums) + largest(sample.layers[layer].deltas)));
  const explained = layer > 0 ? say("sum means", { layer: layerName(layer - 1) }) : words[isGallery ? "gallery" : "sum of features"];
  fill($("sums"), explained, isApart ? ` ${words.elsewhere}` : "");
  fill($("handed"), ...(layer > 0 ? [onwards(sample, layer - 1)] : []));
}

function onwards(sample, layer) {
  const made = element("button", { type: "button" }, say("back", { layer: layerName(layer) }));
  made.addEventListener("click", () => go({ layer, neuron: loudest(sample, layer) }));
  return made;
}

// Rows are activations before the layer, columns its neurons. Of many, those that matter most are shown.
function asksOfLayer(sample, state) {
  const { layer } = state;
  const { deltas } = sample.layers[layer];
  const sums = wishesOf(sample, layer - 1);
  const neurons = foremost(deltas, deltas.length > WIDE ? WIDE - 2 : WIDE, [state.neuron]);
  const others = [...deltas.keys()].filter((neuron) => !neurons.includes(neuron));
  const sources = foremost(sums, TALL);
  const columns = neurons.map((neuron) => ({ name: layer === LAST ? lesson.classes[neuron] ?? String(neuron) : String(neuron), title: nameOf(layer, neuron), spoken: say("column", { neuron: nameOf(layer, neuron) }), act: () => go({ neuron }), class: neuron === state.neuron ? "chosen" : "", at: (source) => askedBefore(sample, layer, neuron, source) }));
  if (others.length) columns.push({ name: say("others", { count: count(others.length) }), at: (source) => total(others.map((neuron) => askedBefore(sample, layer, neuron, source))) });
  columns.push({ name: words.sum, class: "apart", scale: largest(sums), at: (source) => sums[source] });
  const rows = sources.map((source) => ({ name: nameOf(layer - 1, source), act: visit(layer - 1, source), spoken: fullName(layer - 1, source) }));
  const all = columns.slice(0, -1).flatMap((column) => sources.map(column.at));
  const table = matrix(words["way before"], words["asked by"], rows, columns, (i, j) => columns[j].at(sources[i]), largest(all));
  return element("div", {}, table, sources.length < sums.length ? element("p", { class: "more" }, say("more", { count: count(sums.length - sources.length) })) : "");
}

// The first layer of a network that looks at images: its weights, and the sum of what its neurons ask for.
function gallery(sample, state) {
  const { deltas } = sample.layers[0];
  const { weights } = lesson.layers[0];
  const shown = foremost(deltas, GALLERY, [state.neuron]);
  const scale = largest(weights.flat());
  const figures = shown.map((neuron) => {
    const canvas = image(weights[neuron], lesson.shape, say("weights picture"), { signed: true, scale });
    const caption = element("span", { class: "back" }, nameOf(0, neuron), element("br"), change(against(deltas[neuron], 1)));
    const made = element("button", { type: "button", class: "tile", "aria-pressed": neuron === state.neuron }, canvas, caption);
    made.addEventListener("click", () => go({ neuron }));
    return made;
  });
  const sum = picture(wishesOf(sample, FEATURES), words["sum picture"]);
  const more = shown.length < deltas.length ? [element("p", { class: "more" }, say("more", { count: count(deltas.length - shown.length) }))] : [];
  return element("div", { class: "gallery" }, element("div", { class: "tiles" }, ...figures), ...more, sum);
}

// ---- All samples -----------------------------------------------------------------------------------------------------

function renderAverage(state) {
  const { layer, neuron } = state;
  const sources = sourcesOf(layer, neuron);
  const means = sources.map((source) => meanAsk(layer, neuron, source));
  const shown = ranked(means).slice(0, PARAMETERS);
  const places = [...new Set([state.sample, ...lesson.samples.keys()])].slice(0, WIDE - 2).sort((i, j) => i - j);
  const columns = [...places.map((place) => ({ name: String(place), mark: lesson.shape ? image(lesson.samples[place].features, lesson.shape, "", { class: "thumb" }) : null, title: sampleName(place), spoken: sampleName(place), act: () => go({ sample: place }), class: place === state.sample ? "chosen" : "" })),
    { name: words.mean, class: "apart" }, { name: words.step, class: "apart last" }];
  const rows = shown.map((index) => ({ name: sources[index] === null ? words.bias : nameOf(layer - 1, sources[index]), act: sources[index] === null ? null : visit(layer - 1, sources[index]) }));
  const asks = shown.map((index) => places.map((place) => askOf(lesson.samples[place], layer, neuron, sources[index])));
  columns.at(-2).scale = largest(means);
  columns.at(-1).scale = largest(means.map((each) => lesson.lr * each));
  const numberAt = (i, j) => (j < places.length ? asks[i][j] : j === places.length ? means[shown[i]] : lesson.lr * means[shown[i]]);
  fill($("averaged"), ...parts(words.averaged, { neuron: fullName(layer, neuron), lr: lesson.lr }));
  const left = sources.length - shown.length;
  fill($("changes"), matrix(words.parameter, words["of sample"], rows, columns, numberAt, largest(asks.flat())),
    element("p", { class: "more" }, [left ? say("more", { count: count(left) }) : "", places.length < lesson.samples.length ? say("samples left out", { count: count(lesson.samples.length) }) : ""].filter(Boolean).join(". ")));
  renderAgreement(state);
}

const degrees = (cosine) => (Math.acos(cosine) * 180) / Math.PI;

function renderAgreement(state) {
  const angles = lesson.samples.map(({ cosine }) => degrees(cosine));
  const harmed = lesson.samples.filter(({ cosine }) => cosine < 0).length;
  const isKnown = angles.every(Number.isFinite);
  const items = lesson.samples.map((sample, place) => {
    const angle = Number.isFinite(angles[place]) ? element("span", { class: "number", title: exact(angles[place]) }, `${angles[place].toFixed(1)}°`) : figure(angles[place]);
    return element("li", { class: place === state.sample ? "chosen" : "" }, ...parts(words["angle of"], { sample: element("bdi", {}, sampleName(place)), angle, length: figure(sample.length) }));
  });
  const helped = harmed ? say("against", { count: count(harmed), all: count(angles.length) }) : words["all helped"];
  const verdict = lesson.samples.length === 1 ? words["one sample"] : isKnown ? helped : "";
  fill($("agreement"), element("p", {}, words.angles), element("ul", { class: "angles" }, ...items.slice(0, ROWS), ...(items.length > ROWS ? [element("li", {}, say("more", { count: count(items.length - ROWS) }))] : [])), element("p", {}, verdict));
  fill($("fan"), fan(angles, state));
}

const RADIUS = 140;
const CENTRE = [190, 186];
const RAYS = 32;
const RIMS = [0, -1, 1, 2, -2, -3].map((step) => RADIUS + 13.5 + 19 * step);

const spotAt = (angle, length) => [CENTRE[0] + length * Math.cos((angle * Math.PI) / 180), CENTRE[1] - length * Math.sin((angle * Math.PI) / 180)];

// Each sample as a ray at its angle to the mean, which points to the right, as long as its gradient. Its number stands
// on the rim, farther out or in where others are near, and is left out where all places are taken.
function fan(angles, state) {
  const scale = largest(lesson.samples.map(({ length }) => length));
  const [x, y] = CENTRE;
  const ground = [`M${x - RADIUS} ${y}A${RADIUS} ${RADIUS} 0 0 1 ${x + RADIUS} ${y}Z`, `M${x} ${y}V${y - RADIUS}`].map((d) => drawn("path", { class: "ground", d }));
  const degrees = [0, 90, 180].map((angle) => {
    const [u, v] = spotAt(angle, RADIUS - 22);
    return drawn("text", { x: u, y: v + (angle === 90 ? 4 : 13), "text-anchor": "middle" }, angle === 0 ? `${words.mean} 0°` : `${angle}°`);
  });
  const places = [...new Set([state.sample, ...angles.keys()])].slice(0, RAYS).filter((place) => Number.isFinite(angles[place]) && Number.isFinite(lesson.samples[place].length) && scale > 0);
  const rims = rimsOf(places, angles, state.sample);
  const grouped = (place, ...marks) => drawn("g", { class: `ray ${place === state.sample ? "chosen" : ""}` }, drawn("title", {}, sampleName(place)), ...marks);
  // All numbers come after all rays, which would cover them.
  const rays = places.reverse().map((place) => grouped(place, ...ray(angles[place], RADIUS * shareOf(lesson.samples[place].length, scale), rims.get(place))));
  const numbers = places.filter((place) => rims.has(place)).map((place) => grouped(place, ...numberAt(spotAt(angles[place], rims.get(place)), place)));
  return drawn("svg", { viewBox: "-20 -28 420 234", class: "fan", role: "img", "aria-label": words.angles }, ...ground, ...rays, ...degrees, ...numbers);
}

// A thick line as long as a gradient, and a thin one to the number of the sample.
function ray(angle, length, rim) {
  const line = (kind, [x, y]) => drawn("path", { class: kind, d: `M${CENTRE}L${x} ${y}` });
  return [...(rim === undefined ? [] : [line("thin", spotAt(angle, rim))]), line("", spotAt(angle, length))];
}

const numberAt = ([x, y], place) => [drawn("circle", { cx: x, cy: y, r: 9 }), drawn("text", { x, y: y + 4, "text-anchor": "middle" }, String(place))];

// How far out the number of each sample stands, so that numbers do not cover each other: that of the chosen one first.
function rimsOf(places, angles, chosen) {
  const rims = new Map();
  const order = [...places].sort((one, other) => (other === chosen) - (one === chosen) || angles[one] - angles[other]);
  for (const place of order) {
    const isFree = (rim) => [...rims].every(([other, its]) => Math.abs(its - rim) > 18 || Math.abs(angles[other] - angles[place]) * rim > 19 * 57.3);
    const rim = RIMS.find(isFree);
    if (rim !== undefined) rims.set(place, rim);
  }
  return rims;
}

// ---- Sensitivity -----------------------------------------------------------------------------------------------------

function renderSensitivity(state) {
  const sample = lesson.samples[state.sample];
  const rows = sample.moved;
  fill($("ranking"), rows ? ranking(rows) : say("no reruns", { count: count(lesson.samples.filter(({ moved }) => moved).length) }));
  const all = lesson.layers.flatMap((layer, index) => layer.biases.flatMap((_, neuron) => sourcesOf(index, neuron).map((source) => [index, neuron, source])));
  const gradients = all.map((place) => askOf(sample, ...place));
  const order = ranked(gradients).filter((index) => gradients[index] !== 0);
  const [first, other] = [order[0], order[Math.floor(order.length / 2)]];
  const ratio = Math.abs(gradients[first] / gradients[other]);
  const facts = order.length && { first: parameterName(...all[first]), other: parameterName(...all[other]), count: count(order.length), ratio };
  fill($("importance"), ...(!order.length ? [words["no importance"]] : Number.isNaN(ratio) ? [] : parts(words.importance, facts)));
  const zeros = all.length - order.length;
  fill($("zeros"), zeros ? say("zeros", { all: count(all.length), count: count(zeros) }) : "");
}

const told = (key, ...content) => element("td", { "data-name": words[key] }, ...content);

function ranking(rows) {
  const scale = largest(rows.map(({ numbers }) => numbers[0]));
  const top = rows[0]?.numbers[0];
  const heads = ["parameter", "gradient", "", "as much", "predicted", "real"].map((key) => element("th", { scope: "col" }, words[key] ?? ""));
  const body = rows.map(({ layer, neuron, source, label, numbers: [gradient, predicted, real] }) => {
    const name = acting("span", { name: parameterName(layer, neuron, source), act: () => go({ layer, neuron }) });
    return element("tr", {}, element("th", { scope: "row" }, name, " ", element("small", {}, label)), told("gradient", figure(gradient, "+")), element("td", { class: "back" }, bar(gradient, scale)),
      told("as much", figure(Math.abs(gradient / top))), told("predicted", change(predicted)), told("real", change(real)));
  });
  return element("div", {}, element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": words.parameter }, element("table", { class: "numbers ranking" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...body))),
    element("p", { class: "more" }, ...parts(words.moved, { delta: lesson.delta })));
}

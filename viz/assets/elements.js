// The marks of the lesson: elements, sentences with numbers in them, cells, bars, pictures and tables. Text reaches the
// page by `textContent` only, so a name can never become markup.

const SVG = "http://www.w3.org/2000/svg";

function dress(made, attributes, children) {
  for (const [name, content] of Object.entries(attributes)) if (content !== null && content !== undefined) made.setAttribute(name, content);
  made.append(...children);
  return made;
}

const element = (name, attributes = {}, ...children) => dress(document.createElement(name), attributes, children);
const drawn = (name, attributes = {}, ...children) => dress(document.createElementNS(SVG, name), attributes, children);

// A number in a few characters, with all its digits as its title.
function figure(x, sign = "") {
  return element("span", { class: Number.isFinite(x) ? "number" : "number bad", title: exact(x) }, (x > 0 ? sign : "") + short(x));
}

const change = (x) => element("span", { class: "change" }, x === 0 ? "" : arrowOf(x), figure(x, "+"));

const arrowOf = (x) => (x > 0 ? "▲ " : x < 0 ? "▼ " : "");

// The parts of a template, with what its braces name: numbers as figures, texts and elements as they are.
function parts(template, facts) {
  const pieces = template.split(/\{(\w+)\}/);
  return pieces.map((piece, index) => {
    if (index % 2 === 0) return piece;
    const fact = facts[piece];
    return typeof fact === "number" ? figure(fact) : fact;
  });
}

const plainly = (template, facts) => parts(template, facts).map((part) => part.textContent ?? part).join("");

function fill(target, ...children) {
  target.replaceChildren(...children);
}

// How strong the colour of a number is, and whether it is hatched.
function shade(target, x, scale) {
  const strength = Number.isFinite(x) ? shareOf(x, scale) : 1;
  target.style.setProperty("--strength", strength.toFixed(3));
  target.classList.toggle("minus", x < 0);
  target.classList.toggle("bad", !Number.isFinite(x));
  return target;
}

// A bar from the middle, to the right for a positive number.
function bar(x, scale) {
  const inner = shade(element("span"), x, scale);
  inner.style.width = `${(50 * shareOf(x, scale)).toFixed(2)}%`;
  inner.style[x < 0 ? "right" : "left"] = "50%";
  inner.hidden = x === 0;
  return element("span", { class: "bar", "aria-hidden": "true" }, inner);
}

// ---- Pictures --------------------------------------------------------------------------------------------------------

const BLACK = [16, 18, 22];
const WHITE = [255, 255, 255];
const LOW = [70, 26, 0];
const MIDDLE = [140, 137, 135];
const HIGH = [214, 236, 255];

const between = (from, to, share) => from.map((channel, index) => channel + (to[index] - channel) * share);

// From a share between -1 and 1 to a colour that is the brighter, the larger it is: signs can be told apart in grey.
const signed = (share) => (share < 0 ? between(MIDDLE, LOW, Math.sqrt(-share)) : between(MIDDLE, HIGH, Math.sqrt(share)));

// An image whose pixels tell their numbers when pointed at; a signed one is grey at 0. Without a label it is an ornament.
function image(numbers, [height, width], label, options = {}) {
  const described = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  const canvas = element("canvas", { width, height, class: options.class ?? "", ...described });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  const finite = numbers.filter(Number.isFinite);
  const [low, high] = [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
  const scale = options.scale ?? largest(numbers);
  numbers.forEach((x, place) => {
    const share = options.signed ? Math.sign(x) * shareOf(x, scale) : high > low ? (x - low) / (high - low) : 0;
    const colour = !Number.isFinite(x) ? [200, 0, 120] : options.signed ? signed(share) : between(BLACK, WHITE, share);
    pixels.data.set([...colour, 255], 4 * place);
  });
  context.putImageData(pixels, 0, 0);
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.min(height - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * height)));
    const column = Math.min(width - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * width)));
    canvas.title = plainly(words["pixel value"], { name: plainly(words.pixel, { row: String(row), column: String(column) }), x: exact(numbers[row * width + column]) });
  });
  return canvas;
}

// A signed picture with its name and the numbers of its darkest and brightest shade.
function picture(numbers, name, options = {}) {
  const shown = image(numbers, lesson.shape, name, { signed: true, ...options });
  const scale = options.scale ?? largest(numbers);
  const range = element("small", {}, ...parts(words.range, { low: 0 - scale, high: scale }));
  return element("figure", {}, shown, element("figcaption", {}, name, range));
}

// ---- Tables ----------------------------------------------------------------------------------------------------------

// A table of signed numbers: rows and columns have a name and perhaps an action, and a column may stand apart.
function matrix(label, corner, rows, columns, numberAt, scale) {
  const heads = columns.map((column) => element("th", { scope: "col", class: column.class ?? "", title: column.title }, acting("span", column)));
  const head = element("tr", {}, element("td", { class: "corner" }, corner), ...heads);
  const body = rows.map((row, i) => element("tr", { class: row.class ?? "" }, element("th", { scope: "row" }, acting("span", row)),
    ...columns.map((column, j) => square(numberAt(i, j), column.scale ?? scale, column.class ?? ""))));
  return element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label },
    element("table", { class: "matrix" }, element("thead", {}, head), element("tbody", {}, ...body)));
}

function square(x, scale, kind) {
  if (typeof x === "string") return element("td", { class: kind }, x);
  const wide = kind.includes("apart");
  return shade(element("td", { class: `back ${kind}`, title: exact(x) }, wide ? arrowOf(x) + short(x) : compact(x)), x, scale);
}

// An element that is a button if something has an action.
function acting(name, thing) {
  if (!thing.act) return element(name, {}, thing.name);
  const made = element("button", { type: "button", class: "link", "aria-label": thing.spoken }, ...(thing.mark ? [thing.mark] : []), thing.name);
  made.addEventListener("click", thing.act);
  return made;
}

// Playing the storyboard, going from node to node, and what buttons and keys do.

let timer = 0;

function go(position) {
  state.position = Math.min(Math.max(0, position), length());
  if (state.position === length()) state.playing = false;
  render();
}

function stepBy(count) {
  pause();
  go(state.position + count);
}

function pause() {
  clearTimeout(timer);
  state.playing = false;
}

function play() {
  if (state.quiz) return;
  if (state.position === length()) state.position = 0;
  state.playing = true;
  go(state.position + 1);
  tick();
}

function tick() {
  clearTimeout(timer);
  if (state.playing) timer = setTimeout(() => { go(state.position + 1); tick(); }, Number($("speed").value));
}

function toggle() {
  if (state.playing) { pause(); render(); } else play();
}

// The forward pass is the same in both orders; a switch within the backward pass starts that pass anew.
function switchOrder() {
  pause();
  state.quiz = false;
  state.order = state.order === "naive" ? "topological" : "naive";
  go(Math.min(state.position, forward.length));
}

// ---- Nodes ----------------------------------------------------------------------------------------------------------

function select(number) {
  state.selected = state.selected === number && !state.quiz ? null : number;
  if (state.quiz) askAbout(number);
  render();
  if (!$("about").hidden) $("about").scrollIntoView({ block: "nearest" });
}

// One of the nodes is a stop for the tabulator key, and up and down lead from it to the others.
const buttons = nodes.filter((each) => each.made !== undefined && each.group);

function visit(place) {
  const next = buttons[Math.min(Math.max(0, place), buttons.length - 1)];
  for (const node of buttons) node.group.setAttribute("tabindex", node === next ? "0" : "-1");
  return next.group;
}

const NODE_KEYS = { Enter: null, " ": null, ArrowUp: -1, ArrowDown: 1 };

buttons.forEach((node, place) => {
  node.group.setAttribute("role", "button");
  node.group.addEventListener("click", () => { visit(place); select(node.number); });
  node.group.addEventListener("keydown", (event) => {
    if (!Object.hasOwn(NODE_KEYS, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (NODE_KEYS[event.key] === null) select(node.number);
    else visit(place + NODE_KEYS[event.key]).focus();
  });
});
visit(0);

// Before a node has the focus, the same keys lead to the one that is the stop.
document.addEventListener("keydown", (event) => {
  const isUnfocused = event.target === document.body || event.target === $("picture");
  const stop = buttons.find((node) => node.group.getAttribute("tabindex") === "0");
  if (!stop || !isUnfocused || event.key === " " || !Object.hasOwn(NODE_KEYS, event.key)) return;
  event.preventDefault();
  stop.group.focus();
  if (event.key === "Enter") select(stop.number);
});

// ---- Wiring ---------------------------------------------------------------------------------------------------------

const actions = {
  first: () => { pause(); go(0); },
  back: () => stepBy(-1),
  play: toggle,
  forth: () => stepBy(1),
  last: () => { pause(); go(length()); },
  "mode-naive": switchOrder,
  "mode-quiz": switchQuiz,
  smaller: () => resize(scale / 1.25),
  larger: () => resize(scale * 1.25),
  fit: () => fit(0),
  reveal: () => solve("shown"),
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);
$("quiz").addEventListener("submit", check);
for (const id of ["ask", "hide"]) $(id).addEventListener("change", begin);
$("slider").addEventListener("input", () => { pause(); go(Number($("slider").value)); });
$("speed").addEventListener("change", tick);

const KEYS = { " ": "play", ArrowLeft: "back", ArrowRight: "forth", Home: "first", End: "last", w: "mode-naive", q: "mode-quiz" };

document.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!Object.hasOwn(KEYS, key) || event.ctrlKey || event.metaKey || event.altKey) return;
  // Keys that already have a meaning in an element keep it.
  if (event.target.closest("input, select") || (key === " " && event.target.closest("button"))) return;
  event.preventDefault();
  const button = $(KEYS[key]);
  if (!button.disabled && !button.hidden) actions[KEYS[key]]();
});

addEventListener("resize", () => fit(LEGIBLE));
svg.setAttribute("role", "group");
svg.setAttribute("aria-label", storyboard.words.summary);
fit(LEGIBLE);
render();
// Of a picture larger than the window, the part where the pass starts.
show((nodes[forward[0]?.node] ?? buttons[0]).group, "instant");

// The page as `state` says: `render` brings the picture, the words and the controls into line with it.

function render() {
  const step = current();
  const phase = state.quiz ? "backward" : step === null ? "ready" : state.position <= forward.length ? "forward" : "backward";
  document.body.className = [phase, state.playing ? "playing" : "", step?.late ? "lost" : "", state.quiz ? "quizzing" : ""].join(" ").trim();
  document.body.dataset.position = state.position;
  renderPicture(step, phase);
  renderWords(step, phase);
  renderAbout();
  renderControls();
}

function renderPicture(step, phase) {
  const passed = sums(state.position);
  const made = new Set(forward.slice(0, state.quiz ? forward.length : state.position).map((each) => each.node));
  for (const node of nodes) {
    if (!node.group) continue;
    const sum = sumOf(node, passed);
    const waiting = node.op && !made.has(node.number);
    const classes = {
      waiting,
      known: sum !== undefined,
      unknown: sum === undefined,
      wrong: isWrong(node, sum),
      selected: state.selected === node.number,
      asked: state.quiz && state.asked === gradientOf(node.number),
      solved: state.quiz && state.solved.has(gradientOf(node.number)),
      made: phase === "forward" && step.node === node.number,
      gives: phase === "forward" && step.from.includes(node.number),
      passes: step !== null && phase === "backward" && step.node === node.number,
      gets: step !== null && phase === "backward" && step.target === node.number,
    };
    for (const [name, on] of Object.entries(classes)) node.group.classList.toggle(name, Boolean(on));
    write(node.group.querySelector(".figure.data"), waiting ? "\u00b7" : node.data === null ? "" : short(node.data));
    const hidden = state.quiz ? "?" : "0.0";
    write(node.group.querySelector(".figure.grad"), sum ? short(sum.after) : hidden);
    if (node.made !== undefined) node.group.setAttribute("aria-label", spoken(node, waiting, sum));
  }
  const used = new Set(backward().slice(0, Math.max(0, state.position - forward.length)).map((each) => each.edge));
  edges.forEach((group, number) => {
    if (!group) return;
    group.classList.toggle("unpassed", bundles.has(number) && !used.has(number));
    group.classList.toggle("waiting", nodes[storyboard.edges[number][1]].op === true && !made.has(storyboard.edges[number][1]));
    group.classList.toggle("flows-ahead", phase === "forward" && step.edges.includes(number));
    group.classList.toggle("flows-back", step !== null && phase === "backward" && step.edge === number);
    group.classList.toggle("asked", state.quiz && state.asked === localOn(number));
    group.classList.toggle("solved", state.quiz && state.solved.has(localOn(number)));
    write(group.querySelector("text"), isHidden(localOn(number)) ? "?" : labels[number]);
    group.classList.toggle("lost", step !== null && Boolean(step.late) && step.edge === number);
  });
  if (step !== null) show(nodes[phase === "forward" ? step.node : step.target].group);
}

// What is asked for: the number on an edge, or the node.
function showQuestion() {
  const question = state.questions.get(state.asked);
  if (question) show(question.step ? edges[question.step.edge]?.querySelector("text") : question.node.group);
}

// The gradient that a node shows: what it has gathered, or in a quiz its gradient unless that is hidden.
function sumOf(node, passed) {
  if (!state.quiz) return passed.get(node.number);
  return node.gradient === null || isHidden(gradientOf(node.number)) ? undefined : { after: node.gradient };
}

// Compared by their spellings, because a nan differs from itself.
function isWrong(node, sum) {
  const finished = !state.quiz && state.position === length();
  return finished && sum !== undefined && node.gradient !== null && exact(sum.after) !== exact(node.gradient);
}

function spoken(node, waiting, sum) {
  const data = waiting ? "not computed yet, " : node.data === null ? "" : `data ${short(node.data)}, `;
  if (node.gradient === null) return `${node.made}${waiting ? ", not computed yet" : ""}`;
  return `${node.made}, ${data}gradient ${sum ? short(sum.after) : state.quiz ? "hidden" : "0.0 so far"}`;
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function renderWords(step, phase) {
  write($("phase"), state.quiz ? "Quiz" : { ready: "Ready", forward: "Forward pass", backward: "Backward pass" }[phase]);
  write($("count"), state.quiz ? "" : `step ${state.position} of ${length()}`);
  write($("equation"), step ? step.equation : "");
  write($("sum"), step?.sum ?? "");
  write($("remark"), remark(step));
  $("now").hidden = state.quiz;
  $("quiz").hidden = !state.quiz;
  if (state.quiz) renderQuiz();
}

function remark(step) {
  if (step === null) return state.order === "naive" ? storyboard.words.naive : storyboard.words.ready;
  const end = state.position === length() ? storyboard.words.end[state.order] : "";
  return [step.remark ?? "", end].filter(Boolean).join(" ");
}

function renderAbout() {
  const node = state.selected === null ? null : nodes[state.selected];
  $("about").hidden = node === null;
  $("hint").hidden = node !== null || state.quiz;
  if (node === null) return;
  const steps = backward();
  const done = state.quiz ? steps.length : Math.max(0, state.position - forward.length);
  const secret = isHidden(gradientOf(node.number));
  const sum = sumOf(node, sums(state.position));
  write($("about-name"), node.name);
  write($("about-made"), node.made);
  const numbers = [...(node.data === null ? [] : [["data", exact(node.data)]]), ...(node.gradient === null ? [] : [["gradient", sum ? exact(sum.after) : secret ? "?" : "0.0 so far"]])];
  if (isWrong(node, sum)) numbers.push(["right is", exact(node.gradient)]);
  fill($("about-numbers"), numbers.flatMap(([name, figure]) => [tag("dt", name), tag("dd", figure)]));
  write($("about-uses"), node.uses);
  const terms = steps.map((step, index) => [step, index]).filter(([step]) => step.target === node.number && step.node !== node.number);
  fill($("about-terms"), secret ? [] : terms.map(([step, index]) => term(step, index < done && !hasSecret(step))));
}

function term(step, done) {
  const item = tag("li", done ? step.term : step.open);
  item.className = step.late ? "late" : done ? "" : "open";
  return item;
}

function tag(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function fill(element, children) {
  element.replaceChildren(...children);
}

function renderControls() {
  const slider = $("slider");
  slider.max = length();
  slider.value = state.position;
  slider.setAttribute("aria-valuetext", `step ${state.position} of ${length()}`);
  $("ahead").style.flex = forward.length;
  $("behind").style.flex = backward().length;
  for (const id of ["first", "back"]) $(id).disabled = state.quiz || state.position === 0;
  for (const id of ["forth", "last"]) $(id).disabled = state.quiz || state.position === length();
  for (const id of ["play", "slider"]) $(id).disabled = state.quiz;
  $("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
  for (const id of ["mode-naive", "mode-quiz", "mode-keys"]) $(id).hidden = storyboard.bundles !== undefined;
  $("mode-naive").setAttribute("aria-pressed", state.order === "naive");
  $("mode-quiz").setAttribute("aria-pressed", state.quiz);
}

// ---- Size -----------------------------------------------------------------------------------------------------------

const natural = { width: svg.width.baseVal.value, height: svg.height.baseVal.value };

const LEGIBLE = 0.85;
const LARGEST = 1.7;
let scale = 0;

// The whole picture, but at first not so small that its texts cannot be read.
function fit(smallest) {
  const room = Math.min((picture.clientWidth - 8) / natural.width, (picture.clientHeight - 8) / natural.height);
  resize(Math.min(LARGEST, Math.max(smallest, room)));
}

function resize(size) {
  scale = Math.min(4, Math.max(0.02, size));
  svg.style.width = `${natural.width * scale}px`;
  svg.style.height = `${natural.height * scale}px`;
}

function show(group, behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth") {
  if (!group) return;
  const box = group.getBoundingClientRect();
  const frame = picture.getBoundingClientRect();
  const off = (low, high, from, to) => (low < from + 16 ? low - from - 60 : high > to - 16 ? high - to + 60 : 0);
  const [x, y] = [off(box.left, box.right, frame.left, frame.right), off(box.top, box.bottom, frame.top, frame.bottom)];
  if (x || y) picture.scrollBy({ left: x, top: y, behavior });
}

// Plays the storyboard that the page carries: what each step changes is in there, in numbers and in words. The state is
// the object `state` and nothing else; `render` brings the page into line with it. Text reaches the page by `textContent`
// only, so a label can never become markup.
"use strict";

(() => {
  const storyboard = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const picture = $("picture");
  const svg = picture.querySelector("svg");
  const nodes = storyboard.nodes.map((facts, number) => ({ ...facts, number, group: svg.querySelector(`[data-node="${number}"]`) }));
  const edges = storyboard.edges.map((ends, number) => svg.querySelector(`[data-edge="${number}"]`));
  const bundles = new Set(storyboard.bundles ?? []);  // edges between boxes, whose labels are lengths of gradients
  const labels = edges.map((group) => group?.querySelector("text")?.textContent ?? "");
  const state = {
    position: 0, order: "topological", playing: false, selected: null,
    quiz: false, questions: new Map(), asked: null, solved: new Map(),
  };
  let timer = 0;
  let scale = 0;

  // A number comes as its exact spelling, or as a pair of a short one and the exact one.
  const short = (figure) => (Array.isArray(figure) ? figure[0] : figure);
  const exact = (figure) => (Array.isArray(figure) ? figure[1] : figure);
  const value = (figure) => parse(exact(figure));

  const WORDS = { inf: Infinity, "+inf": Infinity, "-inf": -Infinity, infinity: Infinity, "-infinity": -Infinity };

  function parse(text) {
    const plain = text.trim().toLowerCase().replace(/[\u2212\u2013]/g, "-").replace(/,/g, ".");
    if (plain in WORDS) return WORDS[plain];
    const fraction = plain.split("/");
    const parts = fraction.map((part) => (part.trim() === "" ? NaN : Number(part)));
    return fraction.length === 2 ? parts[0] / parts[1] : fraction.length === 1 ? parts[0] : NaN;
  }

  const forward = storyboard.forward;
  const backward = () => storyboard.backward[state.order];
  const length = () => forward.length + backward().length;

  // What is known after a number of steps: the sum that each node has gathered, and how often something was added to it.
  function sums(position) {
    const known = new Map();
    for (const step of backward().slice(0, Math.max(0, position - forward.length))) {
      known.set(step.target, { after: step.after, count: (known.get(step.target)?.count ?? 0) + 1 });
    }
    return known;
  }

  function current() {
    if (state.quiz || state.position === 0) return null;
    return state.position <= forward.length ? forward[state.position - 1] : backward()[state.position - forward.length - 1];
  }

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
      if (node.gradient !== null) node.group.setAttribute("aria-label", spoken(node, waiting, sum));
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
    const numbers = [...(node.data === null ? [] : [["data", exact(node.data)]]), ["gradient", sum ? exact(sum.after) : secret ? "?" : "0.0 so far"]];
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

  // ---- Moving --------------------------------------------------------------------------------------------------------

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

  // ---- Nodes ---------------------------------------------------------------------------------------------------------

  function select(number) {
    state.selected = state.selected === number && !state.quiz ? null : number;
    if (state.quiz) askAbout(number);
    render();
    if (!$("about").hidden) $("about").scrollIntoView({ block: "nearest" });
  }

  // One of the nodes is a stop for the tabulator key, and up and down lead from it to the others.
  const buttons = nodes.filter((each) => each.gradient !== null && each.group);

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

  // ---- Quiz ----------------------------------------------------------------------------------------------------------

  // A question is a number that is asked for: the local derivative on an edge, or the gradient of a node. Its key tells
  // which, and `state.questions` has the questions of this quiz by their keys, in the order in which they are asked.
  const gradientOf = (number) => `gradient ${number}`;
  const localOn = (edge) => `local ${edge}`;
  const usesOf = (number) => storyboard.backward.topological.filter((step) => step.target === number && step.node !== number);

  function questionsOf(kind) {
    const found = new Map();
    const last = new Map(storyboard.backward.topological.map((step) => [step.target, step]));
    for (const step of storyboard.backward.topological) {
      if (step.edge !== null && kind !== "gradients") {
        found.set(localOn(step.edge), { step, node: nodes[step.target], name: step.derivative, truth: step.local, tells: hintForLocal });
      }
      const node = nodes[step.target];
      if (last.get(step.target) === step && node.asked && kind !== "locals") {
        found.set(gradientOf(node.number), { node, name: node.derivative, truth: node.gradient, tells: hintForGradient });
      }
    }
    return found;
  }

  function isHidden(key) {
    const isOpen = state.quiz && state.questions.has(key) && !state.solved.has(key);
    return isOpen && ($("hide").value === "all" || key === state.asked);
  }

  const hasSecret = (step) => isHidden(localOn(step.edge)) || isHidden(gradientOf(step.node));

  function switchQuiz() {
    pause();
    state.quiz = !state.quiz;
    state.order = "topological";
    begin();
    if (state.quiz) $("answer").focus();
  }

  function begin() {
    state.questions = questionsOf($("ask").value);
    state.solved = new Map();
    state.selected = null;
    say("", "");
    ask(nextQuestion() ?? null);
    render();
  }

  const nextQuestion = () => [...state.questions.keys()].find((key) => !state.solved.has(key));

  function ask(key) {
    state.asked = key;
    if (!state.solved.has(key)) $("answer").value = "";
  }

  // Of a node the gradient; if that is not asked for, the first local derivative on the edges to its users.
  function askAbout(number) {
    const keys = [gradientOf(number), ...usesOf(number).map((step) => localOn(step.edge))].filter((key) => state.questions.has(key));
    const key = keys.find((each) => !state.solved.has(each)) ?? keys[0];
    if (key !== undefined) ask(key);
  }

  edges.forEach((group, edge) => group?.addEventListener("click", () => {
    if (!state.quiz || !state.questions.has(localOn(edge))) return;
    ask(localOn(edge));
    render();
  }));

  function renderQuiz() {
    const found = [...state.solved.values()].filter((by) => by === "answer").length;
    write($("score"), `${found} of ${state.questions.size} found`);
    const question = state.questions.get(state.asked);
    const open = question !== undefined && !state.solved.has(state.asked);
    for (const id of ["answer", "check", "reveal"]) $(id).disabled = !open;
    write($("question"), question ? `${question.name} =` : "");
    write($("known"), question ? given(question) : storyboard.words.nothing);
    showQuestion();
  }

  // What the reader has to work with: how the node is made, or for each use the upstream gradient and the local derivative.
  function given(question) {
    if (question.step) return nodes[question.step.node].made;
    const upstream = (step) => (isHidden(gradientOf(step.node)) ? "?" : short(nodes[step.node].gradient));
    const local = (step) => (isHidden(localOn(step.edge)) ? "?" : short(step.local));
    return usesOf(question.node.number).map((step) => `${step.names} = ${upstream(step)} \u00d7 ${local(step)}`).join("\n");
  }

  function near(answer, truth) {
    if (Number.isNaN(truth) || !Number.isFinite(truth)) return Object.is(answer, truth);
    return Math.abs(answer - truth) <= 0.005 * Math.abs(truth) + 1e-12;
  }

  function solve(by) {
    const question = state.questions.get(state.asked);
    state.solved.set(state.asked, by);
    const all = question.step ? [] : usesOf(question.node.number).map((step) => short(step.part));
    const sum = all.length > 1 && !usesOf(question.node.number).some(hasSecret) ? ` = ${all.join(" + ")}` : "";
    const next = nextQuestion();
    say(by === "answer" ? "right" : "", `${by === "answer" ? "Right: " : ""}${question.name}${sum} = ${short(question.truth)}.${next === undefined ? " All numbers are known." : ""}`);
    state.selected = question.step ? null : question.node.number;
    if (next !== undefined) ask(next);
    render();
    if (next !== undefined) $("answer").focus();
  }

  function say(kind, text) {
    $("feedback").className = kind;
    write($("feedback"), text);
    if (text) $("feedback").scrollIntoView({ block: "nearest" });
  }

  function check(event) {
    event.preventDefault();
    const question = state.questions.get(state.asked);
    if (question === undefined || state.solved.has(state.asked)) return;
    const text = $("answer").value;
    const answer = parse(text);
    const truth = value(question.truth);
    if (Number.isNaN(answer) && text.trim().toLowerCase() !== "nan") say("wrong", "That is no number; write for example -1.5, 2/3, inf or nan.");
    else if (near(answer, truth)) solve("answer");
    else {
      say("wrong", truth !== 0 && near(-answer, truth) ? "The size is right, the sign is not." : question.tells(answer, question));
      $("answer").select();
    }
  }

  function hintForLocal(answer, { step, node }) {
    const user = nodes[step.node];
    const others = storyboard.backward.topological.filter((each) => each.node === step.node && each.edge !== null && each.edge !== step.edge);
    if (others.some((each) => near(answer, value(each.local)))) return `That is the local derivative of ${user.name} by another input.`;
    if (near(answer, value(user.data))) return `That is ${user.name} itself; asked is how fast it changes with ${node.name}.`;
    return `Not yet: if ${node.name} alone grew by a little, by how many times that would ${user.name} grow?`;
  }

  function hintForGradient(answer, { node }) {
    const uses = usesOf(node.number);
    if (uses.length > 1 && uses.some((step) => near(answer, value(step.part)))) {
      return `That is one contribution of ${uses.length}: what comes by all arrows is added.`;
    }
    if (uses.some((step) => near(answer, value(step.local)))) return "That is a local derivative; it has to be multiplied by the upstream gradient.";
    return "Not yet: upstream gradient times local derivative for each arrow that leaves the node, and then their sum.";
  }

  // ---- Size ----------------------------------------------------------------------------------------------------------

  const natural = { width: svg.width.baseVal.value, height: svg.height.baseVal.value };

  const LEGIBLE = 0.85;
  const LARGEST = 1.7;

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

  // ---- Wiring --------------------------------------------------------------------------------------------------------

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
  // Of a picture larger than the window, the part around the root says more than a column of leaves.
  show(nodes.at(-1).group, "instant");
})();

// The quiz: which numbers are asked for, what is hidden meanwhile, and what a wrong answer is told.

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
  if (question.step) {
    const { briefly, made } = nodes[question.step.node];
    return briefly ?? made;
  }
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

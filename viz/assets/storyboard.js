// What the page carries: the picture, and the storyboard, in which each step says what it changes, in numbers and in
// words. Where the reader stands is the object `state` and nothing else. Text reaches the page by `textContent` only, so a
// label can never become markup.
"use strict";

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

// A question is a number that is asked for: the local derivative on an edge, or the gradient of a node. Its key tells
// which, and `state.questions` has the questions of this quiz by their keys, in the order in which they are asked.
const gradientOf = (number) => `gradient ${number}`;
const localOn = (edge) => `local ${edge}`;
const usesOf = (number) => storyboard.backward.topological.filter((step) => step.target === number && step.node !== number);

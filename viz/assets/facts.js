// What the page knows: the numbers that it carries, what follows from them, and the names of things.

const read = JSON.parse(document.getElementById("data").textContent);
const words = read.words;
const $ = (id) => document.getElementById(id);

const lesson = {
  ...read,
  lr: floats(read.lr)[0],
  delta: floats(read.delta)[0],
  layers: read.layers.map((layer) => {
    const [weights, biases] = [floats(layer.weights), floats(layer.biases)];
    const width = weights.length / biases.length;
    return { ...layer, biases, weights: biases.map((_, j) => weights.slice(j * width, (j + 1) * width)) };
  }),
  samples: read.samples.map((sample) => {
    const features = sample.features.floats === undefined ? fractions(sample.features.bytes, sample.features.divisor) : floats(sample.features.floats);
    const layers = sample.layers.map((layer) => Object.fromEntries(Object.entries(layer).map(([key, text]) => [key, floats(text)])));
    layers.forEach((layer, index) => { layer.x = index === 0 ? features : layers[index - 1].a; });
    const cost = { ...sample.cost, total: floats(sample.cost.total)[0], factor: floats(sample.cost.factor)[0] };
    for (const key of ["target", "predicted", "terms"]) cost[key] = floats(sample.cost[key]);
    return { ...sample, features, layers, cost, cosine: floats(sample.cosine)[0], length: floats(sample.length)[0],
      moved: sample.moved?.map((row) => ({ ...row, numbers: floats(row.numbers) })) };
  }),
};

const LAST = lesson.layers.length - 1;
const FEATURES = -1;  // stands for the features where a layer is meant

const count = (number) => number.toLocaleString("en");
const say = (key, facts = {}) => plainly(words[key], facts);
const sizeOfLayer = (layer) => (layer === FEATURES ? lesson.samples[0].features.length : lesson.layers[layer].biases.length);

function nameOf(layer, index) {
  if (layer === LAST) return say("output", { name: lesson.classes[index] ?? String(index) });
  if (layer !== FEATURES) return say("neuron", { index: String(index) });
  if (!lesson.shape) return say("input", { index: String(index) });
  const width = lesson.shape[1];
  return say("pixel", { row: String(Math.floor(index / width)), column: String(index % width) });
}

const sampleName = (place) => say(lesson.samples[place].name ? "named sample" : "sample", { index: String(place), name: lesson.samples[place].name });
const layerName = (layer) => (layer === FEATURES ? words.features : lesson.layers[layer].name);
const fullName = (layer, index) => say("chosen", { neuron: nameOf(layer, index), layer: layerName(layer) });

// The parameter of a neuron that multiplies an input, or with null its bias.
const parameterName = (layer, neuron, source) => (source === null
  ? say("bias of", { neuron: nameOf(layer, neuron) })
  : say("connection", { source: nameOf(layer - 1, source), neuron: nameOf(layer, neuron) }));

// The desired change of a parameter for a sample: minus its derivative, which is the product of the error signal and the
// input.
function askOf(sample, layer, neuron, source) {
  const { deltas, x } = sample.layers[layer];
  return against(deltas[neuron], source === null ? 1 : x[source]);
}

const sourcesOf = (layer, neuron) => [...lesson.layers[layer].weights[neuron].keys(), ...(lesson.layers[layer].hasBias[neuron] ? [null] : [])];

// What the neurons of a layer ask of the activations before it, each alone.
const askedBefore = (sample, layer, neuron, source) => against(sample.layers[layer].deltas[neuron], lesson.layers[layer].weights[neuron][source]);

// Desired changes of the activations of a layer. The graph has those of neurons; those of features are sums.
function wishesOf(sample, layer) {
  return layer === FEATURES ? [...sample.features.keys()].map((source) => summed(sample, 0, source)) : sample.layers[layer].desired;
}

const summed = (sample, layer, source) => total(lesson.layers[layer].biases.map((_, neuron) => askedBefore(sample, layer, neuron, source)));

const mean = (numbers) => total(numbers) / numbers.length;
const meanAsk = (layer, neuron, source) => mean(lesson.samples.map((sample) => askOf(sample, layer, neuron, source)));

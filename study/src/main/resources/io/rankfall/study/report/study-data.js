/* The study, and every quantity the page derives from it. */

const data = JSON.parse(document.getElementById('results').textContent);
const { networks, runs, thresholds, statistics } = data;

const unique = values => [...new Set(values)];
const mean = values => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

/* The settings that, by the paper, control the rank. */
const AXES = [
  { key: 'batchSize', enum: 'BATCH_SIZE', symbol: 'B', name: 'batch size', text: String },
  { key: 'learningRate', enum: 'LEARNING_RATE', symbol: 'µ', name: 'learning rate', text: String },
  { key: 'weightDecay', enum: 'WEIGHT_DECAY', symbol: 'wd', name: 'weight decay', text: value => (value >= 1e-2 || value === 0 ? String(value) : power(value)) },
];
const axisOf = key => AXES.find(axis => axis.key === key);

/* Single precision, little-endian, Base64; decoded when first asked for. */
function float32(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}

function decoded(of) {
  const known = new Map();
  return owner => {
    if (!known.has(owner)) known.set(owner, float32(of(owner)));
    return known.get(owner);
  };
}
const ranksOf = decoded(run => run.ranks);
const accuraciesOf = decoded(run => run.accuracies);
const spectraOf = decoded(run => run.spectra);
const randomOf = decoded(layer => layer.random);

/* Runs that any mean may contain; the others are shown as what they are. */
const isTrained = run => run.state === 'COMPLETED';
const STATES = {
  COMPLETED: 'completed',
  UNTRAINED: 'untrained',
  DIVERGED: 'diverged',
  FAILED: 'failed',
  UNFINISHED: 'unfinished',
};

const finite = value => (Number.isFinite(value) ? value : null);

/* Mean over the hidden layers of the number of singular values above a threshold. */
const rankAfter = (run, epochIndex, tau) => finite(ranksOf(run)[epochIndex * thresholds.length + tau]);
const rankOf = (run, tau) => (run.epochs.length === 0 ? null : rankAfter(run, run.epochs.length - 1, tau));

const smallestOf = (run, method, points) => run.smallest.find(s => s.method === method && s.points === points) ?? null;
const hasCompressibility = runs.some(run => run.smallest.length > 0);
const tolerances = unique(runs.flatMap(run => run.smallest.map(s => s.points))).sort((a, b) => a - b);

/* The singular values of one layer, out of those of all. */
function spectrumOf(run, layerIndex) {
  const layers = networks[run.network].layers;
  const sizes = layers.map(layer => Math.min(layer.rows, layer.cols));
  const from = sizes.slice(0, layerIndex).reduce((sum, size) => sum + size, 0);
  return spectraOf(run).subarray(from, from + sizes[layerIndex]);
}

const runsOf = network => runs.filter(run => run.network === network);
const levelsOf = (network, axis) => unique(runsOf(network).map(run => run[axis.key])).sort((a, b) => a - b);
const agrees = (run, setting) => Object.entries(setting).every(([key, value]) => run[key] === value);
const runsAt = (network, setting) => runsOf(network).filter(run => agrees(run, setting));

/* What a setting came to: the mean of its trained seeds, or the state of those that are not. */
function cellOf(network, setting, measure) {
  const all = runsAt(network, setting);
  const values = all.filter(isTrained).map(measure).filter(value => value !== null);
  return {
    runs: all,
    values,
    mean: mean(values),
    missing: all.length === 0 ? 'not run' : unique(all.filter(run => !isTrained(run)).map(run => STATES[run.state])).join(', '),
  };
}

/* The level of each axis where most runs are trained; among equals the middle one. */
function bestLevels(network) {
  const level = axis => {
    const levels = levelsOf(network, axis);
    const count = value => runsAt(network, { [axis.key]: value }).filter(isTrained).length;
    const most = Math.max(...levels.map(count));
    const best = levels.filter(value => count(value) === most);
    return best[Math.floor(best.length / 2)];
  };
  return Object.fromEntries(AXES.map(axis => [axis.key, level(axis)]));
}

const settingText = setting => AXES.filter(axis => axis.key in setting).map(axis => `${axis.symbol}\u00a0=\u00a0${axis.text(setting[axis.key])}`).join(', ');

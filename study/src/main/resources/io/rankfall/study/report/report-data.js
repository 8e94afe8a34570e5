/* The results, and every quantity the page derives from them. */

const results = JSON.parse(document.getElementById('results').textContent);
const { settings, provenance, runs } = results;

/* Half a percentage point: the loss of accuracy the summary tolerates. */
const TOLERANCE = 0.005;

const unique = values => [...new Set(values)];
const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

const isDiverged = run => run.outcome.kind === 'DIVERGED';
const denseFile = run => run.files.find(file => file.policy === 'dense') ?? null;
const compressedFiles = run => run.files.filter(file => file.policy !== 'dense');

const policies = unique(runs.flatMap(compressedFiles).map(file => file.policy));
const timedBatches = unique(
  runs.flatMap(run => run.files.flatMap(file => file.latencies.map(latency => latency.batch)))
).sort((a, b) => a - b);

/* A diverged run's numbers end where they stop being numbers. */
const measuredEpochs = new Map(
  runs.map(run => {
    const bad = run.epochs.findIndex(epoch => epoch.testLoss === null);
    return [run, bad < 0 ? run.epochs : run.epochs.slice(0, bad)];
  })
);
const epochNumbers = unique([...measuredEpochs.values()].flat().map(epoch => epoch.epoch)).sort(
  (a, b) => a - b
);
const lastEpoch = epochNumbers.at(-1) ?? 0;

const layers = (runs.flatMap(run => run.epochs).find(epoch => epoch.layers.length > 0)?.layers ?? []).map(
  ({ name, rows, cols }) => ({ name, rows, cols, size: Math.min(rows, cols) })
);

/* As in the paper, means leave out the classifier: it has as many rows as there are classes. */
const innerLayers = layers.length > 1 ? layers.slice(0, -1) : layers;

function layerAt(run, epochNumber, name) {
  const epoch = measuredEpochs.get(run).find(state => state.epoch === epochNumber);
  const layer = epoch?.layers.find(candidate => candidate.name === name);
  return layer && layer.spectrum.every(value => value !== null) ? layer : null;
}

function referenceFor(layer) {
  const found = results.references.find(
    reference => reference.rows === layer.rows && reference.cols === layer.cols
  );
  return found?.spectrum ?? null;
}

/* How many of the descending values exceed tau, strictly. */
function countAbove(spectrum, tau) {
  let low = 0;
  let high = spectrum.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spectrum[middle] > tau) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* The stored values are rounded, so the counts made before rounding win where they exist. */
function rankAt(layer, tau) {
  if (tau === 1e-3) return layer.rankTau3;
  if (tau === 1e-2) return layer.rankTau2;
  return countAbove(layer.spectrum, tau);
}

/* The smallest number of directions holding the share of the sum of squares. */
function energyRank(spectrum, share) {
  const total = spectrum.reduce((sum, value) => sum + value * value, 0);
  let kept = 0;
  let rank = 0;
  while (rank < spectrum.length && kept < share * total) kept += spectrum[rank++] ** 2;
  return rank;
}

function entropyRank(spectrum) {
  const sum = spectrum.reduce((total, value) => total + value, 0);
  const shares = spectrum.map(value => value / sum).filter(share => share > 0);
  return Math.exp(-shares.reduce((total, share) => total + share * Math.log(share), 0));
}

/* What the rank figure can show: of a trained layer, and of a random matrix's spectrum. */
const measures = {
  rank: {
    title: 'rank at τ',
    of: (layer, tau) => rankAt(layer, tau),
    ofRandom: countAbove,
  },
  stable: {
    title: 'stable rank',
    of: layer => layer.stableRank,
    ofRandom: spectrum => spectrum.reduce((sum, value) => sum + value * value, 0) / spectrum[0] ** 2,
  },
  effective: {
    title: 'effective rank',
    of: layer => layer.effectiveRank,
    ofRandom: entropyRank,
  },
};

/* The mean of a quantity over the inner layers; null when a layer was not measured. */
function innerMean(run, epochNumber, quantity) {
  const found = innerLayers.map(layer => layerAt(run, epochNumber, layer.name));
  return found.length > 0 && found.every(Boolean) ? mean(found.map(quantity)) : null;
}

const keptShare = (run, file) => file.parameters / denseFile(run).parameters;
const lossOf = (run, file) => denseFile(run).testAccuracy - file.testAccuracy;
const isWithin = (run, file) => lossOf(run, file) <= TOLERANCE + 1e-12;

/* The smallest compressed file that loses no more than the tolerance. */
function smallestWithin(run) {
  if (!denseFile(run)) return null;
  const good = compressedFiles(run).filter(file => isWithin(run, file));
  return good.reduce((best, file) => (best && best.parameters <= file.parameters ? best : file), null);
}

const latencyAt = (file, batch) => file.latencies.find(latency => latency.batch === batch) ?? null;

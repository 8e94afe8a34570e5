/* What was found, and what the reader chose to see of it. */

const data = JSON.parse(document.getElementById('results').textContent);
const { report } = data;
const { spec, layers } = report;
const epsilons = report.windows.map(window => window.epsilon);
const steps = value => several(value, 'step');
const words = list => (list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`);

const fullRank = layer => Math.min(layer.rows, layer.cols);
const lastEpoch = layer => layer.epochs.at(-1);
const epsilonText = epsilon => `ε\u00a0=\u00a0${Number(epsilon.toPrecision(3))}`;

/* The check that says most: with the shortest window whose premise was measured, else the one known before training. */
const strongest = ({ apriori, shortest }) => (shortest && shortest.verdict === 'HOLDS' ? shortest : apriori);

const VERDICTS = {
  HOLDS: { word: 'HOLDS', mark: '✓', kind: 'holds' },
  VACUOUS: { word: 'VACUOUS', mark: '○', kind: 'open' },
  NOT_YET: { word: 'NOT YET', mark: '…', kind: 'open' },
  VIOLATED: { word: 'VIOLATED', mark: '✗', kind: 'fails' },
};

const state = {
  epsilon: Math.floor((epsilons.length - 1) / 2),
  scale: 'linear',
  moved: 'epoch',
  back: null,
};

/* What the explorer alone shows is drawn alone: it changes many times a second. */
const PLAYED = new Set(['frame', 'tau', 'batchSize', 'learningRate', 'weightDecay']);
const played = new Set();

let pending = null;
function change(values) {
  Object.assign(state, values);
  const draws = Object.keys(values).every(key => PLAYED.has(key)) ? played : drawn;
  if (pending === drawn || pending === draws) return;
  if (pending === null) {
    requestAnimationFrame(() => {
      const draws = pending;
      pending = null;
      draws.forEach(draw => draw());
    });
  }
  pending = draws;
}

/* Each layer has a hue of its own where several share a chart. */
const HUES = 6;
const layerHue = layer => token(`hue-${layers.indexOf(layer) % HUES}`);
const layerDash = layer => ['solid', [8, 4], [12, 3, 2, 3]][Math.floor(layers.indexOf(layer) / HUES) % 3];
const layerKey = () => layers.map(layer => el('span', { class: 'run' }, strokeSwatch(layerHue(layer), layerDash(layer)), layer.name));

const SUPERSCRIPTS = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };
const decade = exponent =>
  !Number.isInteger(exponent) ? '' : exponent === 0 ? '1' : exponent === 1 ? '10' : `10${[...String(exponent)].map(c => SUPERSCRIPTS[c]).join('')}`;
const scientific = value => shown(value, v => (v === 0 ? '0' : v >= 0.001 && v < 1e4 ? significant(v) : v.toExponential(1).replace('-', '\u2011')));

/* Exponents on a linear axis: a logarithmic one loses its scale where all data lie within a decade. */
const exponentOf = value => (value !== null && value > 0 ? Math.log10(value) : null);
const exponentsOf = rows => rows.map(([x, y]) => [exponentOf(x), exponentOf(y)]);
/* Quarters or fifths, where they are whole. */
function rankAxis(name, full) {
  const parts = [4, 5].find(divisor => full % divisor === 0);
  return heightAxis(name, { min: 0, max: full, minInterval: 1, ...(parts && { interval: full / parts }), axisLabel: { formatter: integer } });
}
const exponentAxis = { axisLabel: { formatter: decade }, minInterval: 1 };
const decadesAround = values => {
  const exponents = values.filter(v => v !== null && v > 0).map(Math.log10);
  return exponents.length === 0 ? { min: 0, max: 1 } : { min: Math.floor(Math.min(...exponents)), max: Math.ceil(Math.max(...exponents) - 0.05) };
};

const strokeKey = entries => () =>
  entries.map(([color, dash, text]) => el('span', { class: 'run' }, strokeSwatch(token(color), dash), text));
const dashed = (color, dash, width = 1.8) => ({ lineStyle: { color: token(color), type: dash, width }, itemStyle: { color: token(color) } });

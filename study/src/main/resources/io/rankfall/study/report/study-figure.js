/* What the page of a study shows of a run, and how it is chosen. */

const state = {
  network: 0,
  tau: thresholds.indexOf(0.01),
  measure: 'rank',
  compared: 'batchSize',
  method: 'DATA_AWARE',
  points: tolerances.includes(1) ? 1 : tolerances[0],
  at: bestLevels(0),
  chosen: null,
};

let pending = null;
function change(values) {
  if ('network' in values) values.at = bestLevels(values.network);
  Object.assign(state, values);
  pending ??= requestAnimationFrame(() => {
    pending = null;
    drawn.forEach(draw => draw());
  });
}

/* What maps and tables show of a run. `low` is which end is good for a small network that generalizes. */
const MEASURES = {
  rank: {
    title: 'mean rank',
    words: () => `mean rank at τ = ${power(thresholds[state.tau])}`,
    of: run => rankOf(run, state.tau),
    text: value => shown(value, v => (v >= 100 ? v.toFixed(0) : v.toFixed(1))),
    low: true,
  },
  accuracy: {
    title: 'test accuracy',
    words: () => 'test accuracy',
    of: run => run.testAccuracy,
    text: value => percent(value, 1),
    low: false,
  },
  gap: {
    title: 'generalization gap',
    words: () => 'training minus test accuracy',
    of: run => (run.trainAccuracy === null ? null : run.trainAccuracy - run.testAccuracy),
    text: value => percent(value, 1).replace(/^-0\.0/, '0.0').replace('-', '−'),
    low: true,
  },
  ...(hasCompressibility && {
    share: {
      title: 'parameters needed',
      words: () => `smallest share of parameters within ${state.points} ${state.points === 1 ? 'point' : 'points'}`,
      of: run => smallestOf(run, state.method, state.points)?.share ?? null,
      text: value => percent(value, 1),
      low: true,
    },
  }),
};
const measureOf = () => MEASURES[state.measure];

const measureChoice = () => choice('Show', 'measure', Object.entries(MEASURES).map(([name, m]) => [name, m.title]));
const tauSlider = (isUsed = () => true) =>
  slider(
    'Threshold τ',
    'tau',
    { min: 0, max: thresholds.length - 1, step: 1 },
    { toValue: Number, toPosition: index => index, text: index => power(thresholds[index]), isUsed }
  );
const networkChoice = () =>
  selection('Network', () => networks.map((network, i) => [i, network.label]), {
    get: () => state.network,
    set: network => change({ network }),
  });
const levelChoice = axis =>
  selection(axis.symbol, () => levelsOf(state.network, axis).map(value => [value, axis.text(value)]), {
    get: () => state.at[axis.key],
    set: value => change({ at: { ...state.at, [axis.key]: value } }),
  });

/* A line of a level of an axis; of a study without many levels each has a hue of its own. */
const HUES = 6;
const hueOf = (axis, value) => token(`hue-${levelsOf(state.network, axis).indexOf(value) % HUES}`);
const levelKey = axis => () =>
  levelsOf(state.network, axis).map(value =>
    el('span', { class: 'run' }, strokeSwatch(hueOf(axis, value), 'solid'), `${axis.symbol} = ${axis.text(value)}`)
  );

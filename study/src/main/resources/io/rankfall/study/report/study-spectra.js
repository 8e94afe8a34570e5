/* Whole spectra after the last epoch along one setting, the others held fixed. */

const LOWEST = -5;
const superscripts = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶' };
const decade = exponent => (exponent === 0 ? '1' : `10${[...String(exponent)].map(c => superscripts[c] ?? c).join('')}`);

/* Exponents on a linear axis: a logarithmic one loses its scale where all data lie within a decade. */
const exponents = values => Array.from(values, (value, i) => [i + 1, value > 0 ? Math.log10(value) : null]);

function comparedRuns() {
  const { [state.compared]: varied, ...fixed } = state.at;
  const close = isGrid(state.network) ? runsAt(state.network, fixed) : runsOf(state.network);
  return close.filter(run => isTrained(run) && run.spectra !== '');
}
const fixedText = () => {
  const { [state.compared]: varied, ...fixed } = state.at;
  return isGrid(state.network) ? settingText(fixed) : 'all settings';
};

function spectraOption(layer, index) {
  const compared = axisOf(state.compared);
  const present = comparedRuns();
  const size = Math.min(layer.rows, layer.cols);
  const random = randomOf(layer);
  return chartOption(
    axis('index of the singular value', { min: 1, max: Math.max(2, size), axisLabel: { showMinLabel: true } }),
    heightAxis('σ / ‖W‖F (log scale)', { min: LOWEST, max: 0, interval: 1, axisLabel: { formatter: decade } }),
    [
      ...present.map(run => thinLine(hueOf(compared, run[compared.key]), exponents(spectrumOf(run, index)), { id: run.id, showSymbol: false })),
      randomLine(exponents(random)),
      {
        type: 'line',
        data: [[1, Math.log10(thresholds[state.tau])], [Math.max(2, size), Math.log10(thresholds[state.tau])]],
        silent: true,
        showSymbol: false,
        tooltip: { show: false },
        lineStyle: { color: token('muted'), width: 1 },
        endLabel: { show: true, formatter: 'τ', color: token('muted'), fontSize: 13, distance: 4 },
      },
    ],
    {
      grid: { right: 24 },
      tooltip: {
        formatter: items =>
          tooltipOf(
            `singular value ${items[0].value[0]}`,
            items.map(item => {
              const run = present.find(run => run.id === item.seriesId);
              return run
                ? [strokeSwatch(item.color, 'solid'), `${settingText({ [compared.key]: run[compared.key] })}, seed ${run.seed}`, shown(item.value[1], v => (10 ** v).toExponential(2))]
                : [randomSwatch(), 'random matrix', shown(item.value[1], v => (10 ** v).toExponential(2))];
            })
          ),
      },
    }
  );
}

function spectraTitle() {
  const compared = axisOf(state.compared);
  const levels = levelsOf(state.network, compared)
    .map(value => ({ value, rank: mean(comparedRuns().filter(run => run[compared.key] === value).map(run => rankOf(run, state.tau)).filter(v => v !== null)) }))
    .filter(({ rank }) => rank !== null);
  if (levels.length === 0) return `No trained run at ${fixedText()}`;
  const text = levels.length > 4 ? [levels[0], levels.at(-1)] : levels;
  return `At ${fixedText()}, σ above ${power(thresholds[state.tau])}: ${text.map(({ value, rank }) => `${rank.toFixed(0)} with ${compared.symbol} = ${compared.text(value)}`).join(', ')}`;
}

const spectraFigure = () =>
  figure({
    id: 'spectra',
    title: spectraTitle,
    note: 'Singular values of every weight matrix over its Frobenius norm, largest first, beside a random matrix of the same shape: one line a run, all seeds. What lies below the line τ is not counted. The title’s means leave out the classifier.',
    controls: [
      choice('Compare along', 'compared', AXES.map(axis => [axis.key, axis.name])),
      ...AXES.map(levelChoice),
      tauSlider(),
    ],
    key: () => [...levelKey(axisOf(state.compared))(), el('span', { class: 'run' }, randomSwatch(), 'random matrix of the same shape')],
    layout: 'many',
    panels: () =>
      networks[state.network].layers.map((layer, i) => ({
        heading: `${layer.name}: ${shape(layer)}`,
        description: `Singular values of ${layer.name} along ${axisOf(state.compared).name} at ${fixedText()}.`,
        option: () => spectraOption(layer, i),
      })),
    csv: () => ({
      columns: ['network', 'batch_size', 'learning_rate', 'weight_decay', 'seed', 'layer', 'index', 'sigma_over_frobenius'],
      rows: comparedRuns().flatMap(run =>
        networks[run.network].layers.flatMap((layer, i) =>
          Array.from(spectrumOf(run, i), (value, j) => [networks[run.network].label, run.batchSize, run.learningRate, run.weightDecay, run.seed, layer.name, j + 1, value])
        )
      ),
    }),
  });

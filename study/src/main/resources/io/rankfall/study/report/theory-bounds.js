/* The bound against the measured ε-rank, layer by layer, over training. */

const epsilonChoice = () => choice('ε', 'epsilon', epsilons.map((epsilon, i) => [i, String(epsilon)]));

const checkAt = (epoch, name = 'apriori') => epoch.checks[state.epsilon]?.[name] ?? null;
const speaks = (epoch, name) => checkAt(epoch, name)?.verdict === 'HOLDS';
const boundSeries = layer => ({
  measured: layer.epochs.map(epoch => [epoch.epoch, checkAt(epoch)?.measuredRank ?? null]),
  apriori: layer.epochs.map(epoch => [epoch.epoch, checkAt(epoch)?.bound.rank ?? null]),
  shortest: layer.epochs.map(epoch => [epoch.epoch, checkAt(epoch, 'shortest')?.bound.rank ?? null]),
});

const BOUND_LINES = [
  ['hue-0', 'solid', 'measured ε-rank'],
  ['hue-1', [9, 3], 'bound from B, µ, wd alone'],
  ['hue-1-pale', [2, 3], 'bound by the shortest window whose premise was measured'],
  ['muted', [3, 3], 'full rank'],
];

function boundsOption(layer) {
  const series = boundSeries(layer);
  const full = fullRank(layer);
  const logarithmic = state.scale === 'log';
  const at = ([x, y]) => [x, y === null ? null : logarithmic ? exponentOf(y) : y];
  const filled = (id, i) => id === 'measured' || speaks(layer.epochs[i], id);
  const line = (id, color, dash, rows, width = 2) => ({
    ...thinLine(token(color), rows.map((row, i) => ({ value: at(row), itemStyle: { color: token(filled(id, i) ? color : 'surface'), borderColor: token(color), borderWidth: 1.5 } })), {
      id,
      symbol: 'circle',
      showSymbol: rows.length <= 24,
      symbolSize: 6,
    }),
    ...dashed(color, dash, width),
  });
  const last = Math.max(1, lastEpoch(layer).epoch);
  const highest = Math.max(full, ...Object.values(series).flat().map(([, y]) => y ?? 0));
  return chartOption(
    axis('epoch', { min: 0, max: last, minInterval: 1 }),
    logarithmic
      ? heightAxis('rank (log scale)', { min: 0, max: Math.ceil(Math.log10(highest) + 1e-9), interval: 1, axisLabel: { formatter: decade } })
      : rankAxis('rank', full),
    [
      line('measured', 'hue-0', 'solid', series.measured, 2.4),
      line('apriori', 'hue-1', [9, 3], series.apriori),
      line('shortest', 'hue-1-pale', [2, 3], series.shortest),
      { ...randomLine([[0, full], [last, full]].map(at)), id: 'full' },
    ],
    {
      tooltip: {
        formatter: items => {
          const epoch = items[0].value[0];
          const found = layer.epochs.find(e => e.epoch === epoch);
          if (!found) return '';
          const apriori = checkAt(found);
          const shortest = checkAt(found, 'shortest');
          return tooltipOf(`${layer.name}, after epoch ${epoch}`, [
            [strokeSwatch(token('hue-0'), 'solid'), 'measured', integer(apriori.measuredRank)],
            [strokeSwatch(token('hue-1'), [9, 3]), 'bound', integer(apriori.bound.rank)],
            [strokeSwatch(token('hue-1-pale'), [2, 3]), 'by the shortest window', integer(shortest?.bound.rank ?? null)],
            ['', 'verdict', VERDICTS[strongest({ apriori, shortest }).verdict].word],
          ]);
        },
      },
    }
  );
}

function boundHeading(layer) {
  const check = checkAt(lastEpoch(layer));
  const bound = check.bound.rank;
  const off = bound === null ? 'no bound' : bound > fullRank(layer) ? `bound ${integer(bound)}${state.scale === 'linear' ? ', off the scale' : ''}` : `bound ${integer(bound)}`;
  return `${layer.name}: rank ${integer(check.measuredRank)}, ${off}`;
}

function boundsTitle() {
  const verdicts = layers.map(layer => [layer, strongest(lastEpoch(layer).checks[state.epsilon]).verdict]);
  const named = verdict => verdicts.filter(([, v]) => v === verdict).map(([layer]) => layer.name);
  const parts = [
    ['HOLDS', names => `${words(names)} ${names.length > 1 ? 'keep' : 'keeps'} to a bound that says something`],
    ['VIOLATED', names => `${words(names)} ${names.length > 1 ? 'break' : 'breaks'} the bound`],
    ['NOT_YET', names => `the premise is not true yet of ${words(names)}`],
    ['VACUOUS', names => `of ${words(names)} the bound says nothing`],
  ]
    .map(([verdict, text]) => [named(verdict), text])
    .filter(([names]) => names.length > 0)
    .map(([names, text]) => text(names));
  return `At ${epsilonText(epsilons[state.epsilon])}, ${parts.join('; ')}`;
}

const boundsFigure = () =>
  figure({
    id: 'bounds',
    title: boundsTitle,
    note: 'The ε-rank is the smallest r with ‖W − Wᵣ‖F ≤ ε·‖W‖F. The bound is B·R·n, n being the steps that W remembers at ε. It follows from B, µ and wd alone, whatever the data, so it is level while µ stays. It must hold where its premise was measured to be true, at the filled points.',
    controls: [epsilonChoice(), choice('Scale', 'scale', [['linear', 'up to full rank'], ['log', 'logarithmic']])],
    key: strokeKey(BOUND_LINES),
    panels: () =>
      layers.map(layer => ({
        heading: boundHeading(layer),
        description: `Measured rank of ${layer.name} and its bounds after each epoch at ${epsilonText(epsilons[state.epsilon])}.`,
        option: () => boundsOption(layer),
      })),
    csv: verdictTable,
  });

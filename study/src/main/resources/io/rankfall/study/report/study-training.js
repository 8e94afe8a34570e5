/* Rank and accuracy against epoch: a panel for each learning rate and weight decay, a line for each run. */

const MOST_PANELS = 36;

function trainingSettings() {
  const rates = levelsOf(state.network, AXES[1]);
  const decays = levelsOf(state.network, AXES[2]);
  if (rates.length * decays.length > MOST_PANELS) return [{}];
  return rates.flatMap(learningRate => decays.map(weightDecay => ({ learningRate, weightDecay })));
}

const HISTORIES = {
  rank: {
    title: 'mean rank',
    axis: () => `mean rank at τ = ${power(thresholds[state.tau])}`,
    of: run => run.epochs.map((epoch, i) => [epoch, rankAfter(run, i, state.tau)]),
    text: value => shown(value, v => v.toFixed(1)),
  },
  accuracy: {
    title: 'test accuracy',
    axis: () => 'test accuracy (%)',
    of: run => run.epochs.map((epoch, i) => [epoch, finite(100 * accuraciesOf(run)[i])]),
    text: value => shown(value, v => `${v.toFixed(1)}\u00a0%`),
  },
};
const historyOf = () => HISTORIES[state.history ?? 'rank'];
state.history = 'rank';

const hasHistory = run => run.epochs.length > 1;

function highest() {
  if (state.history === 'accuracy') return 100;
  const values = runsOf(state.network).flatMap(run => historyOf().of(run).map(([, value]) => value ?? 0));
  return Math.max(1, ...values);
}

function historyOption(setting) {
  const history = historyOf();
  const present = runsAt(state.network, setting).filter(hasHistory);
  const last = Math.max(1, ...runsOf(state.network).map(run => run.epochs.at(-1) ?? 1));
  return chartOption(
    axis('epoch', { min: 0, max: last, minInterval: 1 }),
    heightAxis(history.axis(), { min: 0, max: highest(), splitNumber: 4, axisLabel: { formatter: value => significant(value) } }),
    present.map(run =>
      thinLine(hueOf(AXES[0], run.batchSize), history.of(run), {
        id: run.id,
        lineStyle: { color: hueOf(AXES[0], run.batchSize), width: 1.6, opacity: isTrained(run) ? 0.8 : 0.45, type: isTrained(run) ? 'solid' : [2, 3] },
      })
    ),
    {
      tooltip: {
        formatter: items =>
          tooltipOf(
            `after epoch ${items[0].value[0]}`,
            items.map(item => {
              const run = present.find(run => run.id === item.seriesId);
              return [strokeSwatch(item.color, 'solid'), `B = ${run.batchSize}, seed ${run.seed}`, history.text(item.value[1])];
            })
          ),
      },
    }
  );
}

function trainingTitle() {
  const ends = runsOf(state.network).filter(isTrained).map(run => [historyOf().of(run)[0]?.[1], historyOf().of(run).at(-1)?.[1]]);
  const known = ends.filter(([first, last]) => first !== null && last !== null && first !== undefined);
  if (known.length === 0) return 'No run was trained';
  const lasts = known.map(([, last]) => last);
  const name = historyOf().title;
  return `The ${name} starts at ${historyOf().text(mean(known.map(([first]) => first)))} and ends between ${historyOf().text(Math.min(...lasts))} and ${historyOf().text(Math.max(...lasts))}`;
}

const trainingFigure = () =>
  figure({
    id: 'training',
    title: trainingTitle,
    note: () =>
      trainingSettings().length > 1
        ? 'A panel for each learning rate and weight decay, a line for each run, a colour for each batch size. Dotted: runs that learned nothing or diverged. All panels share their axes.'
        : 'A line for each run, a colour for each batch size. Dotted: runs that learned nothing or diverged.',
    controls: [choice('Show', 'history', Object.entries(HISTORIES).map(([name, h]) => [name, h.title])), tauSlider(() => state.history === 'rank')],
    key: levelKey(AXES[0]),
    layout: 'many',
    panels: () =>
      trainingSettings().map(setting => ({
        heading: settingText(setting) || 'all runs',
        description: `${historyOf().axis()} against epoch, ${settingText(setting) || 'all runs'}.`,
        option: () => historyOption(setting),
      })),
    csv: () => ({
      columns: ['network', 'batch_size', 'learning_rate', 'weight_decay', 'seed', 'epoch', 'measure', 'tau', 'value'],
      rows: runsOf(state.network).flatMap(run =>
        historyOf().of(run).map(([epoch, value]) => [networks[run.network].label, run.batchSize, run.learningRate, run.weightDecay, run.seed, epoch, state.history, thresholds[state.tau], value])
      ),
    }),
  });

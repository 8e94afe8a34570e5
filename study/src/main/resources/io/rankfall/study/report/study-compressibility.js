/* How small the networks become by low rank alone, against what they are worth. */

const METHODS = { DATA_AWARE: 'data-aware', PLAIN: 'by singular values alone' };
const measured = () => runsOf(state.network).filter(run => isTrained(run) && run.smallest.length > 0);
const searched = runs => runs.filter(run => isTrained(run) && shareOf(run) !== null);
const shareOf = run => smallestOf(run, state.method, state.points)?.share ?? null;
const pointsText = points => `${points} ${points === 1 ? 'point' : 'points'}`;

const methodChoice = () => choice('Ranks chosen', 'method', Object.entries(METHODS));
const pointsChoice = () => choice('Points lost at most', 'points', tolerances.map(points => [points, String(points)]));

function scatterOption(xName, xOf, xText) {
  const present = searched(runsOf(state.network)).filter(run => xOf(run) !== null);
  const shares = present.map(shareOf);
  return chartOption(
    axis(xName, { scale: true }),
    heightAxis('parameters needed (% of the network, log scale)', {
      type: 'log',
      min: Math.min(1, ...shares.map(share => 100 * share)) < 1 ? 0.1 : 1,
      max: 100,
      axisLabel: { formatter: value => significant(value) },
    }),
    present.map(run => ({
      type: 'scatter',
      id: run.id,
      data: [[xOf(run), 100 * shareOf(run)]],
      symbol: run.weightDecay > 0 ? 'circle' : 'emptyCircle',
      symbolSize: 9,
      itemStyle: { color: hueOf(AXES[0], run.batchSize), opacity: 0.85 },
      cursor: 'default',
    })),
    {
      grid: { bottom: 30 },
      tooltip: {
        trigger: 'item',
        formatter: item => {
          const run = present.find(run => run.id === item.seriesId);
          return tooltipOf(`${settingText({ batchSize: run.batchSize, learningRate: run.learningRate, weightDecay: run.weightDecay })}, seed ${run.seed}`, [
            ['', xName, xText(xOf(run))],
            ['', 'parameters needed', `${percent(shareOf(run), 1)}, ${times(1 / shareOf(run))} smaller`],
          ]);
        },
      },
    }
  );
}

/* What learned little has little to lose: words speak of runs near the best, the most compressible first. */
const NEAR_POINTS = 2;
function nearBest(found) {
  const best = Math.max(...found.map(run => run.testAccuracy));
  return found.filter(run => 100 * (best - run.testAccuracy) <= NEAR_POINTS).sort((a, b) => shareOf(a) - shareOf(b));
}
const runText = run => `${settingText({ batchSize: run.batchSize, learningRate: run.learningRate, weightDecay: run.weightDecay })}, ${percent(run.testAccuracy, 1)} accurate`;

function compressibilityTitle() {
  const found = nearBest(searched(runsOf(state.network)));
  if (found.length === 0) return 'Not measured for this network';
  const text = run => `${percent(shareOf(run), 1)} (${runText(run)})`;
  return `Within ${pointsText(state.points)} of their own accuracy, the best networks need from ${text(found[0])} to ${text(found.at(-1))} of their parameters`;
}

const compressibilityFigure = () =>
  figure({
    id: 'compressibility',
    title: compressibilityTitle,
    note: `The best are those within ${pointsText(NEAR_POINTS)} of the best test accuracy. Shown is the smallest file found that keeps the accuracy on the test images, without further training; the test images choose the size, by the same rule for every run. Filled: with weight decay. Colours: batch size.`,
    controls: [methodChoice(), pointsChoice(), tauSlider()],
    key: levelKey(AXES[0]),
    panels: () => [
      {
        heading: 'against test accuracy',
        description: 'Parameters needed against test accuracy.',
        option: () => scatterOption('test accuracy (%)', run => 100 * run.testAccuracy, v => `${v.toFixed(2)}\u00a0%`),
      },
      {
        heading: 'against rank',
        description: 'Parameters needed against mean rank.',
        option: () => scatterOption(MEASURES.rank.words(), run => rankOf(run, state.tau), v => v.toFixed(1)),
      },
    ],
    csv: () => ({
      columns: ['network', 'batch_size', 'learning_rate', 'weight_decay', 'seed', 'test_accuracy', 'tau', 'mean_rank', 'method', 'points', 'parameters', 'share', 'accuracy'],
      rows: measured().flatMap(run =>
        run.smallest.map(s => [networks[run.network].label, run.batchSize, run.learningRate, run.weightDecay, run.seed, run.testAccuracy, thresholds[state.tau], rankOf(run, state.tau), s.method, s.points, s.parameters, s.share, s.accuracy])
      ),
    }),
  });

/* One row a setting: means over its seeds. */
function settingRows() {
  const settings = unique(measured().map(run => JSON.stringify(AXES.map(axis => run[axis.key])))).map(text =>
    Object.fromEntries(JSON.parse(text).map((value, i) => [AXES[i].key, value]))
  );
  return settings.map(setting => {
    const seeds = measured().filter(run => agrees(run, setting));
    const needed = points => mean(seeds.map(run => smallestOf(run, state.method, points)?.share ?? null).filter(share => share !== null));
    return { ...setting, seeds: seeds.length, accuracy: mean(seeds.map(run => run.testAccuracy)), rank: mean(seeds.map(run => rankOf(run, state.tau))), needed: tolerances.map(needed) };
  }).sort((a, b) => compare(a.needed[0], b.needed[0]));
}

const compressibilityTable = () =>
  sortableTable({
    id: 'settings',
    title: () => `What the same network needs, by how it was trained (ranks chosen ${METHODS[state.method]})`,
    note: 'Share of the parameters within so many points of the run’s own test accuracy: means over seeds.',
    columns: [
      ...AXES.map(axis => ({ name: axis.key, title: axis.symbol, value: row => row[axis.key], text: axis.text, kind: 'number' })),
      { name: 'seeds', title: 'seeds', value: row => row.seeds, kind: 'number' },
      { name: 'test_accuracy', title: 'test accuracy', value: row => row.accuracy, text: v => percent(v), kind: 'number' },
      { name: 'mean_rank', title: 'mean rank', value: row => row.rank, text: v => v.toFixed(1), kind: 'number' },
      ...tolerances.map((points, i) => ({ name: `share_${points}`, title: `≤ ${pointsText(points)}`, value: row => row.needed[i], text: v => percent(v, 1), kind: 'number' })),
    ],
    items: settingRows,
  });

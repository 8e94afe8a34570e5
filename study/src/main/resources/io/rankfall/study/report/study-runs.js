/* All runs: axes to brush, and a table of what is brushed. */

let brushed = null;

/* Levels stand evenly where there are few, and 0 has a place that no logarithm gives it. */
function parallelAxes() {
  const leveled = axis => {
    const levels = unique(runs.map(run => run[axis.key])).sort((a, b) => a - b);
    return levels.length <= MOST_LEVELS
      ? { name: axis.symbol, type: 'category', data: levels.map(axis.text), of: run => axis.text(run[axis.key]) }
      : { name: axis.symbol, type: 'log', of: run => run[axis.key] || null };
  };
  return [
    ...(networks.length > 1 ? [{ name: 'network', type: 'category', data: networks.map(network => network.label), of: run => networks[run.network].label }] : []),
    ...AXES.map(leveled),
    { name: 'mean rank', type: 'value', of: run => rankOf(run, state.tau) },
    { name: 'test accuracy', type: 'value', scale: true, axisLabel: { formatter: value => `${Math.round(100 * value)} %` }, of: run => run.testAccuracy },
    { name: 'gap', type: 'value', scale: true, axisLabel: { formatter: value => `${(100 * value).toFixed(0)} %` }, of: MEASURES.gap.of },
    ...(MEASURES.share ? [{ name: 'parameters needed', type: 'value', axisLabel: { formatter: value => `${Math.round(100 * value)} %` }, of: MEASURES.share.of }] : []),
  ];
}

const trainedRuns = () => runs.filter(isTrained);

function parallelOption(chart) {
  const axes = parallelAxes();
  const tight = chart.getWidth() < NARROW;
  const found = trainedRuns();
  const ranks = found.map(run => rankOf(run, state.tau));
  const last = axes.length - 1;
  return {
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: token('font') },
    parallel: {
      left: tight ? 26 : 70,
      right: tight ? 34 : 64,
      top: tight ? 66 : 40,
      bottom: 16,
      parallelAxisDefault: {
        nameTextStyle: { color: token('ink'), fontSize: tight ? 10 : 12, ...(tight && { rotate: 40 }) },
        nameGap: 14,
        axisLine: { lineStyle: { color: token('rule') } },
        axisTick: { show: false },
        axisLabel: { color: token('muted'), fontSize: tight ? 9 : 11, textBorderColor: token('surface'), textBorderWidth: 2 },
        areaSelectStyle: { width: 18, borderColor: token('accent'), color: token('accent'), opacity: 0.25 },
      },
    },
    parallelAxis: axes.map(({ of, ...axis }, dim) => ({ dim, id: axis.name, ...axis, ...(tight && { nameRotate: 35 }), ...(axis.type === 'category' && dim < last && { axisLabel: { ...axis.axisLabel, interval: 0 } }) })),
    visualMap: { show: false, type: 'continuous', dimension: axes.findIndex(axis => axis.name === 'mean rank'), min: Math.min(...ranks), max: Math.max(...ranks), inRange: { color: rampOf(MEASURES.rank) } },
    series: [
      {
        type: 'parallel',
        smooth: 0.15,
        lineStyle: { width: 1.3, opacity: 0.55 },
        inactiveOpacity: 0.04,
        activeOpacity: 0.9,
        emphasis: { lineStyle: { width: 3.5, opacity: 1 } },
        data: found.map(run => axes.map(axis => axis.of(run) ?? '-')),
      },
    ],
  };
}

function followBrush(chart) {
  chart.on('axisareaselected', () => {
    const series = chart.getModel().getSeriesByIndex(0);
    const active = series.getRawIndicesByActiveState('active');
    const found = trainedRuns();
    const several = series.getRawIndicesByActiveState('inactive').length > 0;
    brushed = several ? new Set(active.map(i => found[i].id)) : null;
    tableDraws.forEach(draw => draw());
  });
  highlight = run => {
    chart.dispatchAction({ type: 'downplay', seriesIndex: 0 });
    const index = trainedRuns().indexOf(run);
    if (index >= 0) chart.dispatchAction({ type: 'highlight', seriesIndex: 0, dataIndex: index });
  };
}
let highlight = () => {};
const tableDraws = new Set();

const shownRuns = () => (brushed ? runs.filter(run => brushed.has(run.id)) : runs);

const parallelFigure = () =>
  figure({
    id: 'parallel',
    title: () => 'Every trained run is a line',
    note: 'Drag along an axis to keep the runs that pass there; the table below follows, and pointing at a row lights up its line. Strong colours: low rank. Click an axis to let go.',
    controls: [tauSlider()],
    layout: 'one',
    panels: () => [{ heading: '', description: 'Parallel coordinates of all trained runs.', option: parallelOption, ready: followBrush }],
    csv: () => runRows(),
  });

const runColumns = [
  { name: 'run', title: 'run', value: run => run.id.slice(0, 8) },
  { name: 'network', title: 'network', value: run => networks[run.network].label },
  ...AXES.map(axis => ({ name: axis.key, title: axis.symbol, value: run => run[axis.key], text: axis.text, kind: 'number' })),
  { name: 'seed', title: 'seed', value: run => run.seed, kind: 'number' },
  { name: 'state', title: 'state', value: run => STATES[run.state] },
  { name: 'test_accuracy', title: 'test accuracy', value: run => run.testAccuracy, text: v => percent(v), kind: 'number' },
  { name: 'gap', title: 'gap', value: run => MEASURES.gap.of(run), text: MEASURES.gap.text, kind: 'number' },
  { name: 'mean_rank', title: 'mean rank', value: run => rankOf(run, state.tau), text: v => v.toFixed(1), kind: 'number' },
  ...(hasCompressibility
    ? tolerances.map(points => ({ name: `share_${points}`, title: `≤ ${pointsText(points)}`, value: run => smallestOf(run, state.method, points)?.share ?? null, text: v => percent(v, 1), kind: 'number' }))
    : []),
  { name: 'seconds', title: 'seconds', value: run => run.seconds || null, text: v => v.toFixed(0), kind: 'number' },
];

const runRows = () => ({
  columns: runColumns.map(column => column.name),
  rows: shownRuns().map(run => runColumns.map(column => column.value(run))),
});

function runsTable() {
  const before = new Set(drawn);
  const table = sortableTable({
    id: 'runs',
    title: () => (brushed ? `${several(brushed.size, 'run')} of ${runs.length}` : several(runs.length, 'run')),
    note: 'Runs that learned nothing, diverged or failed are named and in no mean. Click a column to sort by it.',
    columns: runColumns,
    items: shownRuns,
    row: run => ({ onmouseenter: () => highlight(run), onmouseleave: () => highlight(null) }),
  });
  [...drawn].filter(draw => !before.has(draw)).forEach(draw => tableDraws.add(draw));
  return table;
}

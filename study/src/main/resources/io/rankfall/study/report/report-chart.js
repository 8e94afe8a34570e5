/* Lines, marks and tooltips of runs. */

function runLine(run, data, more = {}) {
  const { color, dash, filled, symbol } = styleOf(run);
  return {
    type: 'line',
    id: run.id,
    name: run.label,
    data,
    symbol,
    showSymbol: data.length === 1,
    symbolSize: 8,
    lineStyle: { color, type: dash, width: 2.25 },
    itemStyle: { color: filled ? color : token('surface'), borderColor: color, borderWidth: 2 },
    emphasis: { disabled: true },
    ...more,
  };
}

/* Ranks end at the size of the layer; its quarters or fifths are the ticks where they are whole. */
function rankAxis(name, size) {
  const parts = [4, 5].find(divisor => size % divisor === 0);
  return heightAxis(name, { min: 0, max: size, ...(parts && { interval: size / parts }) });
}

/* Marks at values of an axis, on a series of their own so that hiding a run leaves them. */
const marks = entries => ({
  type: 'line',
  data: [],
  silent: true,
  markLine: {
    silent: true,
    symbol: 'none',
    animation: false,
    lineStyle: { color: token('rule'), type: 'solid', width: 1 },
    label: { color: token('muted'), fontSize: 11, position: 'insideEndTop' },
    data: entries,
  },
});

/* The chosen threshold, across the chart between two points. */
const tauLine = (from, to, offset = [0, 0]) => ({
  type: 'line',
  data: [from, to],
  silent: true,
  showSymbol: false,
  z: 1,
  tooltip: { show: false },
  lineStyle: { color: token('muted'), type: 'solid', width: 1 },
  emphasis: { disabled: true },
  endLabel: { show: true, formatter: 'τ', color: token('muted'), fontSize: 13, distance: 4, offset },
});

const runsById = new Map(runs.map(run => [run.id, run]));

/* For axis tooltips: one row a visible line, in the order of the runs. */
const axisTooltip = (heading, value) => ({
  formatter: items => {
    const named = items.filter(item => item.seriesId === 'random' || runsById.has(item.seriesId));
    if (named.length === 0) return '';
    return tooltipOf(
      heading(named[0].value[0]),
      named.map(item => {
        const run = runsById.get(item.seriesId);
        return [run ? swatch(run) : randomSwatch(), run ? run.label : 'random matrix', value(item.value[1])];
      })
    );
  },
});

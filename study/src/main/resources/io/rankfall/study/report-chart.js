/* What all charts share: axes, lines, tooltips. Every call reads the colours of the current theme. */

const NARROW = 520;

function axis(name, more = {}) {
  const muted = token('muted');
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 26,
    nameTextStyle: { color: muted, fontSize: 12 },
    axisLine: { show: true, lineStyle: { color: token('rule') } },
    axisTick: { show: true, lineStyle: { color: token('rule') } },
    splitLine: { show: false },
    minorTick: { show: false },
    ...more,
    axisLabel: { color: muted, fontSize: 12, hideOverlap: true, ...more.axisLabel },
  };
}

/* Its name stands above the chart, where it reads horizontally and is never cut off. */
const heightAxis = (name, more = {}) =>
  axis(name, {
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: token('grid') } },
    ...more,
  });

function chartOption(x, y, series, more = {}) {
  return {
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: token('font') },
    title: {
      text: y.name,
      left: 0,
      top: 4,
      padding: 0,
      textStyle: { color: token('muted'), fontSize: 12, fontWeight: 'normal' },
    },
    grid: { left: 2, right: 18, top: 36, bottom: 24, containLabel: true, ...more.grid },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: token('surface'),
      borderColor: token('rule'),
      textStyle: { color: token('ink'), fontSize: 13 },
      axisPointer: { lineStyle: { color: token('muted'), type: 'solid', width: 1 } },
      ...more.tooltip,
    },
    xAxis: x,
    yAxis: { ...y, name: '' },
    series,
  };
}

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

const randomLine = (data, more = {}) => ({
  type: 'line',
  id: 'random',
  name: 'random',
  data,
  showSymbol: false,
  silent: true,
  z: 1,
  lineStyle: { color: token('muted'), type: [3, 3], width: 1.25 },
  itemStyle: { color: token('muted') },
  emphasis: { disabled: true },
  ...more,
});

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

/* Rows of [swatch, name, value] under a heading, as elements: names are never parsed as HTML. */
function tooltipOf(heading, rows) {
  return el(
    'div',
    { class: 'tip' },
    el('strong', {}, heading),
    el(
      'table',
      {},
      rows.map(([mark, name, value]) =>
        el('tr', {}, el('td', {}, mark), el('td', {}, name), el('td', { class: 'number' }, value))
      )
    )
  );
}

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

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
    axisLine: { show: true, onZero: false, lineStyle: { color: token('rule') } },
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

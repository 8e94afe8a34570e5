/* What two settings do together, the third held fixed: cells of a grid, or points of a random search. */

const PAIRS = [
  ['batchSize', 'learningRate', 'weightDecay'],
  ['batchSize', 'weightDecay', 'learningRate'],
  ['learningRate', 'weightDecay', 'batchSize'],
].map(keys => keys.map(axisOf));

/* More levels than this are no grid. */
const MOST_LEVELS = 12;
const isGrid = network => AXES.every(axis => levelsOf(network, axis).length <= MOST_LEVELS);

const RAMP = 5;
const ramp = () => Array.from({ length: RAMP }, (_, i) => token(`ramp-${i}`));
/* Strong colours where a network is as one wants it: low rank, high accuracy. */
const rampOf = measure => (measure.low ? ramp().reverse() : ramp());

/* Of all trained runs of the network, so that the three maps and all levels share a scale. */
function scaleOf(network, measure) {
  const values = runsOf(network).filter(isTrained).map(measure.of).filter(value => value !== null);
  const low = Math.min(...values);
  const high = Math.max(...values);
  return values.length === 0 ? [0, 1] : low === high ? [low, low + 1e-9] : [low, high];
}

function isStrong(value, [low, high], measure) {
  const at = (value - low) / (high - low);
  return (measure.low ? 1 - at : at) > 0.55;
}

/* The measure between the centres of cells, bilinear; null where a cell is missing. */
const FINE = 12;
function contourLines(xs, ys, valueAt, [low, high]) {
  const values = ys.map((_, y) => xs.map((_, x) => valueAt(x, y)));
  if (xs.length < 2 || ys.length < 2 || values.flat().some(value => value === null)) return [];
  const width = (xs.length - 1) * FINE + 1;
  const height = (ys.length - 1) * FINE + 1;
  const fine = new Float64Array(width * height);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const x = Math.min(Math.floor(i / FINE), xs.length - 2);
      const y = Math.min(Math.floor(j / FINE), ys.length - 2);
      const u = i / FINE - x;
      const v = j / FINE - y;
      fine[j * width + i] =
        (1 - v) * ((1 - u) * values[y][x] + u * values[y][x + 1]) + v * ((1 - u) * values[y + 1][x] + u * values[y + 1][x + 1]);
    }
  }
  const steps = d3.ticks(low, high, 6);
  const inside = ([x, y]) => x >= 0.5 && y >= 0.5 && x <= width - 0.5 && y <= height - 0.5;
  const place = ([x, y]) => [(x - 0.5) / FINE, (y - 0.5) / FINE];
  return d3.contours().size([width, height]).thresholds(steps)(fine).flatMap(contour =>
    contour.coordinates.flat().flatMap(ring => {
      const pieces = [[]];
      for (const point of ring) {
        if (inside(point)) pieces.at(-1).push(place(point));
        else if (pieces.at(-1).length > 0) pieces.push([]);
      }
      return pieces.filter(piece => piece.length > 1).map(piece => ({ level: contour.value, points: piece }));
    })
  );
}

function contourSeries(lines) {
  return {
    type: 'custom',
    silent: true,
    z: 3,
    data: lines.length > 0 ? [0] : [],
    tooltip: { show: false },
    renderItem: (_, api) => {
      const [x0, y0] = api.coord([0, 0]);
      const [x1, y1] = api.coord([1, 1]);
      return {
        type: 'group',
        children: lines.map(({ points }) => ({
          type: 'polyline',
          shape: { points: points.map(([x, y]) => [x0 + x * (x1 - x0), y0 + y * (y1 - y0)]) },
          style: { stroke: token('contour'), lineWidth: 1.4, fill: 'none', opacity: 0.85 },
        })),
      };
    },
  };
}

const seedsText = cell =>
  cell.values.length === 0 ? cell.missing : `${several(cell.values.length, 'seed')}${cell.missing ? `; ${cell.missing}: ${cell.runs.length - cell.values.length}` : ''}`;

function cellTip(setting, cell, measure) {
  return tooltipOf(settingText(setting), [
    ['', measure.words(), cell.mean === null ? cell.missing : measure.text(cell.mean)],
    ...(cell.values.length > 1 ? [['', 'of the seeds', `${measure.text(Math.min(...cell.values))} to ${measure.text(Math.max(...cell.values))}`]] : []),
    ['', 'runs', seedsText(cell)],
  ]);
}

function gridOption(xAxis, yAxis, fixed) {
  const measure = measureOf();
  const xs = levelsOf(state.network, xAxis);
  const ys = levelsOf(state.network, yAxis);
  const scale = scaleOf(state.network, measure);
  const settingAt = (x, y) => ({ [xAxis.key]: xs[x], [yAxis.key]: ys[y], [fixed.key]: state.at[fixed.key] });
  const cells = ys.flatMap((_, y) => xs.map((_, x) => ({ x, y, setting: settingAt(x, y), cell: cellOf(state.network, settingAt(x, y), measure.of) })));
  const cellAt = (x, y) => cells[y * xs.length + x].cell;
  const base = chartOption(
    axis(xAxis.name, { type: 'category', data: xs.map(xAxis.text), axisTick: { show: false } }),
    { ...heightAxis(yAxis.name), type: 'category', data: ys.map(yAxis.text), splitLine: { show: false } },
    [],
    { tooltip: { trigger: 'item', formatter: item => cellTip(cells[item.dataIndex].setting, cells[item.dataIndex].cell, measure) } }
  );
  const lines = contourLines(xs, ys, (x, y) => cellAt(x, y).mean, scale);
  return {
    ...base,
    visualMap: { show: false, min: scale[0], max: scale[1], dimension: 2, seriesIndex: 0, inRange: { color: rampOf(measure) } },
    series: [
      {
        type: 'heatmap',
        data: cells.map(({ x, y, cell }) => ({
          value: [x, y, cell.mean ?? scale[0]],
          ...(cell.mean === null && { visualMap: false, itemStyle: { color: token('grid') } }),
        })),
        itemStyle: { borderColor: token('surface'), borderWidth: 2 },
        emphasis: { itemStyle: { borderColor: token('ink'), borderWidth: 2 } },
        label: {
          show: true,
          fontSize: 12,
          formatter: item => {
            const { cell } = cells[item.dataIndex];
            const style = cell.mean === null ? 'none' : isStrong(cell.mean, scale, measure) ? 'strong' : 'pale';
            return `{${style}|${cell.mean === null ? cell.missing.split(', ')[0] : measure.text(cell.mean)}}`;
          },
          rich: {
            none: { color: token('muted'), fontSize: 10 },
            strong: { color: token('on-strong'), fontSize: 12 },
            pale: { color: token('on-pale'), fontSize: 12 },
          },
        },
      },
      contourSeries(lines),
    ],
  };
}

/* A random search has no cells: every run is a point. No decay has no place on a logarithmic axis. */
function pointsOption(xAxis, yAxis) {
  const measure = measureOf();
  const scale = scaleOf(state.network, measure);
  const found = runsOf(state.network).filter(run => isTrained(run) && run[xAxis.key] > 0 && run[yAxis.key] > 0);
  const log = axis => ({ type: 'log', min: 'dataMin', max: 'dataMax', axisLabel: { formatter: value => power(Number(value.toPrecision(2))) } });
  return {
    ...chartOption(axis(xAxis.name, log(xAxis)), heightAxis(yAxis.name, log(yAxis)), [], {
      tooltip: { trigger: 'item', formatter: item => cellTip(found[item.dataIndex], { values: [], mean: measure.of(found[item.dataIndex]), missing: '1', runs: [] }, measure) },
    }),
    visualMap: { show: false, min: scale[0], max: scale[1], dimension: 2, inRange: { color: rampOf(measure) } },
    series: [{ type: 'scatter', symbolSize: 11, itemStyle: { borderColor: token('rule'), borderWidth: 1 }, data: found.map(run => [run[xAxis.key], run[yAxis.key], measure.of(run)]) }],
  };
}

const grid = () => isGrid(state.network);
const mapPairs = () => PAIRS.filter(([x, y]) => levelsOf(state.network, x).length > 1 || levelsOf(state.network, y).length > 1);

function extremes() {
  const measure = measureOf();
  const settings = unique(runsOf(state.network).filter(isTrained).map(run => JSON.stringify(AXES.map(axis => run[axis.key])))).map(text =>
    Object.fromEntries(JSON.parse(text).map((value, i) => [AXES[i].key, value]))
  );
  const found = settings
    .map(setting => ({ setting, mean: cellOf(state.network, setting, measure.of).mean }))
    .filter(entry => entry.mean !== null)
    .sort((a, b) => a.mean - b.mean);
  return found.length === 0 ? null : [found[0], found.at(-1)];
}

function mapsTitle() {
  const ends = extremes();
  const words = measureOf().words();
  if (!ends) return `No trained run has a ${words}`;
  const [low, high] = ends;
  const text = ({ setting, mean: value }) => `${measureOf().text(value)} (${settingText(setting)})`;
  return `${words[0].toUpperCase()}${words.slice(1)}: from ${text(low)} to ${text(high)}`;
}

const cellRows = () =>
  runsOf(state.network).map(run => [networks[run.network].label, run.batchSize, run.learningRate, run.weightDecay, run.seed, STATES[run.state], state.measure, thresholds[state.tau], measureOf().of(run)]);

const legend = () => {
  const [low, high] = scaleOf(state.network, measureOf());
  return [
    el('span', { class: 'run' }, measureOf().text(low), el('span', { class: 'ramp', style: `background: linear-gradient(to right, ${rampOf(measureOf()).join(', ')})` }), measureOf().text(high)),
    ...(grid() ? [el('span', { class: 'run' }, strokeSwatch(token('contour'), 'solid'), 'equal values between cells')] : []),
  ];
};

const mapsFigure = () =>
  figure({
    id: 'maps',
    title: mapsTitle,
    note: () =>
      grid()
        ? 'Two settings vary, the third is held at the value chosen here. Cells are means over seeds; strong colours are low ranks (or high accuracies). Means leave out the classifier and runs that learned nothing. Click a cell to hold its settings fixed in the charts below.'
        : 'Every run is a point: a random search has no grid. Runs without weight decay have no place on a logarithmic axis.',
    controls: [
      ...(networks.length > 1 ? [networkChoice()] : []),
      measureChoice(),
      tauSlider(() => state.measure === 'rank'),
      ...AXES.map(levelChoice),
    ],
    key: legend,
    layout: 'many',
    panels: () =>
      mapPairs().map(([x, y, fixed]) => ({
        heading: grid() ? `${x.symbol} × ${y.symbol} at ${settingText({ [fixed.key]: state.at[fixed.key] })}` : `${x.symbol} × ${y.symbol}`,
        description: `${measureOf().words()} over ${x.name} and ${y.name}. ${mapsTitle()}.`,
        option: () => (grid() ? gridOption(x, y, fixed) : pointsOption(x, y)),
        ready: (chart, i) =>
          chart.on('click', item => {
            if (!grid() || item.seriesType !== 'heatmap') return;
            const [xNow, yNow] = mapPairs()[i];
            change({ at: { ...state.at, [xNow.key]: levelsOf(state.network, xNow)[item.value[0]], [yNow.key]: levelsOf(state.network, yNow)[item.value[1]] } });
          }),
      })),
    csv: () => ({
      columns: ['network', 'batch_size', 'learning_rate', 'weight_decay', 'seed', 'state', 'measure', 'tau', 'value'],
      rows: cellRows(),
    }),
  });

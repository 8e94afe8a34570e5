/* The memory: what is left of each step's gradient, and how far the last n steps alone rebuild W. */

const fading = report.fading;
const reach = fading.length > 0 ? fading.at(-1).stepsBack : 1;
const SLIDER = 200;
const forgets = spec.optimizer.weightDecay > 0;

/* |p| of a step so far back, between the points that are known: it falls exponentially between them. */
function weightAt(stepsBack) {
  const after = fading.findIndex(point => point.stepsBack >= stepsBack);
  if (after <= 0) return fading[Math.max(0, after)].weight;
  const [a, b] = [fading[after - 1], fading[after]];
  const share = (stepsBack - a.stepsBack) / (b.stepsBack - a.stepsBack);
  return a.weight * (b.weight / a.weight) ** share;
}
/* Nothing is older than the training. */
const oldest = Math.max(1, Math.min(reach - 1, report.steps));
state.back = Math.max(1, Math.round(forgets ? Math.min(oldest, 1 / report.decayOfAStep) : oldest));

/* Without momentum p_n of W_{T−n} itself is left, which is also the weight of the gradient n + 1 steps back. */
const leftAfter = back => weightAt(Math.min(reach, back + 1));

const toBack = position => Math.max(1, Math.round(oldest ** (position / SLIDER)));
const toPosition = back => Math.round((SLIDER * Math.log(Math.max(1, back))) / Math.log(Math.max(2, oldest)));

function memoryTitle() {
  if (!forgets) return 'Without weight decay no step is ever forgotten';
  const left = leftAfter(state.back);
  return spec.optimizer.momentum > 0
    ? `A gradient ${steps(state.back)} back still counts ${significant(left)} times its own size`
    : state.back === report.steps
      ? `All ${steps(state.back)} bring ${percent(1 - left, 1)} of the weight; of the initial W, ${percent(left, 1)} is left`
      : `The last ${steps(state.back)} bring ${percent(1 - left, 1)} of the weight; of what W was before, ${percent(left, 1)} is left`;
}

const windowsText = () =>
  report.windows
    .map(window => (window.steps === null ? `${epsilonText(window.epsilon)}: no end` : `${epsilonText(window.epsilon)}: ${steps(window.steps)}`))
    .join('; ');

const memoryNote = () =>
  (spec.optimizer.momentum > 0
    ? `Weight of a gradient in today’s W against how many steps ago it came. Momentum first builds it up; then each step keeps the share ${report.spectralRadius.toFixed(6)}.`
    : `W\u202f←\u202f(1\u202f−\u202fµ·wd)·W\u202f−\u202fµ·G: each step keeps the share ${(1 - report.decayOfAStep).toFixed(6)} of what was there, so the gradient of j steps ago counts (1\u202f−\u202fµ·wd)ʲ⁻¹.`) +
  ` Memory windows: ${windowsText()}.`;

function memoryOption() {
  const color = token('hue-0');
  const marks = report.windows.filter(window => window.steps !== null && window.steps <= reach * 1.02);
  const most = Math.max(1, ...fading.map(point => point.weight));
  const back = state.back;
  const line = (rows, more) => ({ ...thinLine(color, rows, { showSymbol: false, lineStyle: { color, width: 2.2 }, ...more }) });
  const recent = [...fading.filter(p => p.stepsBack < back + 1).map(p => [p.stepsBack, p.weight]), [Math.min(reach, back + 1), leftAfter(back)]];
  return chartOption(
    axis('steps back from the last one', { min: 0, max: Math.max(2, reach), axisLabel: { formatter: value => compactCount(value) } }),
    heightAxis('weight in W', { min: 0, ...(most <= 1 && { max: 1, interval: 0.25 }) }),
    [
      line(fading.map(point => [point.stepsBack, point.weight]), { id: 'weight' }),
      line(recent, { id: 'recent', silent: true, lineStyle: { width: 0 }, areaStyle: { color, opacity: 0.22 }, tooltip: { show: false } }),
      {
        type: 'line',
        data: [],
        markLine: {
          silent: true,
          symbol: 'none',
          animation: false,
          lineStyle: { color: token('muted'), type: [2, 3], width: 1 },
          label: { color: token('muted'), fontSize: 11, position: 'end', formatter: item => item.name },
          data: [
            ...marks.map(window => ({ xAxis: window.steps, name: `n(${window.epsilon})` })),
            ...(report.steps < reach ? [{ xAxis: report.steps, name: 'the first step', lineStyle: { type: 'solid', color: token('ink') } }] : []),
          ],
        },
      },
    ],
    {
      grid: { top: 52, right: 36 },
      tooltip: {
        formatter: items => {
          const found = items.find(item => item.seriesId === 'weight');
          return found ? tooltipOf(`${steps(found.value[0])} back`, [[strokeSwatch(color, 'solid'), 'weight', scientific(found.value[1])]]) : '';
        },
      },
    }
  );
}

const memoryFigure = () =>
  figure({
    id: 'memory',
    title: memoryTitle,
    note: memoryNote,
    controls: [
      slider('Steps back', 'back', { min: 0, max: SLIDER, step: 1 }, { toValue: toBack, toPosition, text: back => integer(back), isUsed: () => forgets && oldest > 2 }),
    ],
    panels: () => [{ heading: '', description: memoryTitle(), option: memoryOption }],
    layout: 'few',
    csv: () => ({ columns: ['steps_back', 'weight'], rows: fading.map(point => [point.stepsBack, point.weight]) }),
  });

/* W beside the sum of its last n updates. */
const witnessed = layers.filter(layer => layer.witness.length > 0);

function witnessOption(layer) {
  const points = layer.witness;
  const series = {
    error: points.map(p => [p.steps, p.error]),
    predicted: points.map(p => [p.steps, p.predicted]),
    best: points.map(p => [p.steps, p.bestError]),
  };
  const drawnValues = Object.values(series).flat().map(([, y]) => y).filter(y => y !== null && y > 1e-8);
  const heights = decadesAround(drawnValues);
  const line = (id, color, dash, rows, width) => ({
    ...thinLine(token(color), exponentsOf(rows).map(([x, y]) => [x, y === null || y < heights.min ? null : y]), { id, showSymbol: id === 'error', symbolSize: 5 }),
    ...dashed(color, dash, width),
  });
  return chartOption(
    axis('n, steps added up (log scale)', { ...exponentAxis, min: 0, max: Math.max(1, Math.log10(points.at(-1).steps)), interval: 1 }),
    heightAxis('relative error (log scale)', { ...exponentAxis, ...heights, interval: Math.max(1, Math.ceil((heights.max - heights.min) / 5)) }),
    [line('predicted', 'hue-1', [9, 3], series.predicted, 2.6), line('best', 'hue-2', [2, 3], series.best, 2), line('error', 'hue-0', 'solid', series.error, 2)],
    {
      tooltip: {
        formatter: items => {
          const i = items[0].dataIndex;
          const p = points[i];
          return tooltipOf(`${layer.name}, the last ${steps(p.steps)}`, [
            [strokeSwatch(token('hue-0'), 'solid'), '‖W − V‖ / ‖W‖', scientific(p.error)],
            [strokeSwatch(token('hue-1'), [9, 3]), 'predicted', scientific(p.predicted)],
            [strokeSwatch(token('hue-2'), [2, 3]), `best of rank ${integer(p.rankBound)}`, scientific(p.bestError)],
            ['', 'rank of V', `${integer(p.measuredRank)} ≤ ${integer(p.rankBound)}`],
          ]);
        },
      },
    }
  );
}

const witnessTitle = () => {
  const layer = witnessed.reduce((a, b) => (a.witness.at(-1).error >= b.witness.at(-1).error ? a : b));
  const last = layer.witness.at(-1);
  return last.error < REBUILT
    ? `The last ${steps(last.steps)} alone rebuild ${witnessed.length > 1 ? 'every layer' : layer.name} to within ${scientific(last.error)} of its norm`
    : `The last ${steps(last.steps)} alone miss up to ${percent(last.error, 1)} of a layer: most of it is older`;
};

const witnessFigure = () =>
  figure({
    id: 'witness',
    title: witnessTitle,
    note: 'V is made of the training’s own last n gradients and nothing else, so its rank is at most what their factors allow. Its error must fall as predicted, |pₙ|·‖W before‖ / ‖W‖, and can never beat the best matrix of that rank (Eckart–Young). Zeros lie below the scale.',
    key: strokeKey([
      ['hue-0', 'solid', 'measured error of V'],
      ['hue-1', [9, 3], spec.optimizer.momentum > 0 ? 'predicted at most' : 'predicted'],
      ['hue-2', [2, 3], 'best possible error of that rank'],
    ]),
    panels: () =>
      witnessed.map(layer => ({
        heading: layer.name,
        description: `Error of the sum of the last n updates of ${layer.name} against n, beside its prediction and the best error of the same rank.`,
        option: () => witnessOption(layer),
      })),
    csv: () => ({
      columns: ['layer', 'n', 'error', 'predicted', 'rounding_bound', 'rank_bound', 'measured_rank', 'best_error'],
      rows: witnessed.flatMap(layer => layer.witness.map(p => [layer.name, p.steps, p.error, p.predicted, p.roundingBound, p.rankBound, p.measuredRank, p.bestError])),
    }),
  });

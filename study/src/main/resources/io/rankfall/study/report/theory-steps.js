/* Steps: ranks of gradients, the identity, how far layers move. */

const sampled = layers.filter(layer => layer.gradients.length > 0);

function gradientOption(layer) {
  const rows = layer.gradients;
  const dots = (id, color, values, more) => ({ type: 'scatter', id, data: values, symbolSize: 7, itemStyle: { color: token(color) }, emphasis: { disabled: true }, ...more });
  return chartOption(
    axis('step', { min: 0, max: report.steps, splitNumber: 4, axisLabel: { formatter: value => compactCount(value) } }),
    heightAxis('rank of G', { min: 0, minInterval: 1, splitNumber: 4 }),
    [
      { type: 'line', step: 'end', id: 'bound', data: rows.map(g => [g.step, g.bound]), showSymbol: false, ...dashed('hue-1', [9, 3]), emphasis: { disabled: true } },
      dots('exact', 'surface', rows.filter(g => g.exact !== null).map(g => [g.step, g.exact]), { symbolSize: 11, itemStyle: { color: token('surface'), borderColor: token('hue-2'), borderWidth: 1.5 } }),
      dots('numerical', 'hue-0', rows.map(g => [g.step, g.numerical])),
    ],
    {
      grid: { right: 30 },
      tooltip: {
        formatter: items => {
          const g = rows.find(row => row.step === items[0].value[0]);
          return g
            ? tooltipOf(`${layer.name}, step ${integer(g.step)}`, [
                ['', 'numerical rank', integer(g.numerical)],
                ['', 'exact rank', integer(g.exact)],
                ['', 'bound', integer(g.bound)],
              ])
            : '';
        },
      },
    }
  );
}

const dotSwatch = (color, filled) =>
  svgEl('svg', { width: 14, height: 14, class: 'swatch', 'aria-hidden': 'true' }, svgEl('circle', { cx: 7, cy: 7, r: filled ? 3.5 : 5, fill: filled ? color : 'none', stroke: color, 'stroke-width': 1.5 }));

function gradientTitle() {
  const all = sampled.flatMap(layer => layer.gradients);
  const above = all.filter(g => !g.holds).length;
  return above > 0
    ? `${several(above, 'gradient')} of ${integer(all.length)} above the bound`
    : `None of ${several(all.length, 'sampled gradient')} has a rank above min(d_out, d_in, B·R)`;
}

const gradientFigure = () =>
  figure({
    id: 'gradients',
    title: gradientTitle,
    note: 'Numerical rank: singular values above the rounding of the arithmetic. Exact rank: of the factors’ product in exact arithmetic. Both can lie below the bound where ReLUs are off or examples agree. The last batch of an epoch may be smaller.',
    key: () => [
      el('span', { class: 'run' }, dotSwatch(token('hue-0'), true), 'numerical rank'),
      el('span', { class: 'run' }, dotSwatch(token('hue-2'), false), 'exact rank'),
      el('span', { class: 'run' }, strokeSwatch(token('hue-1'), [9, 3]), 'bound'),
    ],
    layout: 'many',
    panels: () =>
      sampled.map(layer => ({
        heading: layer.name,
        description: `Ranks of sampled gradients of ${layer.name} against the step, beside the bound.`,
        option: () => gradientOption(layer),
      })),
    csv: () => ({
      columns: ['layer', 'step', 'bound', 'numerical', 'exact'],
      rows: sampled.flatMap(layer => layer.gradients.map(g => [layer.name, g.step, g.bound, g.numerical, g.exact])),
    }),
  });

const identities = layers.flatMap(layer => layer.identity.map(check => ({ ...check, layer: layer.name })));
const identityTable = () => {
  const worst = largest(identities, i => i.residual);
  const broken = identities.filter(i => !i.holds).length;
  return sortableTable({
    id: 'identity',
    title: broken > 0 ? `${several(broken, 'residual')} above rounding` : `Weights and gradients fit the unrolled recursion to ${scientific(worst.residual)} of ‖W‖ or better`,
    note: '‖W_T − pₙ·W_{T−n} + Σ weight·µ·G‖ / ‖W_T‖ with the training’s own weights and gradients, in double precision, beside what rounding to single precision in n steps can add up to.'.replace('_{T−n}', '(T−n)').replaceAll('W_T', 'W(T)'),
    columns: [
      { name: 'layer', title: 'layer', value: i => i.layer, kind: 'layer' },
      { name: 'step', title: 'step T', value: i => i.step, text: integer, kind: 'number' },
      { name: 'steps', title: 'unrolled n', value: i => i.steps, text: integer, kind: 'number' },
      { name: 'residual', title: 'residual', value: i => i.residual, text: scientific, kind: 'number' },
      { name: 'rounding_bound', title: 'rounding may add', value: i => i.roundingBound, text: scientific, kind: 'number' },
      { name: 'holds', title: 'exact to rounding', value: i => i.holds, text: holds => (holds ? '✓' : '✗ no') },
    ],
    items: identities,
  });
};

const MOVED = {
  epoch: { title: 'in an epoch', axis: 'distance to the epoch before, of ‖W‖', of: m => m.epochDistance, floor: null },
  step: { title: 'in the next step', axis: 'length of the next step, of ‖W‖', of: m => m.stepDistance, floor: m => m.stepFloor },
};

function movementOption() {
  const { of, floor, axis: name } = MOVED[state.moved];
  const all = layers.flatMap(layer => layer.movements.flatMap(m => [of(m), floor?.(m) ?? null])).filter(v => v > 0);
  const logarithmic = Math.max(...all) > 20 * Math.min(...all);
  const heights = decadesAround(all);
  const last = Math.max(1, ...layers.map(layer => layer.movements.at(-1)?.epoch ?? 0));
  const line = (layer, id, value) => ({
    ...thinLine(layerHue(layer), layer.movements.map(m => [m.epoch, logarithmic ? exponentOf(value(m)) : value(m)]), {
      id: `${id}-${layer.name}`,
      showSymbol: id === 'moved',
      symbolSize: 6,
      lineStyle: { color: layerHue(layer), width: 2, type: id === 'moved' ? layerDash(layer) : [2, 3] },
    }),
  });
  return chartOption(
    axis('epoch', { min: 0, max: last, minInterval: 1 }),
    logarithmic
      ? heightAxis(`${name} (log scale)`, { ...exponentAxis, ...heights, interval: Math.max(1, Math.ceil((heights.max - heights.min) / 5)) })
      : heightAxis(name, { min: 0, splitNumber: 4, axisLabel: { formatter: value => scientific(value) } }),
    layers.flatMap(layer => [line(layer, 'moved', of), ...(floor ? [line(layer, 'floor', floor)] : [])]),
    {
      tooltip: {
        formatter: items =>
          tooltipOf(
            `after epoch ${items[0].value[0]}`,
            items.filter(item => item.value[1] !== null).map(item => [
              strokeSwatch(item.color, item.seriesId.startsWith('floor') ? [2, 3] : 'solid'),
              item.seriesId.replace(/^floor-(.*)/, '$1 at least').replace(/^moved-/, ''),
              scientific(logarithmic ? 10 ** item.value[1] : item.value[1]),
            ])
          ),
      },
    }
  );
}

function movementTitle() {
  const { of } = MOVED[state.moved];
  const ends = layers.map(layer => of(layer.movements.filter(m => of(m) !== null).at(-1) ?? {})).filter(v => v !== null && v !== undefined);
  if (ends.length === 0) return 'No movement was measured';
  const from = Math.min(...ends);
  const to = Math.max(...ends);
  const range = scientific(from) === scientific(to) ? scientific(to) : `${scientific(from)} to ${scientific(to)}`;
  return state.moved === 'epoch' ? `The last epoch still moved the layers by ${range} of their norm` : `A single step moves the layers by ${range} of their norm`;
}

const movementFigure = () =>
  figure({
    id: 'movement',
    title: movementTitle,
    note: 'With weight decay and small batches SGD cannot settle: µ·wd·W would have to be matched by a gradient of rank B·R, so a step is at least µ·wd times the part of W beyond that rank (dotted; without momentum only).',
    controls: [choice('How far', 'moved', Object.entries(MOVED).map(([name, m]) => [name, m.title]))],
    key: layerKey,
    panels: () => [{ heading: '', description: movementTitle(), option: movementOption }],
    layout: 'few',
    csv: () => ({
      columns: ['layer', 'epoch', 'epoch_distance', 'step_distance', 'step_floor', 'rounding_bound'],
      rows: layers.flatMap(layer => layer.movements.map(m => [layer.name, m.epoch, m.epochDistance, m.stepDistance, m.stepFloor, m.roundingBound])),
    }),
  });

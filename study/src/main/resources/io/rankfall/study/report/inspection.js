/* The spectra of a model's weight matrices: what can be saved first. */

const data = JSON.parse(document.getElementById('results').textContent);
const { layers, products, skipped, nonFinite } = data;

const POOR_FIT = 0.2;
const LOWEST_EXPONENT = -6;

const superscripts = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶' };
const decade = exponent =>
  exponent === 0 ? '1' : `10${[...String(Math.round(exponent))].map(c => superscripts[c] ?? c).join('')}`;
/* Zero has no exponent; a gap says so. */
const exponents = (indices, values) => indices.map((index, i) => [index, values[i] > 0 ? Math.log10(values[i]) : null]);
const lowest = lists =>
  Math.max(LOWEST_EXPONENT, Math.floor(Math.min(-2, ...lists.flat().filter(v => v > 0).map(v => Math.log10(v)))));

const line = (color, points, more = {}) => ({
  type: 'line',
  data: points,
  showSymbol: points.length === 1,
  lineStyle: { color: token(color), width: 2 },
  itemStyle: { color: token(color) },
  emphasis: { disabled: true },
  ...more,
});

function spectrumOption(indices, name, low, series, more = {}) {
  return chartOption(
    axis('index of the singular value', { min: 1, max: Math.max(2, indices.at(-1)) }),
    heightAxis(`${name} (log scale)`, { min: low, max: 0, interval: 1, axisLabel: { formatter: decade } }),
    series,
    more
  );
}

const value10 = exponent => shown(exponent, v => (10 ** v).toExponential(2));
const alphaText = ({ alpha, distance }) =>
  shown(alpha, v => (distance > POOR_FIT ? `(${v.toFixed(1)})` : v.toFixed(1)));

function layerPanel(layer) {
  const full = Math.min(layer.rows, layer.cols);
  const rank = `99\u00a0% of Σσ² in ${layer.energy99} of ${full} (random: ${layer.random99})`;
  const save = layer.saved > 0 ? `saves ${integer(layer.saved)}` : 'nothing to save';
  return panel(
    `${layer.name}: ${shape(layer)}`,
    `${rank}, ${save}; α ${alphaText(layer)}`,
    `Singular values of ${layer.name}: ${rank}, ${save}.`,
    () =>
      spectrumOption(
        layer.indices,
        'σ / ‖W‖F',
        lowest([layer.sigma, layer.random]),
        [
          line('hue-0', exponents(layer.indices, layer.sigma), {
            id: 'layer',
            markLine: {
              silent: true,
              symbol: 'none',
              animation: false,
              label: { show: false },
              lineStyle: { color: token('rule'), type: 'solid', width: 1 },
              data: [{ xAxis: layer.energy99 }],
            },
          }),
          randomLine(exponents(layer.indices, layer.random)),
        ],
        {
          tooltip: {
            formatter: items =>
              tooltipOf(
                `singular value ${items[0].value[0]}`,
                items.map(item => [
                  item.seriesId === 'random' ? randomSwatch() : strokeSwatch(token('hue-0'), 'solid'),
                  item.seriesId === 'random' ? 'random matrix' : 'σ / ‖W‖F',
                  value10(item.value[1]),
                ])
              ),
          },
        }
      )
  );
}

function productPanel(product) {
  const low = Math.min(...product.energy99);
  const high = Math.max(...product.energy99);
  const heads = product.together ? 'heads together' : several(product.heads.length, 'head');
  const rank = `99\u00a0% of Σσ² in ${low === high ? low : `${low} to ${high}`} of ${product.indices.at(-1)}`;
  return panel(
    `${product.name} ${product.product}: ${shape(product)}`,
    `${heads}, ${rank}`,
    `Singular values of the product, ${heads}: ${rank}.`,
    () =>
      spectrumOption(
        product.indices,
        'σ / σ₁',
        lowest(product.heads),
        product.heads.map((head, h) =>
          line(`hue-${h % 6}`, exponents(product.indices, head), {
            name: `head ${h + 1}`,
            lineStyle: { color: token(`hue-${h % 6}`), width: 1.25, opacity: 0.8 },
          })
        ),
        {
          tooltip: {
            formatter: items => {
              const values = items.map(item => item.value[1]).filter(value => value !== null);
              return tooltipOf(`singular value ${items[0].value[0]}`, [
                ['', product.together ? 'heads together' : 'largest head', value10(Math.max(...values))],
                ...(values.length > 1 ? [['', 'smallest head', value10(Math.min(...values))]] : []),
              ]);
            },
          },
        }
      )
  );
}

const columns = [
  { name: 'matrix', title: 'matrix', value: layer => layer.name, kind: 'layer' },
  { name: 'saved', title: 'saves', value: layer => layer.saved, text: v => (v > 0 ? percent(v / data.parameters, 1) : MISSING), kind: 'number' },
  { name: 'kind', title: 'kind', value: layer => layer.kind },
  { name: 'rows', title: 'shape', value: layer => layer.rows, text: (_, layer) => shape(layer), sort: layer => layer.rows * layer.cols, kind: 'number' },
  { name: 'share', title: 'share of parameters', value: layer => layer.share, text: v => percent(v, 1), kind: 'number' },
  { name: 'rank_energy_99', title: '99 % of Σσ²', value: layer => layer.energy99, text: integer, kind: 'number' },
  { name: 'random_energy_99', title: 'the same, random', value: layer => layer.random99, text: integer, kind: 'number' },
  { name: 'rank_1e-3', title: 'σ/‖W‖F > 1e‑3', value: layer => layer.rank3, text: integer, kind: 'number' },
  { name: 'rank_1e-2', title: 'σ/‖W‖F > 1e‑2', value: layer => layer.rank2, text: integer, kind: 'number' },
  { name: 'stable_rank', title: 'stable rank', value: layer => layer.stable, text: v => v.toFixed(1), kind: 'number' },
  { name: 'effective_rank', title: 'effective rank', value: layer => layer.effective, text: v => v.toFixed(1), kind: 'number' },
  { name: 'alpha', title: 'α', value: layer => layer.alpha, text: (_, layer) => alphaText(layer), kind: 'number' },
  { name: 'alpha_distance', title: 'D', value: layer => layer.distance, text: v => v.toFixed(2), kind: 'number' },
  { name: 'spikes', title: 'above the random edge', value: layer => layer.spikes, text: integer, kind: 'number' },
  { name: 'break_even', title: 'break‑even rank', value: layer => layer.breakEven, text: integer, kind: 'number' },
];

const matrixTable = () =>
  sortableTable({
    id: 'matrices',
    title: several(layers.length, 'weight matrix', 'weight matrices'),
    note: 'What factors that keep 99 % of Σσ² would save, most first; click a column to sort by it. α: power law of the largest σ² after Martin and Mahoney, in brackets where the fit is poor (D > 0.2).',
    columns,
    items: layers,
  });

const gallery = (id, title, note, key, panels) =>
  el(
    'figure',
    { id: `figure-${id}` },
    el('div', { class: 'caption' }, el('h3', {}, title)),
    el('p', { class: 'note' }, note),
    key,
    el('div', { class: `panels ${panels.length > 4 ? 'many' : 'few'}` }, panels)
  );

const spectraKey = el('div', { class: 'key' });
const spectraFigure = () =>
  gallery(
    'spectra',
    'Singular values of every layer',
    'Over the Frobenius norm, largest first, in the order of what can be saved. The vertical line is where 99 % of Σσ² is reached.',
    spectraKey,
    layers.map(layerPanel)
  );
const productsFigure = () =>
  gallery(
    'products',
    'What attention computes with',
    'Singular values of Wkᵀ·Wq, which makes the scores, and of Wo·Wv, which makes the output: one line a head, as many values as a head is wide.',
    el('div', { class: 'key' }),
    products.map(productPanel)
  );

const sections = [
  ['matrices', 'Matrices', layers.length > 0 ? [matrixTable()] : []],
  ['spectra', 'Spectra', layers.length > 0 ? [spectraFigure()] : []],
  ['products', 'Attention', products.length > 0 ? [productsFigure()] : []],
  [
    'skipped',
    'Left out',
    [
      ...(nonFinite.length > 0 ? [listed('Weights that are no numbers', nonFinite)] : []),
      ...(skipped.length > 0 ? [listed(several(skipped.length, 'weight') + ' not looked at', skipped)] : []),
    ],
  ],
];

drawn.add(() =>
  spectraKey.replaceChildren(
    el('span', { class: 'run' }, strokeSwatch(token('hue-0'), 'solid'), 'this layer'),
    el('span', { class: 'run' }, randomSwatch(), 'random matrix of the same shape')
  )
);
const held = layers.reduce((sum, layer) => sum + layer.share, 0);
fillPage({
  title: data.model.split(/[\\/]/).at(-1),
  lead: `${several(layers.length, 'weight matrix', 'weight matrices')} hold ${percent(held, 1)} of ${compactCount(data.parameters)} parameters.`,
  verdict:
    data.saved > 0
      ? `Factors that keep 99\u00a0% of each matrix’s Σσ² would save ${percent(data.saved / data.parameters, 1)} of the parameters.`
      : 'No matrix gets smaller by factors that keep 99\u00a0% of its Σσ².',
  sections,
  version: data.version,
});

/* A compression: both models side by side, what became of every layer, and how the goal was searched. */

const data = JSON.parse(document.getElementById('results').textContent);
const { dense, compressed, layers, latencies, search } = data;

/* More names than this do not fit under a chart. */
const NAMED = 8;

const thousands = v => (v >= 1e6 ? `${v / 1e6}\u00a0M` : v >= 1e3 ? `${v / 1e3}\u00a0k` : String(v));
const fewer = (before, after) => `${percent(after / before, 1)}, ${times(before / after)} fewer`;
const faster = speedup => (speedup >= 1 ? `${preciseTimes(speedup)} faster` : `${preciseTimes(1 / speedup)} slower`);
const roles = {
  searched: 'the goal was searched on these',
  measured: 'measured only',
  unseen: 'not used before the model was finished',
};

/* One number of both models: what it is, before, after, and what that means. */
const facts = [
  ['parameters', integer(dense.parameters), integer(compressed.parameters), fewer(dense.parameters, compressed.parameters)],
  ['bytes of the file', integer(dense.bytes), integer(compressed.bytes), fewer(dense.bytes, compressed.bytes)],
  ...(dense.macs !== null && compressed.macs !== null
    ? [['multiply-accumulates of one example', integer(dense.macs), integer(compressed.macs), fewer(dense.macs, compressed.macs)]]
    : []),
  ...latencies.map(l => [`latency at batch ${l.batch}`, micros(l.denseMicros), micros(l.micros), faster(l.speedup)]),
  ...data.data
    .filter(d => d.metric !== null)
    .map(d => [
      `${d.metric} on ${d.data}`,
      percent(d.denseScore),
      percent(d.score),
      `${points(d.score - d.denseScore)} points; ${roles[d.role]}`,
    ]),
];

const bothFigure = () =>
  el(
    'figure',
    { id: 'figure-both' },
    el(
      'div',
      { class: 'caption' },
      el('h3', {}, 'Both files, measured after reading the written one again'),
      csvButton('models', () => ({ columns: ['what', 'dense', 'compressed', 'change'], rows: facts }))
    ),
    latencies.length > 0
      ? el('p', { class: 'note' }, `Latency: medians of ${[...new Set(latencies.map(l => l.rounds))].join(' and ')} alternating runs of both by ONNX Runtime on one thread of ${data.machine.processor}.`)
      : el('p', { class: 'note' }, 'Sizes only: nothing was run.'),
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of both models, scrolls' },
      el(
        'table',
        {},
        el('thead', {}, el('tr', {}, ['', 'dense', 'compressed', ''].map((t, i) => el('th', { scope: 'col', class: i === 1 || i === 2 ? 'number' : 'text' }, t)))),
        el('tbody', {}, facts.map(fact => el('tr', {}, fact.map((t, i) => el('td', { class: i === 1 || i === 2 ? 'number' : i === 3 ? 'wrap' : 'layer' }, t)))))
      )
    )
  );

const changeFacts = () =>
  el(
    'div',
    { class: 'about' },
    el('h3', {}, 'How far the outputs moved'),
    el(
      'dl',
      { class: 'facts' },
      data.data.map(d =>
        el(
          'div',
          {},
          el('dt', {}, d.data),
          el(
            'dd',
            {},
            `‖Ŷ − Y‖ is ${percent(d.change)} of ‖Y‖ over ${several(d.examples, 'example')} (${roles[d.role]}); mean cosine ${d.cosine.toFixed(4)}; the largest entry is the same in ${percent(d.agreement, 1)}.`
          )
        )
      )
    )
  );

/* A linear layer has one decomposition, which needs no name. */
const mixed = layers.some(layer => layer.ranks !== null && layer.decision !== 'channel');
const became = layer =>
  layer.ranks === null ? layer.decision : mixed ? `${layer.decision} ${layer.ranks}` : `rank ${layer.ranks}`;

const narrowed = layer => layer.keptRows < layer.rows || layer.keptCols < layer.cols;
const keptShape = layer =>
  narrowed(layer) ? `${shape({ rows: layer.keptRows, cols: layer.keptCols })} of ${shape(layer)}` : shape(layer);

/* The one reason of all layers that stay dense, if the factored ones need none. */
const reasons = [...new Set(layers.filter(l => l.reason !== '').map(l => l.reason))];
const sameReason =
  reasons.length <= 1 && layers.every(l => l.decision === 'dense' || l.reason === '') ? reasons[0] ?? '' : null;

const columns = [
  { name: 'layer', title: 'layer', value: layer => layer.name, kind: 'layer' },
  { name: 'rows', title: 'shape', value: layer => layer.rows, text: (_, layer) => keptShape(layer), sort: layer => layer.rows * layer.cols, kind: 'number' },
  { name: 'became', title: 'became', value: became },
  { name: 'loss_share', title: 'loses', value: layer => (layer.ranks === null ? null : layer.lossShare), text: v => percent(v), kind: 'number' },
  { name: 'dense_parameters', title: 'parameters before', value: layer => layer.denseParameters, text: integer, kind: 'number' },
  { name: 'parameters', title: 'after', value: layer => layer.parameters, text: integer, kind: 'number' },
  ...(layers.some(layer => layer.macs !== null)
    ? [
        { name: 'dense_macs', title: 'MACs before', value: layer => layer.denseMacs, text: integer, kind: 'number' },
        { name: 'macs', title: 'after', value: layer => layer.macs, text: integer, kind: 'number' },
      ]
    : []),
  ...(layers.some(layer => layer.inputRank !== null)
    ? [
        { name: 'input_rank', title: 'inputs span', value: layer => layer.inputRank, text: (v, layer) => `${integer(v)} of ${integer(layer.cols)}`, kind: 'number' },
        { name: 'input_condition', title: 'condition', value: layer => layer.inputCondition, text: v => v.toExponential(0), kind: 'number' },
      ]
    : []),
  ...(sameReason === null ? [{ name: 'reason', title: 'why', value: layer => layer.reason, kind: 'wrap' }] : []),
];
const layerTable = () =>
  sortableTable({
    id: 'layers',
    title: `${several(layers.filter(l => l.ranks !== null).length, 'layer')} of ${layers.length} factored`,
    note: '‘Loses’ is what a layer’s factors leave out: of Σσ² without calibration, else of what it does to the outputs on the calibration inputs.' + (layers.some(l => l.inputRank !== null) ? ' ‘Inputs span’ and ‘condition’ are the rank and condition number of what calibration showed each layer.' : '') + (layers.some(narrowed) ? ' ‘Of’ tells how many units a layer had before those that matter least were taken out.' : '') + (sameReason ? ` Where a layer stays dense, ${sameReason}.` : ''),
    columns,
    items: layers,
  });

const layerChart = () =>
  el(
    'figure',
    { id: 'figure-shares' },
    el('div', { class: 'caption' }, el('h3', {}, 'What is left of each layer')),
    el('p', { class: 'note' }, 'Parameters of each layer, in the order of the file: the pale bar as it was, the full one as it is.'),
    el(
      'div',
      { class: 'one' },
      chartCanvas('Parameters of each layer before and after; the table below has the numbers.', () => {
        const bar = (id, color, z, value) => ({
          type: 'bar',
          id,
          data: layers.map(value),
          itemStyle: { color: token(color) },
          barGap: '-100%',
          barCategoryGap: '25%',
          z,
          emphasis: { disabled: true },
        });
        return chartOption(
          axis('', { type: 'category', data: layers.map(l => l.name), axisLabel: { show: layers.length <= NAMED, interval: 0 } }),
          heightAxis('parameters', { axisLabel: { formatter: thousands } }),
          [bar('before', 'edge', 1, l => l.denseParameters), bar('after', 'hue-0', 2, l => l.parameters)],
          {
            grid: { left: 12 },
            tooltip: {
              axisPointer: { type: 'shadow' },
              formatter: items => {
                const layer = layers[items[0].dataIndex];
                return tooltipOf(layer.name, [
                  ['', 'before', integer(layer.denseParameters)],
                  ['', became(layer), integer(layer.parameters)],
                ]);
              },
            },
          }
        );
      })
    )
  );

const searchTable = () =>
  sortableTable({
    id: 'search',
    title: `${several(search.length, 'model')} tried on the way`,
    note: `The goal: ${data.goal}. Each was made as it would be written, and measured.`,
    columns: [
      { name: 'parameters', title: 'parameters', value: t => t.parameters, text: integer, kind: 'number' },
      { name: 'measured', title: 'measured', value: t => t.value, text: v => significant(v, 4), kind: 'number' },
      { name: 'met', title: 'within the goal', value: t => (t.met ? 'yes' : 'no') },
    ],
    items: search,
  });

const notes = () =>
  el('div', { class: 'about' }, el('h3', {}, 'Notes'), data.notes.map(note => el('p', {}, note)));

fillPage({
  title: data.model.split(/[\\/]/).at(-1),
  lead: `Goal: ${data.goal}${data.met ? '' : ' – not met; this comes nearest'}.`,
  verdict: [
    `${times(dense.parameters / compressed.parameters)} fewer parameters`,
    ...latencies.map(l => `${faster(l.speedup)} at batch ${l.batch}`),
    ...data.data.filter(d => d.metric !== null).slice(-1).map(d => `${d.metric} ${percent(d.denseScore)} → ${percent(d.score)}`),
  ].join(', ') + '.',
  sections: [
    ['models', 'Before and after', [bothFigure(), ...(data.data.length > 0 ? [changeFacts()] : [])]],
    ['layers', 'Layers', [layerChart(), layerTable()]],
    ['search', 'Search', search.length > 0 ? [searchTable()] : []],
    ['left', 'Left alone', data.leftAlone.length > 0 ? [listed(several(data.leftAlone.length, 'weight') + ' not factored', data.leftAlone)] : []],
    ['notes', 'Notes', data.notes.length > 0 ? [notes()] : []],
  ],
  version: data.rankfall,
});

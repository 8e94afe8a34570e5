/* Every model file, sortable. */

const rankText = file => file.layers.map(layer => layer.rank ?? 'dense').join(' · ');
const rankDetails = file =>
  el(
    'details',
    { class: 'ranks' },
    el('summary', {}, rankText(file)),
    file.layers.map(layer => el('div', {}, `${layer.name}: ${layer.rank ?? 'dense'}, ${layer.reason}`))
  );

const fileColumns = [
  { name: 'run', title: 'run', value: ({ run }) => run.label, cell: ({ run }) => [swatch(run), run.label], kind: 'run' },
  { name: 'policy', title: 'ranks by', value: ({ file }) => file.policy },
  { name: 'ranks', title: 'rank of each layer', value: ({ file }) => rankText(file), cell: ({ file }) => [rankDetails(file)] },
  { name: 'budget', title: 'budget', value: ({ file }) => file.budget, text: compactPercent, kind: 'number' },
  { name: 'parameters', title: 'parameters', value: ({ file }) => file.parameters, text: integer, kind: 'number' },
  { name: 'share_kept', title: 'kept', value: ({ run, file }) => keptShare(run, file), text: compactPercent, kind: 'number' },
  { name: 'bytes', title: 'file', value: ({ file }) => file.bytes, text: bytes, kind: 'number' },
  { name: 'test_accuracy', title: 'test accuracy', value: ({ file }) => file.testAccuracy, text: value => percent(value), kind: 'number' },
  { name: 'change', title: 'points against dense', value: ({ run, file }) => -lossOf(run, file), text: points, kind: 'number' },
  ...timedBatches.flatMap(batch => [
    { name: `micros_batch_${batch}`, title: `time, batch ${batch}`, value: ({ file }) => latencyAt(file, batch)?.medianMicros ?? null, text: micros, kind: 'number' },
    { name: `speedup_batch_${batch}`, title: `speed‑up, batch ${batch}`, value: ({ file }) => latencyAt(file, batch)?.speedup ?? null, text: preciseTimes, kind: 'number' },
  ]),
  { name: 'path', title: 'path', value: ({ file }) => file.path, kind: 'path' },
];

const fileRowsAll = runs.filter(denseFile).flatMap(run => run.files.map(file => ({ run, file })));

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === 'string' ? a.localeCompare(b) : a - b;
}

function select(label, options, onchange) {
  const input = el(
    'select',
    { onchange: () => onchange(input.value) },
    el('option', { value: '' }, 'all'),
    options.map(([value, text]) => el('option', { value }, text))
  );
  return el('label', { class: 'select' }, label, input);
}

function fileTable() {
  const view = { column: null, descending: false, run: '', policy: '' };
  const body = el('tbody');
  const heads = fileColumns.map(column =>
    el(
      'th',
      { scope: 'col', class: column.kind ?? 'text' },
      el('button', { type: 'button', onclick: () => sortBy(column) }, column.title)
    )
  );

  function rowsShown() {
    const rows = fileRowsAll.filter(
      ({ run, file }) => (!view.run || run.id === view.run) && (!view.policy || file.policy === view.policy)
    );
    if (!view.column) return rows;
    const sign = view.descending ? -1 : 1;
    return rows.sort((a, b) => sign * compare(view.column.value(a), view.column.value(b)));
  }

  function cellOf(column, row) {
    const value = column.value(row);
    const content = column.cell?.(row) ?? [value === null ? MISSING : column.text?.(value) ?? value];
    return el('td', { class: column.kind ?? 'text' }, content);
  }

  function draw() {
    heads.forEach((head, i) => {
      const sorted = fileColumns[i] === view.column;
      head.setAttribute('aria-sort', sorted ? (view.descending ? 'descending' : 'ascending') : 'none');
    });
    body.replaceChildren(
      ...rowsShown().map(row =>
        el(
          'tr',
          { class: row.file.policy === 'dense' ? 'dense' : null },
          fileColumns.map(column => cellOf(column, row))
        )
      )
    );
  }

  function sortBy(column) {
    view.descending = view.column === column && !view.descending;
    view.column = column;
    draw();
  }

  function filter(key, value) {
    view[key] = value;
    draw();
  }

  const table = () => ({
    columns: fileColumns.map(column => column.name),
    rows: rowsShown().map(row => fileColumns.map(column => column.value(row))),
  });
  figures.set('files', { charts: [], csv: () => csvText(table()), draw });
  return el(
    'figure',
    { id: 'figure-files' },
    el('div', { class: 'caption' }, el('h3', {}, `All ${fileRowsAll.length} files`), csvButton('files', table)),
    el('p', { class: 'note' }, 'Click a column to sort. A layer stays dense where two factors would not be smaller. Open a row’s ranks to see why each was chosen.'),
    el(
      'div',
      { class: 'controls' },
      select('Run', runs.filter(denseFile).map(run => [run.id, run.label]), value => filter('run', value)),
      select('Ranks by', [['dense', 'dense'], ...policies.map(policy => [policy, policy])], value => filter('policy', value))
    ),
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of all files, scrolls' },
      el('table', {}, el('thead', {}, el('tr', {}, heads)), body)
    )
  );
}

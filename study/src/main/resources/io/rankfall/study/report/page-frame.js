/* What the pages about one model share: the bar, light and dark, sections, tables to sort. */

const several = (count, one, more = `${one}s`) => `${integer(count)} ${count === 1 ? one : more}`;
const shape = ({ rows, cols }) => `${rows}\u00a0×\u00a0${cols}`;
const compactCount = value =>
  value >= 1e9 ? `${(value / 1e9).toFixed(2)}\u00a0B` : value >= 1e6 ? `${(value / 1e6).toFixed(1)}\u00a0M` : integer(value);

/* Draws again when colours change. */
const drawn = new Set();

/* Charts draw themselves when they come into sight: a model may have a thousand layers. */
const inSight = new IntersectionObserver(
  entries => entries.filter(entry => entry.isIntersecting).forEach(entry => entry.target.show()),
  { rootMargin: '300px' }
);

function chartCanvas(description, option, ready = () => {}) {
  const described = () => (typeof description === 'function' ? description() : description);
  const canvas = el('div', { class: 'chart', role: 'img', 'aria-label': described() });
  let chart = null;
  const draw = () => {
    if (!canvas.isConnected) {
      drawn.delete(draw);
      chart.dispose();
      return;
    }
    canvas.setAttribute('aria-label', described());
    chart.setOption(option(chart), { notMerge: true });
  };
  canvas.show = () => {
    if (chart) return;
    inSight.unobserve(canvas);
    chart = echarts.init(canvas, null, { renderer: 'svg' });
    drawn.add(draw);
    draw();
    ready(chart);
    new ResizeObserver(() => chart.resize({ width: 'auto', height: 'auto' })).observe(canvas);
  };
  canvas.redraw = () => chart && draw();
  inSight.observe(canvas);
  return canvas;
}

const panel = (heading, note, description, option) =>
  el('div', { class: 'panel' }, el('h4', {}, heading), el('p', { class: 'note' }, note), chartCanvas(description, option));

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === 'string' ? a.localeCompare(b) : a - b;
}

/* A table of one row an item; columns have a name for CSV, a title, a value, and perhaps a text. Where `items` is
   a function it is asked at every drawing. */
function sortableTable({ id, title, note, columns, items, row = () => ({}) }) {
  const body = el('tbody');
  const heading = el('h3');
  const view = { column: null, descending: false };
  const rows = () => {
    const present = typeof items === 'function' ? items() : items;
    if (!view.column) return present;
    const key = view.column.sort ?? view.column.value;
    return [...present].sort((a, b) => (view.descending ? -1 : 1) * compare(key(a), key(b)));
  };
  const cell = (column, item) => {
    const value = column.value(item);
    return el('td', { class: column.kind ?? 'text' }, value === null ? MISSING : String(column.text?.(value, item) ?? value));
  };
  const heads = columns.map(column =>
    el(
      'th',
      { scope: 'col', class: column.kind ?? 'text' },
      el(
        'button',
        {
          type: 'button',
          onclick: () => {
            view.descending = view.column === column ? !view.descending : column.kind === 'number';
            view.column = column;
            draw();
          },
        },
        column.title
      )
    )
  );
  function draw() {
    heads.forEach((head, i) =>
      head.setAttribute('aria-sort', columns[i] !== view.column ? 'none' : view.descending ? 'descending' : 'ascending')
    );
    body.replaceChildren(...rows().map(item => el('tr', row(item), columns.map(column => cell(column, item)))));
    heading.textContent = typeof title === 'function' ? title() : title;
  }
  draw();
  if (typeof items === 'function') drawn.add(draw);
  const table = () => ({
    columns: columns.map(column => column.name),
    rows: rows().map(item => columns.map(column => column.value(item))),
  });
  return el(
    'figure',
    { id: `figure-${id}` },
    el('div', { class: 'caption' }, heading, csvButton(id, table)),
    el('p', { class: 'note' }, note),
    el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Table: ${id}, scrolls` }, el('table', {}, el('thead', {}, el('tr', {}, heads)), body))
  );
}

const listed = (title, weights) =>
  el(
    'div',
    { class: 'about' },
    el('h3', {}, title),
    el('dl', { class: 'facts' }, weights.map(w => el('div', {}, el('dt', {}, w.shape), el('dd', {}, `${w.name}: ${w.reason}`))))
  );

const { button: themeButton, redress } = themeSwitch(() => drawn.forEach(draw => draw()));

/* Fills the page: sections are [id, name, parts], those without parts left out. */
function fillPage({ title, lead, verdict, sections, version }) {
  const shownSections = sections.filter(([, , parts]) => parts.length > 0);
  const top = document.getElementById('top');
  top.before(
    el(
      'div',
      { class: 'bar' },
      el('span', { class: 'brand' }, 'Rankfall'),
      el('nav', { 'aria-label': 'Parts' }, shownSections.map(([id, name]) => el('a', { href: `#${id}` }, name))),
      themeButton
    )
  );
  top.append(el('h1', {}, title), el('p', { class: 'lead' }, lead), el('p', { class: 'verdict' }, verdict));
  document.getElementById('report').append(
    ...shownSections.map(([id, name, parts]) => el('section', { id }, el('h2', {}, name), parts))
  );
  document.getElementById('foot').append(
    `Rankfall ${version}. This file holds all its data and loads nothing. Charts: Apache ECharts ${echarts.version}.`
  );
  redress();
  darkPreference.addEventListener('change', () => redress());
  addEventListener('beforeprint', () => {
    document.querySelectorAll('.chart').forEach(canvas => canvas.show());
    redress('light');
  });
  addEventListener('afterprint', () => redress());
}

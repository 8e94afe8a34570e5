/* Numbers as people read them, and DOM elements. Text only ever enters the page as text. */

const MISSING = '–';
const shown = (value, text) => (value === null || value === undefined ? MISSING : text(value));

const percent = (value, digits = 2) => shown(value, v => `${(100 * v).toFixed(digits)}\u00a0%`);
const compactPercent = value => `${Number((100 * value).toPrecision(3))}\u00a0%`;
const times = value => shown(value, v => `${v >= 10 ? v.toFixed(0) : v.toFixed(1)}×`);
const preciseTimes = value => shown(value, v => `${v.toFixed(2)}×`);
const integer = value => shown(value, v => Math.round(v).toLocaleString('en-US'));
const significant = (value, digits = 3) => shown(value, v => String(Number(v.toPrecision(digits))));
const points = value =>
  shown(value, v => `${v > 0 ? '+' : v < 0 ? '−' : '±'}${Math.abs(100 * v).toFixed(2)}`);

function bytes(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} MB`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(0)} kB` : `${value} B`;
}

function duration(seconds) {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function micros(value) {
  return value >= 1e3 ? `${significant(value / 1e3)} ms` : `${significant(value)} µs`;
}

/* 0.001 as 1e-3, the way thresholds are written in the field. */
function power(value) {
  if (value === 0) return '0';
  return value.toExponential().replace('e+0', '').replace('e+', 'e');
}

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter(child => child !== null));
  return node;
}

function svgEl(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/* A run's name that no line break takes apart. */
const unbroken = run => run.label.replaceAll(' ', '\u00a0').replaceAll('e-', 'e\u2011');

/* "12 (run a) to 30 (run b)", lowest first; one run stands alone. */
function span(entries, text) {
  const sorted = entries.filter(entry => entry.value !== null).sort((a, b) => a.value - b.value);
  if (sorted.length === 0) return null;
  const one = entry => `${text(entry.value)} (${unbroken(entry.run)})`;
  const low = sorted[0];
  const high = sorted.at(-1);
  return low === high ? one(low) : `${one(low)} to ${one(high)}`;
}

/* The same with its verb. */
function ranges(entries, text) {
  const found = span(entries, text);
  const several = entries.filter(entry => entry.value !== null).length > 1;
  return found && `${several ? 'ranges from' : 'is'} ${found}`;
}

/* RFC 4180. */
function csvText({ columns, rows }) {
  const cell = value => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map(row => row.map(cell).join(',') + '\r\n').join('');
}

function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const csvButton = (name, table) =>
  el(
    'button',
    {
      type: 'button',
      class: 'csv',
      title: `Download what is shown as ${name}.csv`,
      onclick: () => download(`rankfall-${name}.csv`, csvText(table())),
    },
    'CSV'
  );

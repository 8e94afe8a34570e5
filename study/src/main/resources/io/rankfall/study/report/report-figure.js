/* Figures: a computed title, controls, a key, panels that redraw when the state changes, CSV. */

const state = {
  policy: policies.includes('data-aware') ? 'data-aware' : policies.at(-1) ?? 'dense',
  measure: 'rank',
  tau: 1e-2,
  epoch: lastEpoch,
  hidden: new Set(),
};

const figures = new Map();
const visibleRuns = () => runs.filter(run => !state.hidden.has(run.id));

let pending = null;
function change(values) {
  Object.assign(state, values);
  pending ??= requestAnimationFrame(() => {
    pending = null;
    drawAll();
  });
}

function drawAll() {
  for (const figure of figures.values()) figure.draw();
}

function toggleRun(run) {
  const hidden = new Set(state.hidden);
  if (!hidden.delete(run.id)) hidden.add(run.id);
  change({ hidden });
}

function keyOf(withRandom) {
  const entries = runs.map(run =>
    el(
      'button',
      {
        type: 'button',
        class: 'run',
        'aria-pressed': String(!state.hidden.has(run.id)),
        title: 'Show or hide this run in all charts',
        onclick: () => toggleRun(run),
      },
      swatch(run),
      isDiverged(run) ? `${run.label} (diverged)` : run.label
    )
  );
  if (withRandom) {
    entries.push(el('span', { class: 'run' }, randomSwatch(), 'random matrix of the same shape'));
  }
  return entries;
}

const policyChoice = () =>
  choice(
    'Ranks chosen by',
    'policy',
    policies.map(policy => [policy, policy])
  );

const tauSlider = (isUsed = () => true) =>
  slider(
    'Threshold τ',
    'tau',
    { min: -4, max: -1, step: 0.05 },
    {
      toValue: exponent => Number((10 ** exponent).toPrecision(3)),
      toPosition: tau => Math.log10(tau),
      text: power,
      isUsed,
    }
  );

const epochSlider = () =>
  slider(
    'After epoch',
    'epoch',
    { min: 0, max: Math.max(0, epochNumbers.length - 1), step: 1 },
    { toValue: index => epochNumbers[index], toPosition: epoch => epochNumbers.indexOf(epoch), text: String }
  );

/* One chart: what it shows is its heading plus, for those who cannot see it, its description. */
function panelOf(spec) {
  const heading = el('h4');
  const canvas = el('div', { class: 'chart', role: 'img' });
  const node = el('div', { class: 'panel' }, spec.heading ? heading : [], canvas);
  let chart = null;
  const draw = () => {
    chart ??= echarts.init(canvas, null, { renderer: 'svg' });
    heading.textContent = spec.heading?.() ?? '';
    canvas.setAttribute('aria-label', spec.description());
    chart.setOption(spec.option(chart.getWidth(), chart.getHeight()), { notMerge: true });
  };
  const fit = (width, height) => {
    chart?.resize({ width, height });
    if (chart) draw();
  };
  new ResizeObserver(() => chart && canvas.clientWidth !== chart.getWidth() && fit('auto', 'auto')).observe(canvas);
  return { node, draw, fit };
}

function figure({ id, title, note, controls: inputs = [], random = false, panels, wide = false, csv }) {
  const heading = el('h3');
  const key = el('div', { class: 'key' });
  const charts = panels.map(panelOf);
  const layout = wide || charts.length === 1 ? 'one' : charts.length > 4 ? 'many' : 'few';
  const node = el(
    'figure',
    { id: `figure-${id}` },
    el('div', { class: 'caption' }, heading, csvButton(id, csv)),
    el('p', { class: 'note' }, note),
    inputs.length > 0 ? el('div', { class: 'controls' }, inputs.map(input => input.node)) : null,
    key,
    el('div', { class: `panels ${layout}` }, charts.map(chart => chart.node))
  );
  figures.set(id, {
    charts,
    csv: () => csvText(csv()),
    draw() {
      heading.textContent = title();
      key.replaceChildren(...keyOf(random));
      inputs.forEach(input => input.sync());
      charts.forEach(chart => chart.draw());
    },
  });
  return node;
}

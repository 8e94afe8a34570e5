/* The page itself: order of the parts, theme, print. */

const PRINT = { width: 640, wideHeight: 330, height: 230 };

const sections = [
  ['compression', 'Compression', () => (policies.length > 0 ? [sizeFigure()] : [])],
  ['ranks', 'Rank', () => [rankFigure()]],
  ['spectra', 'Spectra', () => [spectraFigure(), curvesFigure()]],
  ['training', 'Training', () => [trainingFigure()]],
  ['speed', 'Speed', () => (timedBatches.length > 0 ? [speedFigure()] : [])],
  ['files', 'Files', () => (fileRowsAll.length > 0 ? [fileTable()] : [])],
  ['method', 'Method', () => [el('div', { id: 'about' })]],
]
  .map(([id, name, parts]) => ({ id, name, parts: parts() }))
  .filter(({ parts }) => parts.length > 0);

const { button: themeButton, redress } = themeSwitch(() => {
  document.getElementById('summary').replaceWith(summary());
  document.getElementById('about').replaceChildren(about());
  drawAll();
});

function header() {
  const top = document.getElementById('top');
  top.before(
    el(
      'div',
      { class: 'bar' },
      el('span', { class: 'brand' }, 'Rankfall'),
      el('nav', { 'aria-label': 'Parts' }, sections.map(({ id, name }) => el('a', { href: `#${id}` }, name))),
      themeButton
    )
  );
  top.append(
    el('h1', {}, `How ${settings.architecture} on ${settings.dataset} compresses`.replaceAll('-', '\u2011')),
    el(
      'p',
      { class: 'lead' },
      `${runs.length} ${runs.length === 1 ? 'training' : 'trainings of the same network'}, ${settings.epochs} ${settings.epochs === 1 ? 'epoch' : 'epochs'} of mini-batch SGD, ${runs.length === 1 ? '' : 'different batch sizes and weight decays, '}${fileRowsAll.length} model files measured.`
    )
  );
}

header();
document.getElementById('report').append(
  el('section', { id: 'summary' }),
  ...sections.map(({ id, name, parts }) => el('section', { id }, el('h2', {}, name), parts))
);
document.getElementById('foot').append(
  `Rankfall ${provenance.rankfallVersion}, ${provenance.startedAt.slice(0, 10)}. This file holds all its data and loads nothing. Charts: Apache ECharts ${echarts.version}.`
);
redress();

darkPreference.addEventListener('change', () => redress());
addEventListener('beforeprint', () => {
  redress('light');
  for (const { charts } of figures.values()) {
    const several = charts.length > 1;
    charts.forEach(chart =>
      several ? chart.fit(PRINT.width / 2 - 8, PRINT.height) : chart.fit(PRINT.width, PRINT.wideHeight)
    );
  }
});
addEventListener('afterprint', () => {
  redress();
  for (const { charts } of figures.values()) charts.forEach(chart => chart.fit('auto', 'auto'));
});

/* For scripts that read a report: the data, the state, and each figure's CSV text. */
globalThis.rankfall = {
  results,
  state,
  change,
  countAbove,
  figures: () => [...figures.keys()],
  csv: id => figures.get(id).csv(),
};

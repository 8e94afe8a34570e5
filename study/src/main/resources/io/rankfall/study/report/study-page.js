/* Puts the page together. */

const counts = statistics.runs;
const apartText = [
  ['diverged', counts.diverged],
  ['learned nothing', counts.untrained],
  ['failed', counts.failed],
  ['not finished', counts.unfinished],
]
  .filter(([, count]) => count > 0)
  .map(([what, count]) => `${count} ${what}`)
  .join(', ');

function studyVerdict() {
  const claimed = AXES.filter(axis => trendOf(axis));
  if (counts.used === 0) return 'No run of this study was trained to better than guessing.';
  if (claimed.length === 0) return 'No two runs differ in batch size, learning rate or weight decay alone, so no trend can be told.';
  const list = words => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`);
  const causes = verdict =>
    claimed
      .filter(axis => conclusionOf(`rank-by-${axis.name.replaceAll(' ', '-')}`).verdict === verdict)
      .map(axis => CLAIMS[axis.key][0]);
  const parts = [
    ['SUPPORTED', 'rank falls with'],
    ['CONTRADICTED', 'rank rises with'],
    ['OPEN', 'nothing can be said of'],
  ]
    .filter(([verdict]) => causes(verdict).length > 0)
    .map(([verdict, words]) => `${words} ${list(causes(verdict))}`);
  return `In these runs ${parts.join('; ')}.`;
}

const provenanceBox = () =>
  el(
    'div',
    { class: 'about' },
    el('h3', {}, 'Networks'),
    el('dl', { class: 'facts' }, networks.map(network => el('div', {}, el('dt', {}, network.label), el('dd', {}, network.settings)))),
    el('h3', {}, 'How it was measured'),
    el(
      'dl',
      { class: 'facts' },
      [
        ['rank', 'number of singular values of W/‖W‖F strictly above τ, as the paper counts; means are over all layers but the last, the classifier'],
        ['statistics', `${statistics.rankMeasure}; bootstrap seed ${statistics.seed}`],
        ['weight decay', 'wd in W ← (1 − µ·wd)·W − µ·G; the paper’s λ is wd/2'],
        ['set apart', `diverged runs, and runs whose accuracy on ${integer(data.testExamples)} test examples lies within the 99.9 % interval of guessing`],
        ['generalization gap', 'training accuracy, the mean over the last epoch’s steps, minus test accuracy'],
        ['made on', data.provenance.join(' · ')],
      ].map(([name, text]) => el('div', {}, el('dt', {}, name), el('dd', {}, text)))
    )
  );

fillPage({
  title: data.study,
  lead: `${several(runs.length, 'run')} of ${several(networks.length, 'network')}: ${networks.map(network => network.label).join(', ')}. ${apartText ? `Set apart: ${apartText}.` : ''}`,
  verdict: studyVerdict(),
  sections: [
    ['findings', 'Findings', [tiles()]],
    ['maps', 'Maps', [mapsFigure()]],
    ['training', 'Training', [trainingFigure()]],
    ['spectra', 'Spectra', networks.some(network => network.layers.length > 0) ? [spectraFigure()] : []],
    ['compressibility', 'Compressibility', hasCompressibility ? [compressibilityFigure(), compressibilityTable()] : []],
    ['runs', 'Runs', [parallelFigure(), runsTable()]],
    ['statistics', 'Statistics', [conclusionsBox(), trendsTable(), ...(statistics.regressions.length > 0 ? [regressionsTable()] : []), ...(relationRows.length > 0 ? [relationsTable()] : [])]],
    ['about', 'About', [provenanceBox()]],
  ],
  version: data.version,
});

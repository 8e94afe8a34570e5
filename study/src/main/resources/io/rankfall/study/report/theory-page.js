/* Puts the page together. */

const optimizer = spec.optimizer;
/* A warm-up, a cosine or steps: what each of them has tells which it is. */
const scheduleText = schedule => {
  if (schedule.then) {
    return ` after ${schedule.warmUpEpochs} epochs of warm-up${scheduleText(schedule.then)}`;
  }
  if (schedule.milestones) {
    return schedule.milestones.length > 0 ? ` × ${schedule.factor} after epochs ${schedule.milestones.join(', ')}` : '';
  }
  return `, along a cosine to × ${schedule.floor} in ${schedule.epochs} epochs`;
};
const settingsLine = () =>
  [
    `B = ${integer(spec.batchSize)}`,
    `µ = ${optimizer.learningRate}${scheduleText(optimizer.schedule)}`,
    `wd = ${optimizer.weightDecay} (λ = ${report.lambda})`,
    optimizer.momentum > 0 ? `momentum ${optimizer.momentum}` : 'no momentum',
  ].join(', ');

const aboutBox = () =>
  el(
    'div',
    { class: 'about' },
    report.notes.length > 0 ? [el('h3', {}, 'Notes'), ...report.notes.map(note => el('p', {}, note))] : [],
    el('h3', {}, 'What was held against what'),
    el(
      'dl',
      { class: 'facts' },
      [
        ['source', 'Galanti, Siegel, Gupte and Poggio, SGD and Weight Decay Secretly Compress Your Neural Network, arXiv 2206.05794'],
        ['training', `${data.network} on ${spec.dataset}; ${settingsLine()}; seed ${spec.seed}; ${spec.learner}; ${several(spec.epochs, 'epoch')} of ${steps(report.stepsPerEpoch)}; ${report.outcome}`],
        ['accuracy', `${accuracyText(report.accuracy)}: always naming the most frequent of ${several(report.accuracy.examples, 'test example')}; collapsed means not better than that and ${percent(report.accuracy.margin, 1)}`],
        ['looked at', `gradient ranks at up to ${steps(Math.max(0, ...layers.map(layer => layer.gradients.length)))} of ${integer(report.steps)}, ${report.settings.depth === 'LIGHT' ? 'and of costly checks no more than a hundredth of the steps' : 'everything else in full'}`],
        ['bound', 'rank ≤ B·R·n(ε); n(ε) is the smallest n with |pₙ| + |qₙ| ≤ ε/2, what is left of the two W before'],
        ['premise', 'what is left of the earlier W, and rounding, is at most ε·‖W‖, in measured norms; where it is true the bound must hold'],
        ['remembered', `gradients of the last ${steps(report.rememberedSteps)}, in ${bytes(report.memoryBytes)}`],
      ].map(([name, text]) => el('div', {}, el('dt', {}, name), el('dd', {}, text)))
    )
  );

const moving = layers.some(layer => layer.movements.some(m => m.epochDistance !== null || m.stepDistance !== null));

fillPage({
  title: `Theory held against ${data.network}`,
  lead: `${spec.dataset}, ${settingsLine()}; ${steps(report.steps)}; ${accuracyText(report.accuracy)}${report.outcome === 'COMPLETED' ? '' : `, ${report.outcome}`}.`,
  verdict: theoryVerdict(),
  sections: [
    ['verdicts', 'Verdicts', [verdictFigure()]],
    ['bounds', 'Bound and rank', layers.some(layer => layer.epochs.length > 0) ? [boundsFigure()] : []],
    ['memory', 'Memory', [...(fading.length > 0 ? [memoryFigure()] : []), ...(witnessed.length > 0 ? [witnessFigure()] : [])]],
    ['steps', 'Steps', [...(sampled.length > 0 ? [gradientFigure()] : []), ...(moving ? [movementFigure()] : []), ...(identities.length > 0 ? [identityTable()] : [])]],
    ['explorer', 'Explorer', recordings.length > 0 ? [explorerFigure()] : []],
    ['about', 'About', [aboutBox()]],
  ],
  version: data.version,
});

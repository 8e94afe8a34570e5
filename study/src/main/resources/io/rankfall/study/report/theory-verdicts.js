/* The verdicts: a card a layer, with a gauge for every ε and the checks that need no ε. */

const bounded = check => check.bound.rank;

const rankText = value => (value >= 1e6 ? compactCount(value) : integer(value));

/* What a verdict means, in one line. */
function verdictText(check) {
  const bound = bounded(check);
  switch (check.verdict) {
    case 'HOLDS':
      return `rank ${integer(check.measuredRank)} ≤ ${integer(bound)}: ${integer(bound - check.measuredRank)} to spare`;
    case 'VIOLATED':
      return `rank ${integer(check.measuredRank)} > ${integer(bound)}`;
    case 'NOT_YET':
      if (check.stepsNeeded !== null) return `bound ${integer(bound)} after ${steps(check.stepsNeeded)}; trained ${integer(check.steps)}`;
      if (check.premise === null) {
        return check.bound.window.steps > check.steps
          ? `bound ${integer(bound)}; no training is long enough`
          : `bound ${integer(bound)}; the norms it needs were not measured`;
      }
      return check.premise === 'Infinity'
        ? `bound ${integer(bound)}; W is zero`
        : `bound ${integer(bound)}; the norm fell too fast: ${scientific(check.premise)} of it is left from before, more than ε`;
    default:
      return bound === null
        ? `no bound without weight decay; rank ${integer(check.measuredRank)}`
        : `bound ${rankText(bound)} ≥ ${integer(check.bound.fullRank)}; rank ${integer(check.measuredRank)}`;
  }
}

/* From 0 to full rank: filled up to what was measured, the bound as a line where it says something. */
function gauge(check) {
  const full = check.bound.fullRank;
  const share = value => `${(100 * Math.min(1, value / full)).toFixed(2)}%`;
  const bound = bounded(check);
  return el(
    'span',
    {
      class: `gauge ${VERDICTS[check.verdict].kind}`,
      role: 'img',
      'aria-label': `measured rank ${check.measuredRank} of ${full}, bound ${bound === null ? 'none' : integer(bound)}`,
    },
    el('span', { class: 'measured', style: `width:${share(check.measuredRank)}` }),
    bound === null || bound >= full ? null : el('span', { class: 'bound', style: `left:${share(bound)}` })
  );
}

const largest = (items, value) => items.reduce((most, item) => (value(item) > value(most) ? item : most));

/* A sum of steps whose error is below this can be called W. */
const REBUILT = 0.3;

/* What must hold whatever ε is: [holds, text]. */
function checksOf(layer) {
  const checks = [];
  if (layer.gradients.length > 0) {
    const most = largest(layer.gradients, g => g.numerical);
    const bound = largest(layer.gradients, g => g.bound).bound;
    checks.push([
      layer.gradients.every(g => g.holds),
      `Gradient rank at most ${integer(most.numerical)} in ${several(layer.gradients.length, 'step')}; bound min(d, B·R) = ${integer(bound)}`,
    ]);
  }
  if (layer.identity.length > 0) {
    const worst = largest(layer.identity, i => i.residual / i.roundingBound);
    const longest = largest(layer.identity, i => i.steps);
    checks.push([
      layer.identity.every(i => i.holds),
      `Unrolled sum exact to rounding over up to ${steps(longest.steps)}: off by ${scientific(worst.residual)}, allowed ${scientific(worst.roundingBound)}`,
    ]);
  }
  if (layer.witness.length > 0) {
    const last = layer.witness.at(-1);
    checks.push([
      layer.witness.every(w => w.holds),
      last.error < REBUILT
        ? `The last ${steps(last.steps)} alone rebuild W to ${scientific(last.error)}, with rank ${integer(last.measuredRank)}`
        : `The last ${steps(last.steps)} alone miss W by ${percent(last.error, 1)}, as predicted: most is older`,
    ]);
  }
  const floors = layer.movements.filter(m => m.stepFloor > 0 && m.stepDistance !== null);
  if (floors.length > 0) {
    const tightest = largest(floors, m => m.stepFloor / Math.max(m.stepDistance, 1e-300));
    checks.push([
      layer.movements.every(m => m.holds),
      `Every step moves at least as far as it must: ${scientific(tightest.stepDistance)} ≥ ${scientific(tightest.stepFloor)} where it is tightest`,
    ]);
  }
  return checks;
}

const gaugeRow = (check, i) => {
  const { word, kind } = VERDICTS[check.verdict];
  return el(
    'div',
    { class: `bound-row ${kind}` },
    el('span', { class: 'epsilon' }, epsilonText(epsilons[i])),
    gauge(check),
    el('strong', { class: 'verdict-word' }, word),
    el('span', { class: 'why' }, verdictText(check))
  );
};

const layerCard = layer =>
  el(
    'div',
    { class: 'tile layer-card' },
    el('h3', {}, layer.name, el('span', { class: 'unit' }, ` ${shape(layer)}${layer.positions > 1 ? `, used ${integer(layer.positions)} times an example` : ''}`)),
    lastEpoch(layer) ? lastEpoch(layer).checks.map((check, i) => gaugeRow(strongest(check), i)) : [],
    el(
      'ul',
      { class: 'checks' },
      checksOf(layer).map(([holds, text]) =>
        el('li', { class: holds ? 'holds' : 'fails' }, el('span', { class: 'mark', 'aria-label': holds ? 'holds' : 'violated' }, holds ? '✓' : '✗'), el('span', {}, text))
      )
    )
  );

const verdictTable = () => ({
  columns: ['layer', 'rows', 'cols', 'epoch', 'step', 'epsilon', 'window', 'window_steps', 'bound', 'measured_rank', 'verdict', 'premise', 'steps_needed', 'slack'],
  rows: layers.flatMap(layer =>
    layer.epochs.flatMap(epoch =>
      epoch.checks.flatMap(({ apriori, shortest }, i) =>
        [['a priori', apriori], ['shortest', shortest]]
          .filter(([, check]) => check)
          .map(([name, check]) => [
            layer.name, layer.rows, layer.cols, epoch.epoch, epoch.step, epsilons[i], name, check.bound.window.steps,
            bounded(check), check.measuredRank, check.verdict, check.premise, check.stepsNeeded, check.slack,
          ])
      )
    )
  ),
});

/* How many bounds came to which verdict. */
function verdictTitle() {
  const found = layers.flatMap(layer => (lastEpoch(layer)?.checks ?? []).map(strongest));
  const count = verdict => found.filter(check => check.verdict === verdict).length;
  return [
    ['VIOLATED', 'violated'],
    ['HOLDS', 'hold and say something'],
    ['NOT_YET', 'cannot be judged yet'],
    ['VACUOUS', 'say nothing'],
  ]
    .filter(([verdict]) => count(verdict) > 0)
    .map(([verdict, text], i) => `${integer(count(verdict))}${i === 0 ? ` of ${several(found.length, 'bound')}` : ''} ${text}`)
    .join(', ');
}

const verdictFigure = () =>
  el(
    'div',
    { id: 'figure-verdicts' },
    el('div', { class: 'caption' }, el('h3', {}, verdictTitle()), csvButton('verdicts', verdictTable)),
    el(
      'p',
      { class: 'note' },
      'Bars: the measured ε-rank, from 0 to full rank; the upright line is the bound B·R·n. HOLDS: the premise was measured to be true, the bound is below full rank, and the rank keeps to it. VACUOUS: any matrix of this shape would keep to the bound. NOT YET: the training is shorter than its memory, or the norm fell too fast.'
    ),
    el('div', { class: 'tiles cards' }, layers.map(layerCard))
  );

const accuracyText = ({ accuracy, guess, epoch }) => `test accuracy ${percent(accuracy, 1)} after epoch ${epoch}, guessing ${percent(guess, 1)}`;

/* So that a bound that holds is not mistaken for success. */
function collapseText() {
  const { accuracy, guess, margin } = report.accuracy;
  return `But the network has collapsed or never learned: with ${percent(accuracy, 1)} on the test examples it does not beat always naming the most frequent class (${percent(guess, 1)}, and ${percent(margin, 1)} of margin).`;
}

/* The page's first sentence. */
function theoryVerdict() {
  const last = layers.flatMap(layer => (lastEpoch(layer) ? lastEpoch(layer).checks.map((check, i) => ({ layer, epsilon: epsilons[i], check: strongest(check) })) : []));
  if (!report.holds) return 'Something that must hold was found not to: see what is marked ✗.';
  const of = verdict => last.filter(({ check }) => check.verdict === verdict);
  const names = found => words([...new Set(found.map(({ layer }) => layer.name))]);
  const parts = [];
  const holding = of('HOLDS');
  if (holding.length > 0) {
    const best = holding.reduce((a, b) => (a.epsilon <= b.epsilon ? a : b));
    parts.push(
      `The rank bound holds and says something of ${names(holding)}: at ${epsilonText(best.epsilon)} rank ${integer(best.check.measuredRank)} where theory allows ${integer(bounded(best.check))} of ${integer(best.check.bound.fullRank)}.`
    );
  } else if (of('NOT_YET').length > 0) {
    parts.push(`The rank bound says nothing yet of ${names(of('NOT_YET'))}.`);
  } else {
    const nearest = last.map(({ check }) => check).filter(check => bounded(check) !== null);
    parts.push(
      nearest.length === 0
        ? 'Without weight decay there is no rank bound.'
        : `The rank bound says nothing here: it allows at least ${rankText(Math.min(...nearest.map(bounded)))}, more than any layer can have.`
    );
  }
  if (layers.some(layer => layer.identity.length > 0)) {
    parts.push('The identity behind it is exact to rounding, and no gradient looked at has a rank above its bound.');
  }
  if (report.accuracy.collapsed) parts.push(collapseText());
  return parts.join(' ');
}

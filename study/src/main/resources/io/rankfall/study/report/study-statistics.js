/* What the runs say to the paper's claims, in words and in numbers. */

const VERDICTS = {
  SUPPORTED: { class: 'holds', mark: '✓', word: 'holds here' },
  CONTRADICTED: { class: 'fails', mark: '✗', word: 'is contradicted here' },
  OPEN: { class: 'open', mark: '?', word: 'stays open' },
};

const trendOf = axis => statistics.trends.find(trend => trend.axis === axis.enum && trend.response === 'RANK') ?? null;
const conclusionOf = id => statistics.conclusions.find(conclusion => conclusion.id === id) ?? null;
const signed = value => shown(value, v => v.toFixed(2).replace('-', '−'));
const intervalText = interval => (interval ? `[${signed(interval.low)}, ${signed(interval.high)}]` : MISSING);
const pText = p => shown(p, v => (v < 1e-15 ? '< 1e‑15' : v < 1e-3 ? v.toExponential(1).replace('e-', 'e‑') : v.toFixed(3)));

const conclusionItem = conclusion => {
  const verdict = VERDICTS[conclusion.verdict];
  return el(
    'li',
    { class: verdict.class },
    el('span', { class: 'mark', role: 'img', 'aria-label': verdict.word }, verdict.mark),
    el('div', {}, el('p', { class: 'said' }, conclusion.text))
  );
};

const plainTable = (id, title, note, columns, rows) =>
  sortableTable({ id, title, note, columns: columns.map(([name, value, kind, text]) => ({ name, title: name, value, kind, text })), items: rows });

const trendsTable = () =>
  plainTable(
    'trends',
    'Trend along each setting, the others held fixed',
    'Kendall’s τ between the setting and the response over blocks of runs that differ in it and the seed alone, with a bootstrap interval of 95 %, and the stratified Jonckheere–Terpstra test, corrected for all tests here after Holm. The paper claims the sign in the third column for rank.',
    [
      ['setting', trend => axisNamed(trend.axis)],
      ['of', trend => responseName(trend)],
      ['claimed', trend => (trend.expected > 0 ? '+' : '−')],
      ['τ', trend => trend.tau, 'number', signed],
      ['95 %', trend => trend.interval?.interval.low ?? null, 'number', (_, trend) => intervalText(trend.interval?.interval)],
      ['at most', trend => trend.largestTau, 'number', signed],
      ['blocks', trend => trend.blocks.length, 'number'],
      ['rising', trend => trend.rising, 'number'],
      ['falling', trend => trend.falling, 'number'],
      ['runs', trend => trend.runs, 'number'],
      ['p (Holm)', trend => trend.test.twoSidedHolm, 'number', pText],
    ],
    statistics.trends
  );
const axisNamed = name => AXES.find(axis => axis.enum === name)?.name ?? name;
const responseName = asked => QUANTITIES[asked.response] ?? asked.response;

const regressionsTable = () =>
  plainTable(
    'regressions',
    'By which powers rank follows the settings',
    'Least squares of the logarithm of rank; a slope of 0.5 means that rank grows with the square root. Errors are robust to what seeds of one setting have in common.',
    [
      ['regression', row => row.regression.predictors, 'layer'],
      ['of', row => row.coefficient.name],
      ['slope', row => row.coefficient.estimate, 'number', signed],
      ['95 %', row => row.coefficient.interval.low, 'number', (_, row) => intervalText(row.coefficient.interval)],
      ['p', row => row.coefficient.p, 'number', pText],
      ['R²', row => row.regression.rSquared, 'number', signed],
      ['settings', row => row.regression.settings, 'number'],
      ['runs', row => row.regression.runs, 'number'],
    ],
    statistics.regressions.flatMap(regression => regression.coefficients.map(coefficient => ({ regression, coefficient })))
  );

const relationRows = statistics.relations.flatMap(relation =>
  [
    ['all settings, by network', relation.marginal],
    ['B, µ and wd held fixed', relation.partial],
  ]
    .filter(([, association]) => association !== null)
    .map(([where, association]) => ({ relation, where, association }))
);
const QUANTITIES = { RANK: 'rank', SHARE: 'parameters needed', TEST_ACCURACY: 'test accuracy', GENERALIZATION_GAP: 'generalization gap' };

const relationsTable = () =>
  plainTable(
    'relations',
    'What goes with what',
    'Correlations over settings, each the mean of its seeds. The paper found generalization to be marginal.',
    [
      ['of', row => responseName(row.relation)],
      ['and', row => QUANTITIES[row.relation.quality] ?? row.relation.quality],
      ['over', row => row.where],
      ['Spearman’s ρ', row => row.association.spearman.coefficient, 'number', signed],
      ['95 %', row => row.association.spearman.interval.low, 'number', (_, row) => intervalText(row.association.spearman.interval)],
      ['Pearson’s r', row => row.association.pearson.coefficient, 'number', signed],
      ['settings', row => row.association.settings, 'number'],
      ['p (Holm)', row => row.association.holm, 'number', pText],
    ],
    relationRows
  );

const conclusionsBox = () =>
  el(
    'div',
    { class: 'about' },
    el('h3', {}, 'In words'),
    el('ul', { class: 'findings' }, statistics.conclusions.map(conclusionItem)),
    statistics.notes.map(note => el('p', { class: 'hint' }, note))
  );

const askedTau = thresholds.indexOf(statistics.rankMeasure.includes('0.001') ? 0.001 : 0.01);

/* Mean ranks of the levels of a setting, over what was trained at all of them: of the network with most of that. */
function balancedMeans(axis) {
  const of = (_, network) => {
    const groups = new Map();
    for (const run of runsOf(network).filter(isTrained)) {
      const key = JSON.stringify([run.seed, ...AXES.filter(other => other !== axis).map(other => run[other.key])]);
      groups.set(key, [...(groups.get(key) ?? []), run]);
    }
    const levels = unique([...groups.values()].flat().map(run => run[axis.key])).sort((a, b) => a - b);
    const complete = [...groups.values()].filter(group => unique(group.map(run => run[axis.key])).length === levels.length).flat();
    const at = level => mean(complete.filter(run => run[axis.key] === level).map(run => rankOf(run, askedTau)));
    return { network, levels: complete.length > 0 && levels.length > 1 ? levels.map(level => [level, at(level)]) : [], count: complete.length };
  };
  return networks.map(of).reduce((a, b) => (b.count > a.count ? b : a));
}

const CLAIMS = { batchSize: ['smaller batches', 'lower rank'], learningRate: ['larger learning rates', 'lower rank'], weightDecay: ['more weight decay', 'lower rank'] };

function axisTile(axis) {
  const trend = trendOf(axis);
  const conclusion = conclusionOf(`rank-by-${axis.name.replaceAll(' ', '-')}`);
  const verdict = conclusion ? VERDICTS[conclusion.verdict] : null;
  const { network, levels } = balancedMeans(axis);
  const shownLevels = levels.length > 6 ? [levels[0], levels[Math.floor(levels.length / 2)], levels.at(-1)] : levels;
  const most = Math.max(...shownLevels.map(([, value]) => value ?? 0));
  return el(
    'article',
    { class: `tile ${verdict?.class ?? ''}` },
    el('h3', {}, CLAIMS[axis.key].join(', ')),
    el('p', { class: 'big' }, el('span', { class: 'mark' }, verdict?.mark ?? MISSING), ` τ = ${signed(trend?.tau ?? null)}`),
    el('p', { class: 'unit' }, trend ? `${verdict.word}: rank and ${axis.name}, ${trend.interval ? `95 % ${intervalText(trend.interval.interval)}, ` : ''}${several(trend.blocks.length, 'block')}` : `no two runs differ in ${axis.name} alone`),
    levels.length > 0
      ? el('dl', { class: 'bars' }, el('div', {}, el('dt', {}, `mean rank, ${networks[network].label}`)), shownLevels.map(([level, value]) => el('div', {}, el('dt', {}, `${axis.symbol} = ${axis.text(level)}`), el('dd', {}, el('span', { class: 'rod', style: `width: ${(4.5 * (value ?? 0)) / most}rem` }), shown(value, v => v.toFixed(1))))))
      : null
  );
}

function shareTile() {
  const found = nearBest(searched(runs));
  if (found.length === 0) return null;
  const row = (name, run) => fact(name, percent(shareOf(run), 1));
  const middle = found[Math.floor(found.length / 2)];
  return el(
    'article',
    { class: 'tile' },
    el('h3', {}, 'parameters needed within 1 point'),
    el('p', { class: 'big' }, percent(shareOf(found[0]), 1)),
    el('p', { class: 'unit' }, `the most compressible of the best: ${runText(found[0])}, ${times(1 / shareOf(found[0]))} smaller`),
    el('dl', {}, row('median of the best', middle), row('least compressible of the best', found.at(-1)))
  );
}
const fact = (name, value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));

const tiles = () => el('div', { class: 'tiles' }, AXES.filter(axis => trendOf(axis)).map(axisTile), shareTile());

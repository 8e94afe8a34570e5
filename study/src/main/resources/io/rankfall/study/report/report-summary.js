/* The conclusions: verdict, findings, one tile a network. */

const smallest = runs
  .filter(denseFile)
  .map(run => ({ run, file: smallestWithin(run) }))
  .map(({ run, file }) => ({ run, file, reduction: file ? 1 / keptShare(run, file) : 0 }))
  .sort((a, b) => b.reduction - a.reduction);

function verdict() {
  const best = smallest[0];
  const worst = smallest.at(-1);
  if (!best) return 'No training left a network to compress.';
  if (!best.file) return 'No compressed file stays within half a point of its dense accuracy.';
  const start = `The network trained with ${unbroken(best.run)} shrinks ${times(best.reduction)} and stays within half a point of its dense accuracy`;
  if (best === worst) return `${start}.`;
  return worst.file
    ? `${start}; ${unbroken(worst.run)} only ${times(worst.reduction)}.`
    : `${start}; with ${unbroken(worst.run)} no compressed file does.`;
}

const fact = (name, ...value) => el('div', {}, el('dt', {}, name), el('dd', {}, ...value));

function tileOf({ run, file, reduction }) {
  const dense = denseFile(run);
  const head = el('h3', { class: 'run' }, swatch(run), run.label);
  const facts = [fact('dense', `${percent(dense.testAccuracy)}, ${bytes(dense.bytes)}`)];
  if (file) {
    facts.push(
      fact('then', `${percent(file.testAccuracy)}, ${bytes(file.bytes)}`),
      ...file.latencies.map(latency =>
        fact(`batch ${latency.batch}`, `${preciseTimes(latency.speedup)} the speed`)
      ),
      fact('ranks by', file.policy)
    );
  }
  return el(
    'article',
    { class: 'tile' },
    head,
    el('p', { class: 'big' }, file ? times(reduction) : 'none'),
    el(
      'p',
      { class: 'unit' },
      file ? 'smaller, within 0.5 points' : 'no compressed file stays within 0.5 points'
    ),
    el('dl', {}, facts)
  );
}

function divergedTile(run) {
  return el(
    'article',
    { class: 'tile' },
    el('h3', { class: 'run' }, swatch(run), run.label),
    el('p', { class: 'big bad' }, 'diverged'),
    el('p', { class: 'unit' }, run.outcome.message ?? ''),
    el('p', { class: 'hint' }, 'It leaves the charts where it diverged and has no files.')
  );
}

/* 1e-3 in one piece. */
const nonBreaking = text => text.replace(/e-(?=\d)/g, 'e\u2011');

const findingOf = finding =>
  el(
    'li',
    { class: finding.holds ? 'holds' : 'fails' },
    el('span', { class: 'mark', 'aria-hidden': 'true' }, finding.holds ? '✓' : '✗'),
    el(
      'div',
      {},
      el('strong', {}, nonBreaking(finding.title)),
      el('span', { class: 'verdict-word' }, finding.holds ? ' holds here' : ' does not hold here'),
      el('p', {}, nonBreaking(finding.text))
    )
  );

function summary() {
  const files = runs.flatMap(compressedFiles).length;
  return el(
    'section',
    { id: 'summary', 'aria-label': 'Summary' },
    el('p', { class: 'verdict' }, verdict()),
    el(
      'div',
      { class: 'tiles' },
      smallest.map(tileOf),
      runs.filter(isDiverged).map(divergedTile)
    ),
    files > 0
      ? el(
          'p',
          { class: 'hint' },
          `Each tile shows the smallest of that network’s compressed files (${files} in all) whose test accuracy is at most 0.5 points below its dense file. “Smaller” counts parameters. The choice itself was made on the test examples, so it reads slightly better than on new data.`
        )
      : null,
    results.findings.length > 0 ? el('ul', { class: 'findings' }, results.findings.map(findingOf)) : null
  );
}

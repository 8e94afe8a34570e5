/* Settings, definitions, provenance: what a reader needs to doubt or repeat the numbers. */

const definitions = [
  [
    'Training step',
    'W ← (1 − μ·wd)·W − μ·G, with learning rate μ, weight decay wd and G the mean gradient of the unregularised loss over one mini-batch of B examples.',
  ],
  [
    'Weight decay',
    'wd is the coefficient common libraries use: wd·W is added to the gradient. The paper’s λ multiplies ‖W‖² in the loss, so λ = wd/2. The same step in the paper’s terms: W ← (1 − 2μλ)·W − μ·G.',
  ],
  [
    'Rank at τ',
    'The number of singular values with σ/‖W‖F > τ, strictly; ‖W‖F is the Frobenius norm. The paper’s default is τ = 1e-3. A fixed τ depends on the shape of the matrix, hence the random matrix of the same shape and the curves over all τ. Stored spectra are rounded to 4 digits; counts at τ = 1e-3 and 1e-2 were made before rounding.',
  ],
  ['Stable rank', '‖W‖F²/σ₁²: the sum of all squared singular values over the largest squared. It needs no threshold.'],
  [
    'Effective rank',
    'exp(−Σ pᵢ ln pᵢ) with pᵢ = σᵢ/Σσ: the number of equal singular values that would have the same entropy.',
  ],
  ['90 % of ‖W‖²', 'The smallest number of singular values whose squares add up to 90 % of all squares.'],
  ['Mean over layers', 'Leaves out the last layer, as the paper does: its rank is bounded by the number of classes.'],
  ['Random matrix', 'A Gaussian matrix of the same shape, measured by the same rule. A layer near it has not lost rank.'],
  [
    'Parameters kept',
    'Weights and biases in the file over those of the dense network. A layer of rank r has two factors: r·(rows + columns) weights.',
  ],
  [
    'Ranks by',
    'uniform: the same rank in every layer. energy: the same share of Σσ² in every layer. global: the ranks that lose least of Σσ² in sum over the layers. data-aware: hidden units go whose work others can take over, each layer is fitted to what it computed before on training examples, on the inputs that the compressed layers before it leave, and the budget is divided between units and ranks by what their loss does to the logits.',
  ],
  ['Speed-up', 'Median time of the dense file over the median time of the file, timed in alternation on this machine.'],
  ['Points', 'Differences of accuracy in percentage points, against the dense file of the same run.'],
];

function list(entries) {
  return el(
    'dl',
    { class: 'facts' },
    entries.map(([name, value]) => fact(name, value))
  );
}

function settingsFacts() {
  const drops =
    settings.milestones.length > 0
      ? `, ×${significant(settings.decayFactor)} after epoch ${settings.milestones.join(', ')}`
      : ', constant';
  return [
    ['Data', `${settings.dataset}: ${integer(settings.trainExamples)} training, ${integer(settings.testExamples)} test examples`],
    ['Network', `${settings.architecture}, ${integer(settings.parameters)} parameters`],
    ['Learning rate μ', `${significant(settings.learningRate)}${drops}`],
    ['Momentum', significant(settings.momentum)],
    ['Epochs', String(settings.epochs)],
    ['Seed', String(settings.seed)],
    ['Calibration', `${integer(settings.calibrationExamples)} training examples for data-aware ranks`],
  ];
}

function runTable() {
  const head = ['run', 'batch size B', 'weight decay wd', 'λ = wd/2', 'μ·wd', 'learner', 'training time', 'outcome'];
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of runs, scrolls' },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, head.map((title, i) => el('th', { scope: 'col', class: i > 0 && i < 5 ? 'number' : 'text' }, title)))),
      el(
        'tbody',
        {},
        runs.map(run =>
          el(
            'tr',
            {},
            el('td', { class: 'run' }, swatch(run), run.label),
            el('td', { class: 'number' }, String(run.batchSize)),
            el('td', { class: 'number' }, power(run.weightDecay)),
            el('td', { class: 'number' }, power(run.weightDecay / 2)),
            el('td', { class: 'number' }, power(Number((run.weightDecay * settings.learningRate).toPrecision(4)))),
            el('td', {}, run.learner),
            el('td', {}, duration(run.seconds)),
            el('td', { class: 'wrap' }, isDiverged(run) ? `diverged: ${run.outcome.message ?? ''}` : run.outcome.kind.toLowerCase())
          )
        )
      )
    )
  );
}

const provenanceFacts = () => [
  ['Command', el('code', {}, provenance.command)],
  ['Started', `${provenance.startedAt} (UTC)`],
  ['Time', `${duration(provenance.totalSeconds)}: training ${duration(provenance.trainSeconds)}, compression ${duration(provenance.compressSeconds)}`],
  ['Rankfall', provenance.rankfallVersion],
  ['Java', provenance.java],
  ['System', provenance.operatingSystem],
  ['Processor', `${provenance.processor}, ${provenance.cores} cores`],
  ['Libraries', provenance.libraries.map(library => `${library.name} ${library.version}`).join(', ')],
  ['SHA-256 of the data', el('code', {}, provenance.dataSha256)],
];

/* The swatches in static parts follow the theme, so these parts are built anew with it. */
function about() {
  return el(
    'div',
    { class: 'about' },
    el('h3', {}, 'Settings'),
    list(settingsFacts()),
    runTable(),
    el('h3', {}, 'Definitions'),
    list(definitions),
    el('h3', {}, 'Provenance'),
    list(provenanceFacts())
  );
}

/* What is seen epoch by epoch: ranks of every layer, accuracy and loss. */

const epochAxis = () => axis('epoch', { min: 0, max: Math.max(1, lastEpoch), minInterval: 1 });

function learningRateDrops() {
  const drops = settings.milestones.filter(epoch => epoch <= lastEpoch);
  const isClose = (epoch, i) => i > 0 && epoch - drops[i - 1] < lastEpoch / 6;
  return marks(
    drops.map((epoch, i) => ({
      xAxis: epoch,
      label: {
        formatter: isClose(epoch, i) ? '' : `μ×${significant(settings.decayFactor)}`,
        position: 'end',
        distance: 5,
      },
    }))
  );
}

const measureName = () =>
  state.measure === 'rank' ? `rank at τ = ${power(state.tau)}` : measures[state.measure].title;

function rankHistory(run, layer) {
  return measuredEpochs
    .get(run)
    .map(({ epoch }) => [epoch, layerAt(run, epoch, layer.name)])
    .filter(([, found]) => found)
    .map(([epoch, found]) => [epoch, measures[state.measure].of(found, state.tau)]);
}

function randomMeasure(layer) {
  const spectrum = referenceFor(layer);
  return spectrum ? measures[state.measure].ofRandom(spectrum, state.tau) : null;
}

function rankOption(layer) {
  const random = randomMeasure(layer);
  const line = random === null ? [] : [[0, random], [Math.max(1, lastEpoch), random]];
  const y =
    state.measure === 'rank' ? rankAxis(measureName(), layer.size) : heightAxis(measureName(), { min: 0 });
  return chartOption(
    epochAxis(),
    y,
    [
      ...visibleRuns().map(run => runLine(run, rankHistory(run, layer))),
      { ...randomLine(line), tooltip: { show: false } },
      learningRateDrops(),
    ],
    { tooltip: axisTooltip(epoch => `after epoch ${epoch}`, value => significant(value, 4)) }
  );
}

function endText(run, points) {
  if (points.length === 0) return `${run.label} not measured`;
  const [epoch, value] = points.at(-1);
  return `${run.label} ${significant(value, 4)}${isDiverged(run) ? ` at epoch ${epoch}, then diverged` : ''}`;
}

function rankTitle() {
  const entries = visibleRuns()
    .filter(run => !isDiverged(run))
    .map(run => ({
      run,
      value: innerMean(run, lastEpoch, layer => measures[state.measure].of(layer, state.tau)),
    }));
  const text = ranges(entries, value => significant(value));
  const which = layers.length > 1 ? 'mean ' : '';
  return text
    ? `After ${lastEpoch} epochs the ${which}${measureName()} ${text}`
    : `The ${measureName()} of every layer`;
}

const rankFigure = () =>
  figure({
    id: 'rank',
    title: rankTitle,
    note: `How many singular values matter, layer by layer, while the network trains. The title’s mean leaves out the classifier. Vertical lines: the learning rate μ drops.`,
    controls: [
      choice(
        'Show',
        'measure',
        Object.entries(measures).map(([name, measure]) => [name, measure.title])
      ),
      tauSlider(() => state.measure === 'rank'),
    ],
    random: true,
    panels: layers.map(layer => ({
      heading: () => {
        const random = randomMeasure(layer);
        const reference = random === null ? '' : `, random ${significant(random, 3)}`;
        return `${layer.name}: ${layer.rows} × ${layer.cols}${reference}`;
      },
      description: () =>
        `${measureName()} of layer ${layer.name} against epoch. At the end: ${visibleRuns()
          .map(run => endText(run, rankHistory(run, layer)))
          .join('; ')}.`,
      option: () => rankOption(layer),
    })),
    csv: () => ({
      columns: ['run', 'batch_size', 'weight_decay', 'layer', 'epoch', 'measure', 'tau', 'value'],
      rows: visibleRuns().flatMap(run =>
        layers.flatMap(layer =>
          rankHistory(run, layer).map(([epoch, value]) => [
            run.id,
            run.batchSize,
            run.weightDecay,
            layer.name,
            epoch,
            state.measure,
            state.measure === 'rank' ? state.tau : null,
            value,
          ])
        )
      ),
    }),
  });

const CURVES = [
  { key: 'testAccuracy', title: 'test accuracy', axis: 'accuracy (%)', scale: 100 },
  { key: 'trainAccuracy', title: 'training accuracy', axis: 'accuracy (%)', scale: 100 },
  { key: 'testLoss', title: 'test loss', axis: 'cross-entropy (nats)', scale: 1 },
  { key: 'trainLoss', title: 'training loss', axis: 'cross-entropy (nats)', scale: 1 },
];

const history = (run, { key, scale }) =>
  measuredEpochs
    .get(run)
    .filter(epoch => epoch[key] !== null)
    .map(epoch => [epoch.epoch, scale * epoch[key]]);

/* The state before training would squeeze everything after it against one edge. */
function trainedRange(curve) {
  const values = runs.flatMap(run =>
    history(run, curve)
      .filter(([epoch]) => epoch > 0)
      .map(([, value]) => value)
  );
  if (values.length === 0) return { scale: true };
  if (curve.scale === 1) return { min: 0, max: Math.ceil(10 * Math.max(...values)) / 10 };
  const min = 10 * Math.floor(Math.min(...values) / 10);
  const max = Math.min(100, 10 * Math.ceil(Math.max(...values) / 10));
  return { min, max, interval: max - min <= 30 ? 5 : max - min <= 50 ? 10 : 20 };
}

function trainingTitle() {
  const entries = visibleRuns()
    .filter(run => !isDiverged(run))
    .map(run => ({ run, value: measuredEpochs.get(run).at(-1)?.testAccuracy ?? null }));
  const text = ranges(entries, value => percent(value));
  return text ? `After training, test accuracy ${text}` : 'No run was measured';
}

const trainingFigure = () =>
  figure({
    id: 'training',
    title: trainingTitle,
    note: 'Training values are means over the mini-batches of the epoch, taken while the weights moved; test values are taken after the epoch. Loss is mean cross-entropy. Axes leave out the state before training.',
    panels: CURVES.map(curve => ({
      heading: () => curve.title,
      description: () =>
        `${curve.title} against epoch. At the end: ${visibleRuns()
          .map(run => endText(run, history(run, curve)))
          .join('; ')} (${curve.axis}).`,
      option: () =>
        chartOption(
          epochAxis(),
          heightAxis(curve.axis, trainedRange(curve)),
          [...visibleRuns().map(run => runLine(run, history(run, curve))), learningRateDrops()],
          { tooltip: axisTooltip(epoch => `epoch ${epoch}`, value => significant(value, 4)) }
        ),
    })),
    csv: () => ({
      columns: [
        'run',
        'batch_size',
        'weight_decay',
        'epoch',
        'learning_rate',
        'train_loss',
        'train_accuracy',
        'test_loss',
        'test_accuracy',
      ],
      rows: visibleRuns().flatMap(run =>
        measuredEpochs
          .get(run)
          .map(({ epoch, learningRate, trainLoss, trainAccuracy, testLoss, testAccuracy }) => [
            run.id,
            run.batchSize,
            run.weightDecay,
            epoch,
            learningRate,
            trainLoss,
            trainAccuracy,
            testLoss,
            testAccuracy,
          ])
      ),
    }),
  });

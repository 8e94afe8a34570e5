/* Accuracy and speed of the compressed files against their size. */

const SIZE_AXIS = 'parameters kept (log scale; smaller to the right)';

const NAME_ROOM = 140;
const NAME_HEIGHT = 17;

const comparable = () => visibleRuns().filter(denseFile);
const filesBy = (run, policy) =>
  [denseFile(run), ...compressedFiles(run).filter(file => file.policy === policy)].sort(
    (a, b) => b.parameters - a.parameters
  );

/* Powers of two as sizes: 1 is the dense network, 8 an eighth of its parameters. */
const sizeAxis = () =>
  axis(SIZE_AXIS, {
    type: 'log',
    logBase: 2,
    min: 1,
    nameGap: 44,
    axisLabel: { formatter: factor => `${compactPercent(1 / factor)}\n${factor}×`, lineHeight: 15 },
  });

const sizePoints = (run, value) =>
  filesBy(run, state.policy).map(file => ({ value: [1 / keptShare(run, file), value(file)], file }));

function fileTooltip({ seriesId, data }) {
  const run = runsById.get(seriesId);
  const { file } = data;
  return tooltipOf(`${run.label}, ${file.policy}`, [
    ['', 'kept', `${compactPercent(keptShare(run, file))} (${integer(file.parameters)} parameters)`],
    ['', 'file', bytes(file.bytes)],
    ['', 'test accuracy', `${percent(file.testAccuracy)} (${points(-lossOf(run, file))} points)`],
    ...file.latencies.map(latency => [
      '',
      `batch ${latency.batch}`,
      `${micros(latency.medianMicros)} (${preciseTimes(latency.speedup)} the speed)`,
    ]),
  ]);
}

const itemTooltip = { tooltip: { trigger: 'item', formatter: fileTooltip } };

/* The smallest budget the best network still takes without visible loss tells networks apart. */
function tellingBudget() {
  const candidates = comparable();
  const at = (run, budget) =>
    compressedFiles(run).find(file => file.policy === state.policy && file.budget === budget);
  const budgets = unique(
    candidates.flatMap(compressedFiles).filter(file => file.policy === state.policy).map(file => file.budget)
  ).sort((a, b) => a - b);
  const complete = budgets.filter(budget => candidates.every(run => at(run, budget)));
  const budget =
    complete.find(share => candidates.some(run => isWithin(run, at(run, share)))) ?? complete.at(-1);
  return budget === undefined ? null : { budget, files: candidates.map(run => ({ run, file: at(run, budget) })) };
}

function sizeTitle() {
  const telling = tellingBudget();
  if (!telling) return 'No compressed files to compare';
  const sorted = telling.files.sort((a, b) => b.file.testAccuracy - a.file.testAccuracy);
  const one = ({ run, file }) => `${percent(file.testAccuracy)} (${unbroken(run)})`;
  const other = sorted.length > 1 ? ` against ${one(sorted.at(-1))}` : '';
  return `With ${compactPercent(telling.budget)} of the parameters, test accuracy is ${one(sorted[0])}${other}`;
}

/* The axis ends at a power of two; what lies beyond the smallest file is room for names already. */
function labelRoom(width) {
  const powers = comparable()
    .flatMap(run => filesBy(run, state.policy).map(file => keptShare(run, file)))
    .map(share => -Math.log2(share))
    .concat(0);
  const smallestAt = Math.max(...powers) / Math.max(1, Math.ceil(Math.max(...powers)));
  return Math.max(24, NAME_ROOM - (1 - smallestAt) * (width - NAME_ROOM));
}

/* The accuracies in percent the axis spans, rounded outwards. */
function accuracySpan() {
  const values = comparable().flatMap(run => filesBy(run, state.policy).map(file => 100 * file.testAccuracy));
  if (values.length === 0) return [0, 100];
  const low = Math.min(...values);
  const step = Math.max(...values) - low > 12 ? 5 : 1;
  return [step * Math.floor(low / step), step * Math.ceil(Math.max(...values) / step)];
}

/* How far, in pixels, each line's name moves down so that no two names overlap. */
function nameShifts([low, high], height) {
  const pixels = height / Math.max(1e-9, high - low);
  const ends = comparable()
    .map(run => ({ run, y: (high - 100 * filesBy(run, state.policy).at(-1).testAccuracy) * pixels }))
    .sort((a, b) => a.y - b.y);
  const shifts = new Map();
  let free = -Infinity;
  for (const { run, y } of ends) {
    const placed = Math.max(y, free);
    shifts.set(run, placed - y);
    free = placed + NAME_HEIGHT;
  }
  return shifts;
}

function sizeOption(width, height) {
  const roomy = width > NARROW;
  const bounds = accuracySpan();
  const shifts = nameShifts(bounds, height - 110);
  const series = comparable().map(run =>
    runLine(run, sizePoints(run, file => 100 * file.testAccuracy), {
      showSymbol: true,
      symbolSize: 10,
      lineStyle: { ...runLine(run, []).lineStyle, width: 3 },
      endLabel: {
        show: roomy,
        formatter: () => run.label,
        color: token('ink'),
        fontSize: 13,
        distance: 10,
        offset: [0, shifts.get(run)],
      },
      markLine: {
        silent: true,
        symbol: 'none',
        animation: false,
        label: { show: false },
        lineStyle: { color: styleOf(run).color, type: [1, 4], width: 1.25 },
        data: [{ yAxis: 100 * denseFile(run).testAccuracy }],
      },
    })
  );
  const y = heightAxis('test accuracy (%)', { min: bounds[0], max: bounds[1] });
  return chartOption(sizeAxis(), y, series, {
    ...itemTooltip,
    grid: { right: roomy ? labelRoom(width) : 22, bottom: 22 },
  });
}

const describeFiles = value => () =>
  comparable()
    .map(
      run =>
        `${run.label}: ${filesBy(run, state.policy)
          .map(file => `${value(file)} at ${compactPercent(keptShare(run, file))}`)
          .join(', ')}`
    )
    .join('; ') || 'no files';

const fileRows = value =>
  comparable().flatMap(run =>
    filesBy(run, state.policy).flatMap(file =>
      value(file).map(cells => [
        run.id,
        run.batchSize,
        run.weightDecay,
        file.policy,
        file.budget,
        file.parameters,
        keptShare(run, file),
        ...cells,
      ])
    )
  );
const FILE_COLUMNS = ['run', 'batch_size', 'weight_decay', 'policy', 'budget', 'parameters', 'share_kept'];

const sizeFigure = () =>
  figure({
    id: 'size',
    title: sizeTitle,
    note: 'Every point is a model file, measured after it was written and read again; lines join the files of one network. The leftmost point and the dotted line are the dense network. A network that compresses keeps its line flat for long.',
    controls: policies.length > 1 ? [policyChoice()] : [],
    panels: [
      {
        description: () =>
          `Test accuracy against parameters kept, ranks by ${state.policy}. ${describeFiles(file => percent(file.testAccuracy))()}`,
        option: sizeOption,
      },
    ],
    csv: () => ({
      columns: [...FILE_COLUMNS, 'test_accuracy'],
      rows: fileRows(file => [[file.testAccuracy]]),
    }),
  });

function speedTitle() {
  const batch = timedBatches[0];
  const entries = comparable()
    .map(run => ({
      run,
      value: Math.max(
        ...filesBy(run, state.policy)
          .filter(file => file.policy !== 'dense' && isWithin(run, file) && latencyAt(file, batch))
          .map(file => latencyAt(file, batch).speedup)
      ),
    }))
    .filter(entry => Number.isFinite(entry.value));
  if (entries.length === 0) return 'No latencies were measured';
  return `Within half a point of dense accuracy, the best speed at batch ${batch} ${ranges(entries, preciseTimes)} the dense file’s`;
}

const speedFigure = () =>
  figure({
    id: 'latency',
    title: speedTitle,
    note: 'Median time of one inference of the dense file divided by that of the compressed file, both timed in alternation in ONNX Runtime. Below 1 the compressed file is slower.',
    controls: policies.length > 1 ? [policyChoice()] : [],
    panels: timedBatches.map(batch => ({
      heading: () => `batch ${batch}`,
      description: () =>
        `Speed-up at batch ${batch}, ranks by ${state.policy}. ${describeFiles(file => preciseTimes(latencyAt(file, batch)?.speedup))()}`,
      option: () =>
        chartOption(
          sizeAxis(),
          heightAxis('speed-up (×)', { min: 0 }),
          [
            ...comparable().map(run =>
              runLine(run, sizePoints(run, file => latencyAt(file, batch)?.speedup ?? null), {
                showSymbol: true,
                symbolSize: 9,
              })
            ),
            marks([{ yAxis: 1, label: { show: false } }]),
          ],
          { ...itemTooltip, grid: { right: 22, bottom: 22 } }
        ),
    })),
    csv: () => ({
      columns: [...FILE_COLUMNS, 'batch', 'median_micros', 'dense_median_micros', 'speedup'],
      rows: fileRows(file =>
        file.latencies.map(({ batch, medianMicros, denseMedianMicros, speedup }) => [
          batch,
          medianMicros,
          denseMedianMicros,
          speedup,
        ])
      ),
    }),
  });

/* Whole spectra, so that no conclusion hangs on one threshold. */

/* Twenty thresholds a decade from 1e-4 to 1. */
const THRESHOLDS = Array.from({ length: 81 }, (_, i) => Number((10 ** (i / 20 - 4)).toPrecision(3)));
const LOWEST_EXPONENT = -6;
const ENERGY = 0.9;

const superscripts = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶' };
const decade = value =>
  value === 1 ? '1' : `10${[...String(Math.round(Math.log10(value)))].map(c => superscripts[c] ?? c).join('')}`;

const spectrumOf = (run, layer) => layerAt(run, state.epoch, layer.name)?.spectrum ?? [];

/*
 * Exponents on a linear axis: a logarithmic axis of the chart library loses its scale where all data lie within
 * one decade. Zero has no exponent; a gap says so.
 */
const spectrumPoints = spectrum => spectrum.map((value, i) => [i + 1, value > 0 ? Math.log10(value) : null]);

function lowestExponent(layer) {
  const smallestValues = visibleRuns()
    .map(run => spectrumOf(run, layer).filter(value => value > 0).at(-1))
    .filter(value => value !== undefined);
  const low = Math.min(1e-3, ...smallestValues);
  return Math.max(LOWEST_EXPONENT, Math.floor(Math.log10(low)));
}

const settledRuns = () => visibleRuns().filter(run => !isDiverged(run));

function spectraTitle() {
  const entries = settledRuns().map(run => ({
    run,
    value: innerMean(run, state.epoch, layer => energyRank(layer.spectrum, ENERGY)),
  }));
  const text = span(entries, value => significant(value));
  return text
    ? `After epoch ${state.epoch}, 90 % of ‖W‖² lies in ${text} directions`
    : 'Singular values of every layer';
}

const eachRunAndLayer = rows =>
  visibleRuns().flatMap(run =>
    layers.flatMap(layer =>
      rows(layerAt(run, state.epoch, layer.name)).map(cells => [
        run.id,
        run.batchSize,
        run.weightDecay,
        layer.name,
        state.epoch,
        ...cells,
      ])
    )
  );
const randomRows = rows =>
  layers.flatMap(layer =>
    rows(referenceFor(layer)).map(cells => ['random', null, null, layer.name, null, ...cells])
  );

const spectraFigure = () =>
  figure({
    id: 'spectra',
    title: spectraTitle,
    note: 'Singular values σ of each weight matrix over its Frobenius norm, largest first. What lies below the line τ is not counted in the rank. Means leave out the classifier.',
    controls: [epochSlider(), tauSlider()],
    random: true,
    panels: layers.map(layer => ({
      heading: () => `${layer.name}: ${layer.rows} × ${layer.cols}`,
      description: () =>
        `Singular values of layer ${layer.name} after epoch ${state.epoch}. Directions holding 90 % of the squared norm: ${visibleRuns()
          .map(run => [run, spectrumOf(run, layer)])
          .map(([run, found]) => `${run.label} ${found.length > 0 ? energyRank(found, ENERGY) : 'not measured'}`)
          .join('; ')}.`,
      option: () =>
        chartOption(
          axis('index of the singular value', { min: 1, max: Math.max(2, layer.size), axisLabel: { showMinLabel: true } }),
          heightAxis('σ / ‖W‖F (log scale)', {
            min: lowestExponent(layer),
            max: 0,
            interval: 1,
            axisLabel: { formatter: exponent => decade(10 ** exponent) },
          }),
          [
            ...visibleRuns().map(run => runLine(run, spectrumPoints(spectrumOf(run, layer)))),
            randomLine(spectrumPoints(referenceFor(layer) ?? [])),
            tauLine([1, Math.log10(state.tau)], [Math.max(2, layer.size), Math.log10(state.tau)]),
          ],
          {
            grid: { right: 24 },
            tooltip: axisTooltip(index => `singular value ${index}`, value => shown(value, v => (10 ** v).toExponential(2))),
          }
        ),
    })),
    csv: () => ({
      columns: ['run', 'batch_size', 'weight_decay', 'layer', 'epoch', 'index', 'sigma_over_frobenius'],
      rows: [
        ...eachRunAndLayer(layer => (layer?.spectrum ?? []).map((value, i) => [i + 1, value])),
        ...randomRows(spectrum => (spectrum ?? []).map((value, i) => [i + 1, value])),
      ],
    }),
  });

const curveOf = layer => (layer ? THRESHOLDS.map(tau => [tau, rankAt(layer, tau)]) : []);
const randomCurve = spectrum => (spectrum ? THRESHOLDS.map(tau => [tau, countAbove(spectrum, tau)]) : []);

function curvesTitle() {
  const candidates = settledRuns().filter(run => innerMean(run, state.epoch, () => 0) !== null);
  if (candidates.length < 2) return 'Rank against every threshold';
  const at = (run, tau) => innerMean(run, state.epoch, layer => rankAt(layer, tau));
  const telling = THRESHOLDS.map(tau => candidates.map(run => at(run, tau))).filter(
    ranks => Math.min(...ranks) < Math.max(...ranks)
  );
  const wins = candidates.map((run, i) => ({
    run,
    value: telling.filter(ranks => ranks[i] === Math.min(...ranks)).length,
  }));
  const best = wins.reduce((a, b) => (b.value > a.value ? b : a));
  return `${unbroken(best.run)} has the lowest mean rank at ${best.value} of the ${telling.length} thresholds that tell the runs apart`;
}

const curvesFigure = () =>
  figure({
    id: 'curves',
    title: curvesTitle,
    note: 'The number of singular values above τ for every τ. A curve to the lower left of another has lower rank whichever threshold one prefers.',
    controls: [epochSlider(), tauSlider()],
    random: true,
    panels: layers.map(layer => ({
      heading: () => `${layer.name}: ${layer.rows} × ${layer.cols}`,
      description: () =>
        `Rank of layer ${layer.name} against threshold after epoch ${state.epoch}. At τ = ${power(state.tau)}: ${visibleRuns()
          .map(run => [run, layerAt(run, state.epoch, layer.name)])
          .map(([run, found]) => `${run.label} ${found ? rankAt(found, state.tau) : 'not measured'}`)
          .join('; ')}.`,
      option: () =>
        chartOption(
          axis('threshold τ on σ / ‖W‖F (log scale)', {
            type: 'log',
            min: THRESHOLDS[0],
            max: 1,
            axisLabel: { formatter: decade },
          }),
          rankAxis('rank', layer.size),
          [
            ...visibleRuns().map(run => runLine(run, curveOf(layerAt(run, state.epoch, layer.name)))),
            randomLine(randomCurve(referenceFor(layer))),
            tauLine([state.tau, 0], [state.tau, layer.size], [-9, -9]),
          ],
          { tooltip: axisTooltip(tau => `τ = ${power(tau)}`, integer) }
        ),
    })),
    csv: () => ({
      columns: ['run', 'batch_size', 'weight_decay', 'layer', 'epoch', 'tau', 'rank'],
      rows: [...eachRunAndLayer(curveOf), ...randomRows(randomCurve)],
    }),
  });

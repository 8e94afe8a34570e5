/* The explorer: one layer of a real training, frame by frame. */

const rgb = name => {
  const hex = token(name).slice(1);
  return [0, 2, 4].map(at => parseInt(hex.slice(at, at + 2), 16));
};

/* Below zero orange, above blue, zero the paper's colour; `most` and beyond are full colour. */
function paint(canvas, numbers, scale, most) {
  const [negative, zero, positive] = ['hue-1', 'surface', 'hue-0'].map(rgb);
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < numbers.length; i++) {
    const value = Math.max(-1, Math.min(1, (numbers[i] * scale) / most));
    const end = value < 0 ? negative : positive;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = Math.round(zero[c] + Math.abs(value) * (end[c] - zero[c]));
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const heatmap = (recording, kind) => el('canvas', { class: `heat ${kind}`, width: recording.cols, height: recording.rows, role: 'img' });

/* One scale for all frames, so that fading shows; a few outliers may exceed it. */
const weightScale = recording => (recording.most ??= 0.5 * 127 * Math.max(...recording.scales));

function spectrumOption() {
  const recording = recordingOf();
  const frame = frameOf(recording);
  const size = Math.min(recording.rows, recording.cols);
  const relative = (r, at) => {
    const norm = normAt(r, at);
    return Array.from(sigmasAt(r, at), (sigma, i) => [i + 1, norm > 0 && sigma > 0 ? Math.max(-4, Math.log10(sigma / norm)) : -4]);
  };
  const tau = Math.log10(state.tau);
  const others = recordings.filter(other => other !== recording && sameButDecay(other, recording));
  const color = token('hue-0');
  return chartOption(
    axis('index of the singular value', { min: 1, max: size, minInterval: 1 }),
    heightAxis('σ / ‖W‖F (log scale)', { min: -4, max: 0, interval: 1, axisLabel: { formatter: decade } }),
    [
      randomLine(Array.from(recording.random, (sigma, i) => [i + 1, Math.max(-4, Math.log10(sigma))])),
      ...others.map(other => ({ ...thinLine(token('hue-1'), relative(other, frameOf(other)), { id: `wd-${other.weightDecay}`, showSymbol: false, silent: true }) })),
      {
        type: 'line',
        id: 'sigma',
        data: relative(recording, frame).map(value => ({ value, itemStyle: { color: value[1] > tau ? color : token('surface'), borderColor: color, borderWidth: 1.5 } })),
        symbol: 'circle',
        symbolSize: 7,
        lineStyle: { color, width: 1.6 },
        emphasis: { disabled: true },
      },
      {
        type: 'line',
        id: 'tau',
        data: [[1, tau], [size, tau]],
        silent: true,
        showSymbol: false,
        tooltip: { show: false },
        lineStyle: { color: token('muted'), width: 1 },
        endLabel: { show: true, formatter: 'τ', color: token('muted'), fontSize: 13, distance: 4 },
      },
    ],
    {
      grid: { right: 24 },
      tooltip: {
        formatter: items =>
          tooltipOf(
            `singular value ${items[0].value[0]}`,
            items
              .filter(item => item.seriesId !== 'tau')
              .map(item => [
                item.seriesId === 'random' ? randomSwatch() : strokeSwatch(item.seriesId === 'sigma' ? color : item.color, 'solid'),
                item.seriesId === 'sigma' ? settingsText(recording) : item.seriesId === 'random' ? 'random matrix' : item.seriesId.replace('wd-', 'wd = '),
                scientific(item.seriesId === 'sigma' ? sigmasAt(recording, frame)[item.dataIndex] / normAt(recording, frame) : 10 ** item.value[1]),
              ])
          ),
      },
    }
  );
}

/* The next number that four even steps reach. */
function roundUp(value) {
  const unit = 10 ** Math.floor(Math.log10(value || 1));
  return unit * [1, 2, 4, 6, 8, 10].find(times => times * unit >= value);
}

function fadingOption() {
  const recording = recordingOf();
  const frame = frameOf(recording);
  const present = recording.steps.map((_, i) => i).slice(1);
  const most = roundUp(Math.max(...recording.norms.slice(1)));
  const bar = (id, color, z, value) => ({
    type: 'bar',
    id,
    data: present.map(value),
    itemStyle: { color: token(color) },
    barGap: '-100%',
    barCategoryGap: '15%',
    z,
    emphasis: { disabled: true },
  });
  return chartOption(
    axis('recorded step', { type: 'category', data: present.map(i => integer(recording.steps[i])), axisTick: { show: false }, axisLabel: { interval: 'auto' } }),
    heightAxis('‖G‖F', { min: 0, max: most, interval: most / 4, axisLabel: { formatter: value => significant(value, 2) } }),
    [
      bar('then', 'rule', 1, i => (i > frame ? null : recording.norms[i])),
      bar('now', 'hue-0', 2, i => (i > frame ? null : recording.norms[i] * shareLeft(recording, i, frame))),
    ],
    {
      tooltip: {
        axisPointer: { type: 'shadow' },
        formatter: items => {
          const i = items[0].dataIndex + 1;
          if (i > frame) return '';
          return tooltipOf(`step ${integer(recording.steps[i])}`, [
            ['', '‖G‖ then', significant(recording.norms[i])],
            ['', `left after ${steps(recording.steps[frame] - recording.steps[i])}`, percent(shareLeft(recording, i, frame), 1)],
            ['', 'rank of G', integer(recording.ranks[i])],
          ]);
        },
      },
    }
  );
}

const THUMBNAILS = 6;

function explorerFigure() {
  const first = recordings[0];
  const weights = heatmap(first, 'weights');
  const thumbnails = Array.from({ length: THUMBNAILS }, () => {
    const canvas = heatmap(first, 'gradient');
    const caption = el('figcaption');
    return { canvas, caption, node: el('div', { class: 'thumb' }, canvas, caption) };
  });
  const spectrum = chartCanvas(() => `Singular values behind step ${integer(recordingOf().steps[frameOf(recordingOf())])}, beside a random matrix.`, spectrumOption);
  const bars = chartCanvas('Norms of the recorded gradients, and what is left of each.', fadingOption);
  const heading = el('h3');
  const facts = el('dl', { class: 'readout' });
  const key = el('div', { class: 'key' });
  const note = el('p', { class: 'note' });

  const levels = SETTINGS.map(setting => choice(setting.symbol, setting.key, recordedLevels(setting).map(value => [value, setting.text(value)])));
  const tau = slider('Threshold τ', 'tau', { min: -4, max: -0.5, step: 0.05 }, {
    toValue: exponent => Number((10 ** exponent).toPrecision(2)),
    toPosition: Math.log10,
    text: power,
  });
  const scrub = slider('Step', 'frame', { min: 0, max: framesCount - 1, step: 1 }, {
    toValue: Number,
    toPosition: frame => frame,
    text: () => integer(recordingOf().steps[frameOf(recordingOf())]),
  });
  const button = (label, text, onclick) => el('button', { type: 'button', class: 'csv transport', 'aria-label': label, title: label, onclick }, text);
  const play = button('Play', 'Play', () => player.toggle());
  const speed = selection('Speed', () => SPEEDS.map(value => [value, `${value} frames/s`]), { get: () => player.speed, set: value => (player.speed = value) });

  function draw() {
    const recording = recordingOf();
    const frame = frameOf(recording);
    const at = recording.steps[frame];
    const sigmas = sigmasAt(recording, frame);
    const norm = normAt(recording, frame);
    const rank = rankAt(recording, frame, state.tau);
    heading.textContent = `Step ${integer(at)}: ${integer(rank)} of ${sigmas.length} singular values above τ\u00a0=\u00a0${power(state.tau).replace('-', '\u2011')}`;
    note.textContent =
      `${recording.layer}, ${shape(recording)}, of ${recording.network} on ${recording.dataset}, seed ${recording.seed}: a real training of ${steps(recording.steps.at(-1))}, recorded in ${several(recording.steps.length, 'frame')}, dense at the beginning. ` +
      (recording.diverged ? `It diverged: ${recording.diverged}.` : `Test accuracy at the end ${percent(recording.testAccuracy, 1)}.`);
    paint(weights, decodeSigned(recording.weights[frame]), recording.scales[frame], weightScale(recording));
    weights.setAttribute('aria-label', `Weights behind step ${integer(at)}, norm ${significant(norm)}, ${integer(rank)} singular values above the threshold.`);
    thumbnails.forEach(({ canvas, caption, node }, i) => {
      const of = frame - i;
      node.hidden = of < 1;
      if (node.hidden) return;
      const left = shareLeft(recording, of, frame);
      paint(canvas, decodeSigned(recording.gradients[of]), recording.gradientScales[of], (127 * recording.gradientScales[of]) / left || 1);
      canvas.setAttribute('aria-label', `Gradient of step ${integer(recording.steps[of])}, rank ${recording.ranks[of]}, ${percent(left, 0)} left.`);
      caption.replaceChildren(
        el('span', {}, i === 0 ? `step ${integer(recording.steps[of])}` : `−${integer(at - recording.steps[of])}`),
        el('span', {}, `rank ${recording.ranks[of]}, ${percent(left, 0)}`)
      );
    });
    const decay = recording.learningRate * recording.weightDecay;
    facts.replaceChildren(
      ...[
        ['loss', Number.isNaN(recording.losses[frame]) ? MISSING : recording.losses[frame].toFixed(3)],
        ['‖W‖F', norm.toFixed(3)],
        [`rank at τ = ${power(state.tau)}`, `${rank} of ${sigmas.length}`],
        ['gradient rank', frame === 0 ? MISSING : `${recording.ranks[frame]} ≤ ${Math.min(recording.batchSize, sigmas.length)}`],
        ['left of the initial W', percent(shareLeft(recording, 0, frame), 1)],
        ['half forgotten after', decay > 0 ? steps(Math.round(Math.log(2) / -Math.log1p(-decay))) : 'never'],
      ].map(([name, text]) => el('div', {}, el('dt', {}, name), el('dd', {}, text)))
    );
    const others = recordings.filter(other => other !== recording && sameButDecay(other, recording));
    key.replaceChildren(
      el('span', { class: 'run' }, strokeSwatch(token('hue-0'), 'solid'), `wd = ${power(recording.weightDecay)}`),
      ...others.map(other => el('span', { class: 'run' }, strokeSwatch(token('hue-1'), 'solid'), `wd = ${power(other.weightDecay)}, at the same step`)),
      el('span', { class: 'run' }, randomSwatch(), 'random matrix')
    );
    play.textContent = player.isPlaying ? 'Pause' : 'Play';
    play.setAttribute('aria-label', play.textContent);
    play.title = play.textContent;
    [...levels, tau, scrub, speed].forEach(control => control.sync());
    spectrum.redraw();
    bars.redraw();
  }
  drawn.add(draw);
  played.add(draw);

  const part = (title, ...content) => el('div', { class: 'panel' }, el('h4', {}, title), content);
  const figure = el(
    'figure',
    { id: 'figure-explorer' },
    el('div', { class: 'caption' }, heading, csvButton('explorer', explorerTable)),
    note,
    el('div', { class: 'controls' }, levels.map(level => level.node), tau.node),
    el(
      'div',
      { class: 'controls transports', role: 'group', 'aria-label': 'Playing' },
      play,
      button('One frame back', '‹ Back', () => player.step(-1)),
      button('One frame on', 'On ›', () => player.step(1)),
      scrub.node,
      speed.node
    ),
    facts,
    el(
      'div',
      { class: 'panels few explorer' },
      part('W: a row an output, a column an input', el('div', { class: 'heat-box' }, weights), el('p', { class: 'hint ramp-key' }, el('span', {}, 'below zero'), el('span', { class: 'diverging' }), el('span', {}, 'above zero'))),
      part('Singular values', key, spectrum),
      part('The latest recorded gradients, as faint as they count now', el('div', { class: 'thumbs' }, thumbnails.map(t => t.node))),
      part('Gradient norms: grey as they came, blue what is left', bars)
    )
  );
  return figure;
}

function explorerTable() {
  const recording = recordingOf();
  return {
    columns: ['batch_size', 'learning_rate', 'weight_decay', 'step', 'loss', 'norm', 'gradient_norm', 'gradient_rank', ...Array.from(sigmasAt(recording, 0), (_, i) => `sigma_${i + 1}`)],
    rows: recording.steps.map((step, frame) => [
      recording.batchSize,
      recording.learningRate,
      recording.weightDecay,
      step,
      ...[recording.losses[frame], normAt(recording, frame), recording.norms[frame], recording.ranks[frame]].map(v => (Number.isNaN(v) ? null : v)),
      ...sigmasAt(recording, frame),
    ]),
  };
}

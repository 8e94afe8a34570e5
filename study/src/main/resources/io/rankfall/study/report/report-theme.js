/* What a run looks like everywhere: hue = batch size, stroke = weight decay. */

const HUES = 6;
const DASHES = ['solid', [2, 3], [9, 3, 2, 3], [4, 2]];
const NO_DECAY_DASH = [6, 4];
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'];

const batchSizes = unique(runs.map(run => run.batchSize)).sort((a, b) => a - b);
/* The plainest strokes go to the networks that have something to show. */
const decaysOf = chosen => chosen.map(run => run.weightDecay).sort((a, b) => b - a);
const decays = unique([
  ...decaysOf(runs.filter(run => !isDiverged(run))),
  ...decaysOf(runs.filter(isDiverged)),
]).filter(decay => decay > 0);

function styleOf(run) {
  const decayed = run.weightDecay > 0;
  const twins = runs.filter(
    other => other.batchSize === run.batchSize && other.weightDecay === run.weightDecay
  );
  const hue = batchSizes.indexOf(run.batchSize) % HUES;
  return {
    color: token(decayed ? `hue-${hue}` : `hue-${hue}-pale`),
    dash: decayed ? DASHES[decays.indexOf(run.weightDecay) % DASHES.length] : NO_DECAY_DASH,
    filled: decayed,
    symbol: SYMBOLS[twins.indexOf(run) % SYMBOLS.length],
  };
}

const MARKS = {
  circle: attributes => svgEl('circle', { cx: 16, cy: 7, r: 4, ...attributes }),
  rect: attributes => svgEl('rect', { x: 12, y: 3, width: 8, height: 8, ...attributes }),
  triangle: attributes => svgEl('path', { d: 'M16 2.5l5 9h-10z', ...attributes }),
  diamond: attributes => svgEl('path', { d: 'M16 2l5 5-5 5-5-5z', ...attributes }),
};

function swatch(run) {
  const { color, dash, filled, symbol } = styleOf(run);
  const mark = MARKS[symbol]({
    stroke: color,
    'stroke-width': 2,
    fill: filled ? color : token('surface'),
  });
  return strokeSwatch(color, dash, mark);
}

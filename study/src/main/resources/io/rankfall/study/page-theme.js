/* Colours of the light and the dark theme, and strokes as they look in keys. */

const darkPreference = matchMedia('(prefers-color-scheme: dark)');

const theme = {
  chosen: null,
  get current() {
    return this.chosen ?? (darkPreference.matches ? 'dark' : 'light');
  },
  apply(name = this.current) {
    document.documentElement.dataset.theme = name;
  },
};
theme.apply();

const token = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function strokeSwatch(color, dash, ...marks) {
  const line = svgEl('line', {
    x1: 0,
    x2: 32,
    y1: 7,
    y2: 7,
    stroke: color,
    'stroke-width': 2.5,
    'stroke-dasharray': dash === 'solid' ? 'none' : dash.join(' '),
  });
  return svgEl('svg', { width: 32, height: 14, class: 'swatch', 'aria-hidden': 'true' }, line, ...marks);
}

const randomSwatch = () => strokeSwatch(token('muted'), [3, 3]);

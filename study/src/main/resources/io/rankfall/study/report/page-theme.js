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

/* A button between light and dark, and a function that dresses the page; colours are baked into charts
   and swatches, so a change of theme draws them again. */
function themeSwitch(draw) {
  const button = el('button', {
    type: 'button',
    class: 'theme',
    onclick: () => {
      theme.chosen = theme.current === 'dark' ? 'light' : 'dark';
      redress();
    },
  });
  function redress(name = theme.current) {
    theme.apply(name);
    const other = name === 'dark' ? 'light' : 'dark';
    button.textContent = other === 'dark' ? 'Dark' : 'Light';
    button.setAttribute('aria-label', `Switch to ${other} colours`);
    draw();
  }
  return { button, redress };
}

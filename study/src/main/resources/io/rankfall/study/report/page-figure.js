/* Figures: a computed title, controls, panels that draw again when the state changes, CSV. */

const thinLine = (color, data, more = {}) => ({
  type: 'line',
  data,
  showSymbol: data.length === 1,
  symbolSize: 4,
  connectNulls: false,
  lineStyle: { color, width: 1.6, opacity: 0.75 },
  itemStyle: { color },
  emphasis: { disabled: true },
  ...more,
});

/* `panels` is asked at every drawing; canvases are kept while the number of panels stays. */
function figure({ id, title, note, controls: inputs = [], key = null, panels, layout, csv }) {
  const heading = el('h3');
  const keys = el('div', { class: 'key' });
  const charts = el('div');
  const text = el('p', { class: 'note' });
  let slots = [];
  const draw = () => {
    heading.textContent = title();
    text.textContent = typeof note === 'function' ? note() : note;
    if (key) keys.replaceChildren(...key());
    inputs.forEach(input => input.sync());
    const present = panels();
    if (slots.length !== present.length) {
      slots = present.map((_, i) => {
        const name = el('h4');
        const canvas = chartCanvas(() => panels()[i]?.description ?? '', chart => panels()[i]?.option(chart) ?? {}, chart => present[i].ready?.(chart, i));
        return { name, node: el('div', { class: 'panel' }, name, canvas) };
      });
      charts.className = `panels ${layout ?? (slots.length === 1 ? 'one' : slots.length > 4 ? 'many' : 'few')}`;
      charts.replaceChildren(...slots.map(slot => slot.node));
    }
    present.forEach((panel, i) => (slots[i].name.textContent = panel.heading));
  };
  drawn.add(draw);
  return el(
    'figure',
    { id: `figure-${id}` },
    el('div', { class: 'caption' }, heading, csvButton(id, csv)),
    text,
    inputs.length > 0 ? el('div', { class: 'controls' }, inputs.map(input => input.node)) : null,
    key ? keys : null,
    charts
  );
}

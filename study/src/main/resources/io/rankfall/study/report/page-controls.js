/* Controls of a page's `state`: using one calls the page's `change`, which draws again. */

let controls = 0;

/* One of several values. */
function choice(label, key, options) {
  const group = `control-${++controls}`;
  const inputs = options.map(([value, text]) => {
    const input = el('input', { type: 'radio', name: group, value, onchange: () => change({ [key]: value }) });
    return { value, input, label: el('label', {}, input, el('span', {}, text)) };
  });
  return {
    node: el('fieldset', { class: 'choice' }, el('legend', {}, label), inputs.map(input => input.label)),
    sync: () => inputs.forEach(({ value, input }) => (input.checked = state[key] === value)),
  };
}

function slider(label, key, attributes, { toValue, toPosition, text, isUsed = () => true }) {
  const output = el('output');
  const input = el('input', {
    type: 'range',
    ...attributes,
    'aria-label': label,
    'data-key': key,
    oninput: () => change({ [key]: toValue(Number(input.value)) }),
  });
  return {
    node: el('label', { class: 'slider' }, el('span', {}, label), input, output),
    sync: () => {
      input.disabled = !isUsed();
      input.value = toPosition(state[key]);
      input.setAttribute('aria-valuetext', text(state[key]));
      output.textContent = text(state[key]);
    },
  };
}

/* One of many values; `options` are asked again at every drawing, since they may depend on the state. */
function selection(label, options, { get, set }) {
  const input = el('select', { 'aria-label': label, onchange: () => set(options()[input.selectedIndex][0]) });
  return {
    node: el('label', { class: 'select' }, label, input),
    sync: () => {
      const present = options();
      input.replaceChildren(...present.map(([, text]) => el('option', {}, text)));
      input.selectedIndex = present.findIndex(([value]) => value === get());
      input.disabled = present.length < 2;
    },
  };
}

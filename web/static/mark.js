// One cell per character of the mark: press a cell to say "unreadable", "could be one of" or "as read". Only a quicker way to write what the
// field holds; the field stays the truth and the page works without this.
const field = document.getElementById('pattern');
const box = document.getElementById('cells');
const say = box.dataset;
const alike = ['0OQD', '1IL', '2Z', '5S', '6G', '8B', '4A', '7T', 'UV', 'CG', 'EF', 'MN', 'PR', '38', 'XK', '17'];
let open = -1;

// "A?[0O]*" -> ["A", "?", "[0O]", "*"]; an unclosed bracket stays as typed.
const split = (text) => text.match(/\[[^\]]*\]|[^\s]/gu) ?? [];
const kind = (t) => (t === '?' ? 'any' : t === '*' ? 'star' : t.length > 1 ? 'set' : '');

function name(t) {
  if (t === '?') return `? ${say.unreadable}`;
  if (t === '*') return `* ${say.lost}`;
  return t.length > 1 && t[0] === '[' ? say.either.replace('{set}', [...t.slice(1, -1)].join(` ${say.or} `)) : t;
}

function button(text, label, press) {
  const b = document.createElement('button');
  b.type = 'button';
  b.textContent = text;
  if (label !== text) b.setAttribute('aria-label', label);
  b.addEventListener('click', press);
  return b;
}

function write(parts, keep) {
  field.value = parts.join('');
  open = keep;
  draw(true);
}

function choices(parts) {
  const row = document.createElement('div');
  const here = parts[open];
  const at = open;
  const put = (t) => () => write([...parts.slice(0, at), t, ...parts.slice(at + 1)], at);
  const add = (text, t) => {
    const b = button(text, text, put(t));
    b.setAttribute('aria-pressed', String(t === here));
    row.append(b);
  };
  row.className = 'choices';
  const plain = here.length > 1 ? here[1] : /[?*]/.test(here) ? '' : here;
  if (plain) add(`${plain} ${say.asread}`, plain);
  add(`? ${say.unreadable}`, '?');
  for (const set of alike)
    if (plain && set.includes(plain.toUpperCase())) add([...set].join(` ${say.or} `), `[${set}]`);
  row.append(button(say.remove, say.remove, () => write([...parts.slice(0, at), ...parts.slice(at + 1)], -1)));
  return row;
}

function draw(focus) {
  const parts = split(field.value);
  if (open >= parts.length) open = -1;
  const cells = document.createElement('div');
  cells.className = 'cells';
  cells.setAttribute('role', 'group');
  cells.setAttribute('aria-label', say.group);
  parts.forEach((t, i) => {
    const b = button(t.length > 1 ? t.slice(1, -1) : t, name(t), () => {
      open = open === i ? -1 : i;
      draw(true);
    });
    b.className = kind(t);
    b.setAttribute('aria-expanded', String(i === open));
    cells.append(b);
  });
  const more = document.createElement('div');
  more.className = 'choices';
  more.append(button(say.addAny, say.addAny, () => insert('?')), button(say.addStar, say.addStar, () => insert('*')));
  box.replaceChildren(...(parts.length ? [cells] : []), open >= 0 ? choices(parts) : more);
  box.hidden = false;
  if (focus && open >= 0) cells.children[open].focus();
}

function insert(t) {
  const at = field.selectionStart ?? field.value.length;
  field.setRangeText(t, at, field.selectionEnd ?? at, 'end');
  field.focus();
  open = -1;
  draw(false);
}

field.addEventListener('input', () => {
  open = -1;
  draw(false);
});
draw(false);

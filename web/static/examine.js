// Two surfaces turned, lit, moved and cut together. The page works without this: it then shows pictures made by the server. The sliders hold the
// state; pictures, keys and fingers move the sliders.
const root = document.getElementById('examine');
const { load, heightAt } = await import(root.dataset.tile);
const { painter, toPixel, toPlace } = await import(root.dataset.draw);

const RAD = Math.PI / 180;
const at = (id) => document.getElementById(id);
const sliders = ['turn', 'turn_b', 'light', 'height', 'zoom', 'cut'];
const usual = Object.fromEntries(sliders.map((id) => [id, at(id).value]));
const read = (id) => Number(at(id).value);
const pan = { x: 0, y: 0 };
const sides = [];
let cells = null;
let waiting = false;

// ---- the two pictures ----

function stage(figure) {
  const box = document.createElement('div');
  const view = document.createElement('canvas');
  const over = document.createElement('canvas');
  const img = figure.querySelector('img');
  box.className = 'stage';
  box.tabIndex = 0;
  box.setAttribute('role', 'img');
  box.setAttribute('aria-label', img.alt);
  box.setAttribute('aria-describedby', 'examine-keys');
  box.append(view, over);
  return { figure, box, view, over, img, name: figure.dataset.side };
}

function fit() {
  const side = Math.max(1, Math.round(sides[0].box.clientWidth * Math.min(window.devicePixelRatio || 1, 2)));
  for (const s of sides) {
    for (const c of [s.view, s.over]) {
      if (c.width === side && c.height === side) continue;
      c.width = side;
      c.height = side;
      s.overKey = '';
    }
  }
  again();
}

function viewOf(s) {
  const longest = Math.max(...sides.map((o) => Math.hypot(o.tile.width, o.tile.depth) * 0.8));
  return {
    turn: (read('turn') + (s.name === 'b' ? read('turn_b') : 0)) * RAD,
    light: read('light') * RAD,
    height: read('height') * RAD,
    scale: (s.view.width / longest) * read('zoom'),
    ox: pan.x,
    oy: pan.y,
  };
}

const cutPixel = (s) => (s.view.height / 2) * (1 + read('cut') / 100);

function drawCells(s, view, pen) {
  for (const cell of cells) {
    const here = s.name === 'a' ? [cell.ax_um, cell.ay_um, 0] : [cell.bx_um, cell.by_um, cell.theta * RAD];
    const [x, y] = toPixel(s.view, s.tile, view, here[0], here[1]);
    const half = (cell.side_um * view.scale) / 2;
    pen.save();
    pen.translate(x, y);
    pen.rotate(view.turn + here[2]);
    for (const [color, width] of [['rgba(255,255,255,.85)', 4], [cell.close ? '#14507a' : '#737373', cell.close ? 2 : 1]]) {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.strokeRect(-half, -half, 2 * half, 2 * half);
    }
    pen.fillStyle = '#14507a';
    pen.font = `${Math.max(10, half * 0.6)}px sans-serif`;
    pen.fillText(cell.n, -half + 3, half - 4);
    pen.restore();
  }
}

function drawOver(s, view) {
  const pen = s.over.getContext('2d');
  const y = cutPixel(s);
  const withCells = cells && at('show_cells')?.checked;
  const key = `${s.over.width} ${y} ${withCells ? JSON.stringify(view) : ''}`;
  if (key === s.overKey) return; // nothing of it has moved: the browser need not lay it anew
  s.overKey = key;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, s.over.width, s.over.height);
  for (const [color, width] of [['rgba(255,255,255,.9)', 3], [s.name === 'a' ? '#14507a' : '#b3201b', 1.5]]) {
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(s.over.width, y);
    pen.stroke();
  }
  if (withCells) drawCells(s, view, pen);
}

// ---- the profile ----

function profileOf(s, view) {
  const n = s.view.width;
  const y = cutPixel(s);
  const z = new Float32Array(n);
  let sum = 0;
  let there = 0;
  for (let i = 0; i < n; i++) {
    const [u, v] = toPlace(s.view, s.tile, view, i + 0.5, y);
    z[i] = heightAt(s.tile, u, v);
    if (z[i] !== z[i]) continue;
    sum += z[i];
    there++;
  }
  const mean = there ? sum / there : 0;
  let least = 0;
  let most = 0;
  for (let i = 0; i < n; i++) {
    z[i] -= mean;
    if (z[i] < least) least = z[i];
    if (z[i] > most) most = z[i];
  }
  return { z, least, most };
}

function pathOf(z, scale) {
  let d = '';
  let down = false;
  for (let i = 0; i < z.length; i++) {
    if (z[i] !== z[i]) {
      down = false;
      continue;
    }
    d += `${down ? 'L' : 'M'}${((1000 * i) / z.length).toFixed(1)} ${(110 - z[i] * scale).toFixed(1)}`;
    down = true;
  }
  return d;
}

function drawProfile(views) {
  const lines = sides.map((s, i) => profileOf(s, views[i]));
  const most = Math.max(0.1, ...lines.map((l) => Math.max(l.most, -l.least)));
  lines.forEach((l, i) => root.querySelector(`.profile .${sides[i].name}`).setAttribute('d', pathOf(l.z, 100 / most)));
  const [a, b] = lines;
  const words = { a: a.least.toFixed(2), b: a.most.toFixed(2), c: b.least.toFixed(2), d: b.most.toFixed(2), w: Math.round(sides[0].view.width / views[0].scale) };
  at('profile-say').textContent = root.dataset.deeper.replace(/\{(\w)\}/g, (_, k) => `\u2066${words[k]}\u2069`);
}

// ---- one frame ----

function frame() {
  waiting = false;
  const begun = performance.now();
  const views = sides.map(viewOf);
  sides.forEach((s, i) => {
    s.paint.draw(views[i]);
    drawOver(s, views[i]);
  });
  drawProfile(views);
  const unit = { turn: '°', turn_b: '°', light: '°', height: '°', zoom: '×', cut: '%' };
  for (const id of sliders) root.querySelector(`output[for="${id}"]`).textContent = `${at(id).value}${unit[id]}`;
  root.dataset.ms = (performance.now() - begun).toFixed(1);
  root.dataset.frames = Number(root.dataset.frames ?? 0) + 1;
}

function again() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(frame);
}

// The cut begins where both show most.
function placeCut() {
  let best = 0;
  let most = -1;
  for (let cut = -90; cut <= 90; cut += 5) {
    at('cut').value = cut;
    let there = 0;
    for (const s of sides) for (const z of profileOf(s, viewOf(s)).z) there += z === z;
    if (there > most) [best, most] = [cut, there];
  }
  usual.cut = at('cut').value = best;
}

// ---- hands ----

const round = { turn: 360, turn_b: 360, light: 360 };

function set(id, value) {
  const s = at(id);
  const [least, most] = [Number(s.min), Number(s.max)];
  let v = value;
  if (round[id]) v = ((((v - least) % 360) + 360) % 360) + least;
  s.value = Math.max(least, Math.min(most, v));
  again();
}

const add = (id, by) => set(id, read(id) + by);

function move(dx, dy) {
  const view = viewOf(sides[0]);
  const dense = sides[0].view.width / sides[0].box.clientWidth;
  pan.x -= (dx * dense) / view.scale;
  pan.y -= (dy * dense) / view.scale;
  again();
}

function reset() {
  for (const id of sliders) at(id).value = usual[id];
  pan.x = pan.y = 0;
  again();
}

const keys = {
  ArrowLeft: () => move(-24, 0), ArrowRight: () => move(24, 0), ArrowUp: () => move(0, -24), ArrowDown: () => move(0, 24),
  '+': () => set('zoom', read('zoom') * 1.2), '=': () => set('zoom', read('zoom') * 1.2), '-': () => set('zoom', read('zoom') / 1.2),
  '[': () => add('turn', -3), ']': () => add('turn', 3), ',': () => add('turn_b', -1), '.': () => add('turn_b', 1),
  l: () => add('light', 10), k: () => add('light', -10), c: () => add('cut', 2), v: () => add('cut', -2), 0: reset,
};

function onKey(e) {
  const act = e.ctrlKey || e.metaKey || e.altKey ? null : keys[e.key] ?? keys[e.key.toLowerCase()];
  if (!act) return;
  e.preventDefault();
  act();
}

const spread = (p) => Math.hypot(p[0].x - p[1].x, p[0].y - p[1].y);
const slant = (p) => Math.atan2(p[1].y - p[0].y, p[1].x - p[0].x) / RAD;

function hands(box) {
  const down = new Map();
  box.addEventListener('pointerdown', (e) => {
    down.set(e.pointerId, { x: e.clientX, y: e.clientY });
    box.setPointerCapture(e.pointerId);
  });
  box.addEventListener('pointermove', (e) => {
    const was = down.get(e.pointerId);
    if (!was) return;
    const before = [...down.values()].map((p) => ({ ...p }));
    const dx = e.clientX - was.x;
    const dy = e.clientY - was.y;
    down.set(e.pointerId, { x: e.clientX, y: e.clientY });
    if (down.size === 2) {
      const now = [...down.values()];
      set('zoom', (read('zoom') * spread(now)) / Math.max(1, spread(before)));
      add('turn', slant(now) - slant(before));
    } else if (e.shiftKey) {
      add('turn', dx / 2);
    } else {
      move(dx, dy);
    }
  });
  for (const end of ['pointerup', 'pointercancel']) box.addEventListener(end, (e) => down.delete(e.pointerId));
  box.addEventListener('wheel', (e) => {
    e.preventDefault();
    set('zoom', read('zoom') * 1.0015 ** -e.deltaY);
  }, { passive: false });
  box.addEventListener('keydown', onKey);
}

// ---- begin ----

async function fetchCells() {
  if (!at('show_cells')) return;
  const got = await (await fetch(root.dataset.api)).json();
  cells = got.result?.cell ?? [];
  at('show_cells').addEventListener('change', again);
}

async function begin() {
  for (const figure of root.querySelectorAll('.side')) sides.push(stage(figure));
  const tiles = await Promise.all(sides.map((s) => load(s.figure.dataset.url)));
  root.querySelector('.hint').id = 'examine-keys';
  sides.forEach((s, i) => {
    s.tile = tiles[i];
    s.img.replaceWith(s.box);
    hands(s.box);
  });
  for (const s of document.querySelectorAll('.script-only')) s.hidden = false;
  fit();
  sides.forEach((s) => (s.paint = painter(s.view, s.tile)));
  root.dataset.kind = sides[0].paint.kind;
  placeCut();
  for (const id of sliders) at(id).addEventListener('input', again);
  at('reset').addEventListener('click', reset);
  new ResizeObserver(fit).observe(sides[0].box);
  await fetchCells();
  again();
}

begin().catch(() => {
  const p = root.querySelector('.status');
  p.parentElement.hidden = false;
  for (const e of p.parentElement.children) e.hidden = e !== p;
  p.textContent = root.dataset.failed;
});

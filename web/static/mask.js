// Correcting a mask by hand: the lines of the text field are the only state; what is drawn here is written there, and what is typed there is drawn here.
const root = document.getElementById('mask-edit');
if (root) {
  const at = (id) => document.getElementById(id);
  const [sheet, canvas, text, say] = ['m-sheet', 'm-canvas', 'shapes', 'm-say'].map(at);
  const size = { w: Number(root.dataset.width), h: Number(root.dataset.depth) };
  const cursor = { x: size.w / 2, y: size.h / 2, shown: false };
  const tool = () => root.querySelector('input[name="m-tool"]:checked').value;
  const round = (v) => Math.round(v * 10) / 10;
  const colors = { ring: '#14507a', hole: '#14507a', out: '#b3201b', back: '#0b6b47' };
  let open = null; // the shape being drawn: { kind, width, points }

  const lines = () => text.value.split('\n').map((l) => l.trim()).filter(Boolean);

  function parse(line) {
    const [head, ...rest] = line.split(/\s+/);
    const [kind, width] = head.split('/');
    const n = rest.map(Number);
    if (!colors[kind] || n.some((v) => v !== v)) return null;
    if (kind === 'ring' || kind === 'hole') return { kind, points: n.slice(0, 2), radius: n[2] };
    return { kind, width: Number(width ?? 0), points: n };
  }

  function print(s) {
    const p = s.points.map(round).join(' ');
    if (s.radius !== undefined) return `${s.kind} ${p} ${round(s.radius)}`;
    return `${s.kind}${s.width ? `/${s.width}` : ''} ${p}`;
  }

  function add(shape) {
    const kept = shape.radius === undefined ? lines() : lines().filter((l) => !l.startsWith(shape.kind));
    text.value = [...kept, print(shape)].join('\n');
    draw();
  }

  // ---- drawing ----

  function path(pen, s, k) {
    pen.beginPath();
    for (let i = 0; i + 1 < s.points.length; i += 2) pen[i ? 'lineTo' : 'moveTo'](s.points[i] * k, s.points[i + 1] * k);
  }

  function drawShape(pen, s, k) {
    pen.strokeStyle = pen.fillStyle = colors[s.kind];
    pen.globalAlpha = 0.55;
    pen.lineCap = pen.lineJoin = 'round';
    if (s.radius !== undefined) {
      pen.beginPath();
      pen.arc(s.points[0] * k, s.points[1] * k, s.radius * k, 0, 7);
      if (s.kind === 'ring') pen.rect(canvas.width, 0, -canvas.width, canvas.height);
      pen.globalAlpha = 0.35;
      pen.fill('evenodd');
      pen.globalAlpha = 1;
      pen.lineWidth = 2;
      pen.stroke();
    } else if (s.width) {
      pen.lineWidth = Math.max(2, s.width * k);
      path(pen, s, k);
      if (s.points.length === 2) pen.lineTo(s.points[0] * k + 0.1, s.points[1] * k);
      pen.stroke();
    } else {
      path(pen, s, k);
      if (s !== open) pen.closePath();
      pen.fill();
      pen.globalAlpha = 1;
      pen.lineWidth = 2;
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  function drawCursor(pen, k) {
    if (!cursor.shown) return;
    for (const [color, width] of [['#fff', 4], ['#000', 1.5]]) {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(cursor.x * k - 12, cursor.y * k);
      pen.lineTo(cursor.x * k + 12, cursor.y * k);
      pen.moveTo(cursor.x * k, cursor.y * k - 12);
      pen.lineTo(cursor.x * k, cursor.y * k + 12);
      pen.stroke();
    }
  }

  function draw() {
    const dense = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(sheet.clientWidth * dense));
    const height = Math.max(1, Math.round(sheet.clientHeight * dense));
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const pen = canvas.getContext('2d');
    const k = canvas.width / size.w;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (const s of [...lines().map(parse), open]) if (s) drawShape(pen, s, k);
    drawCursor(pen, k);
    root.querySelector('output').textContent = `${at('m-width').value} µm`;
    root.dataset.shapes = lines().length;
  }

  const tell = (words) => (say.textContent = words.replace(/\{(\w)\}/g, (_, n) => `\u2066${Math.round(cursor[n])}\u2069`));

  // ---- shapes under way: by pointer from press to release, by key from the first to the closing one ----

  function begin(x, y) {
    const t = tool();
    if (t === 'ring' || t === 'hole') open = { kind: t, points: [x, y], radius: 1 };
    else if (t === 'area') open = { kind: 'out', width: 0, points: [x, y] };
    else open = { kind: t, width: Number(at('m-width').value), points: [x, y] };
  }

  function reach(x, y) {
    const p = open.points;
    const least = open.width ? open.width / 4 : 0;
    if (open.radius !== undefined) open.radius = Math.max(1, Math.hypot(x - p[0], y - p[1]));
    else if (Math.hypot(x - p.at(-2), y - p.at(-1)) > least) p.push(x, y);
  }

  function end() {
    const s = open;
    open = null;
    if (s && !(s.radius < 20) && !(s.width === 0 && s.points.length < 6)) {
      add(s);
      tell(root.dataset.sayDone);
    }
    draw();
  }

  function place(e) {
    const box = sheet.getBoundingClientRect();
    return [Math.max(0, Math.min(size.w, ((e.clientX - box.left) / box.width) * size.w)), Math.max(0, Math.min(size.h, ((e.clientY - box.top) / box.height) * size.h))];
  }

  canvas.addEventListener('pointerdown', (e) => {
    canvas.setPointerCapture(e.pointerId);
    const [x, y] = place(e);
    cursor.shown = false;
    if (tool() === 'area' && open) reach(x, y);
    else begin(x, y);
    draw();
  });
  canvas.addEventListener('pointermove', (e) => {
    if (!open || !e.buttons || tool() === 'area') return;
    reach(...place(e));
    draw();
  });
  for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => open && tool() !== 'area' && end());
  canvas.addEventListener('dblclick', () => tool() === 'area' && end());

  // ---- keys: arrows move the cross, space begins and adds, enter closes, escape leaves ----

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function onKey(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const step = (e.shiftKey ? 5 : 1) * (size.w / 100);
    if (moves[e.key]) {
      cursor.x = Math.max(0, Math.min(size.w, cursor.x + moves[e.key][0] * step));
      cursor.y = Math.max(0, Math.min(size.h, cursor.y + moves[e.key][1] * step));
      if (open && tool() !== 'area') reach(cursor.x, cursor.y);
      tell(open?.radius === undefined ? root.dataset.sayPoint : root.dataset.sayCircle.replace('{r}', Math.round(open.radius)));
    } else if (e.key === ' ') {
      if (!open) begin(cursor.x, cursor.y);
      else if (tool() === 'area') reach(cursor.x, cursor.y);
      else end();
    } else if (e.key === 'Enter') {
      end();
    } else if (e.key === 'Escape' && open) {
      open = null;
    } else {
      return;
    }
    e.preventDefault();
    cursor.shown = true;
    draw();
  }
  sheet.addEventListener('keydown', onKey);
  sheet.addEventListener('focus', () => {
    cursor.shown = sheet.matches(':focus-visible');
    draw();
  });
  sheet.addEventListener('blur', () => {
    cursor.shown = false;
    draw();
  });

  at('m-undo').addEventListener('click', () => {
    if (open) open = null;
    else text.value = lines().slice(0, -1).join('\n');
    draw();
  });
  at('m-clear').addEventListener('click', () => {
    open = null;
    text.value = '';
    draw();
  });
  for (const r of root.querySelectorAll('input[name="m-tool"]')) r.addEventListener('change', () => {
    end();
  });
  at('m-width').addEventListener('input', draw);
  text.addEventListener('input', draw);
  root.hidden = false;
  sheet.style.setProperty('aspect-ratio', `${size.w} / ${size.h}`);
  new ResizeObserver(draw).observe(sheet);
  draw();
}

// A surface as the server sends it (docs/formats/surface-tile.md): heights, slopes and where nothing was measured.
const HEAD = 28;

export function decode(bytes) {
  const d = new DataView(bytes);
  if (d.byteLength < HEAD || d.getUint32(0) !== 0x41544854) throw new Error('not a tile');
  const nx = d.getUint16(4);
  const ny = d.getUint16(6);
  const n = nx * ny;
  const t = { nx, ny, dx: d.getFloat32(8), dy: d.getFloat32(12), z: new Float32Array(n) };
  const step = d.getFloat32(16);
  const least = d.getFloat32(20);
  if (d.byteLength !== HEAD + 2 * n) throw new Error('a tile of another length');
  const low = new Uint8Array(bytes, HEAD, n);
  const high = new Uint8Array(bytes, HEAD + n, n);
  let q = 0;
  for (let i = 0; i < n; i++) {
    const code = low[i] | (high[i] << 8);
    if (code === 0) {
      t.z[i] = NaN;
      continue;
    }
    q += (code - 1) & 1 ? -(code >> 1) : (code - 1) >> 1;
    t.z[i] = least + step * q;
  }
  return t;
}

// Slopes from the neighbours that are there, 0 where missing, and the usual size of a slope.
export function addSlopes(t) {
  const { nx, ny, z } = t;
  t.gx = new Float32Array(nx * ny);
  t.gy = new Float32Array(nx * ny);
  let sum = 0;
  let there = 0;
  const one = (here, before, after, pitch) => {
    if (after === after && before === before) return (after - before) / (2 * pitch);
    if (after === after) return (after - here) / pitch;
    return before === before ? (here - before) / pitch : 0;
  };
  for (let y = 0, i = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++, i++) {
      const here = z[i];
      if (here !== here) continue;
      const gx = (t.gx[i] = one(here, x ? z[i - 1] : NaN, x + 1 < nx ? z[i + 1] : NaN, t.dx));
      const gy = (t.gy[i] = one(here, y ? z[i - nx] : NaN, y + 1 < ny ? z[i + nx] : NaN, t.dy));
      sum += gx * gx + gy * gy;
      there++;
    }
  }
  t.usual = there && sum > 0 ? Math.sqrt(sum / there) : 1;
  t.width = nx * t.dx;
  t.depth = ny * t.dy;
  return t;
}

export async function load(url) {
  const got = await fetch(url);
  if (!got.ok) throw new Error(`${got.status}`);
  return addSlopes(decode(await got.arrayBuffer()));
}

// The height at a place of the surface, micrometres; NaN where a corner is missing.
export function heightAt(t, x, y) {
  const u = x / t.dx - 0.5;
  const v = y / t.dy - 0.5;
  const i = Math.floor(u);
  const k = Math.floor(v);
  if (i < 0 || k < 0 || i + 1 >= t.nx || k + 1 >= t.ny) return NaN;
  const at = k * t.nx + i;
  const fx = u - i;
  const fy = v - k;
  return (t.z[at] * (1 - fx) + t.z[at + 1] * fx) * (1 - fy) + (t.z[at + t.nx] * (1 - fx) + t.z[at + t.nx + 1] * fx) * fy;
}

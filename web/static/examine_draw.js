// Drawing one lit surface: by WebGL where there is one, else by hand on a 2-D canvas. Both take the same view: {turn, ox, oy, scale, light, height}
// with angles in radians (clockwise), the middle of the picture as an offset in micrometres, and scale in pixels a micrometre.
const MIDDLE = 0.56;
const RELIEF = 0.3;
const MISSING = [227, 230, 233];
const LEVELS = 32; // of a slope of the usual size, in the texture

const gainOf = (view) => (RELIEF * Math.cos(view.height)) / Math.cos((35 * Math.PI) / 180);

// The light lies on the page, so it is turned back into the surface's own directions.
function lightOf(view) {
  const from = view.light - view.turn;
  return [Math.sin(from), -Math.cos(from)];
}

const vertexCode = 'attribute vec2 p; void main() { gl_Position = vec4(p, 0.0, 1.0); }';
const fragmentCode = `precision highp float;
uniform sampler2D slopes; uniform vec2 size, middle, offset, light; uniform mat2 back; uniform float scale, gain;
void main() {
  vec2 page = (gl_FragCoord.xy - middle) * vec2(1.0, -1.0) / scale + offset;
  vec2 at = (back * page + size * 0.5) / size;
  vec4 s = texture2D(slopes, at);
  vec3 none = vec3(${MISSING.map((c) => (c / 255).toFixed(4)).join(', ')});
  if (at.x < 0.0 || at.y < 0.0 || at.x > 1.0 || at.y > 1.0 || s.a < 0.5) { gl_FragColor = vec4(none, 1.0); return; }
  vec2 g = (s.rg * 255.0 - 128.0 * s.a) / ${LEVELS}.0;
  gl_FragColor = vec4(vec3(${MIDDLE} - gain * dot(g, light)), 1.0);
}`;

function slopeTexture(t) {
  const pixels = new Uint8Array(t.nx * t.ny * 4);
  for (let i = 0; i < t.nx * t.ny; i++) {
    if (t.z[i] !== t.z[i]) continue;
    pixels[4 * i] = Math.max(0, Math.min(255, Math.round(128 + (LEVELS * t.gx[i]) / t.usual)));
    pixels[4 * i + 1] = Math.max(0, Math.min(255, Math.round(128 + (LEVELS * t.gy[i]) / t.usual)));
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}

function compile(gl, kind, code) {
  const s = gl.createShader(kind);
  gl.shaderSource(s, code);
  gl.compileShader(s);
  if (!gl.getShaderParameter(s, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(s));
  return s;
}

const wanted = () => new URLSearchParams(location.search).get('draw');

// WebGL on a processor is several times slower than drawing by hand: the name of the renderer tells.
function rendererOf(gl) {
  const named = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

function webgl(canvas, t) {
  const gl = canvas.getContext('webgl', { alpha: false, antialias: false, depth: false });
  if (!gl || Math.max(t.nx, t.ny) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
  if (wanted() !== 'webgl' && /swiftshader|llvmpipe|softpipe|software|basic render/i.test(rendererOf(gl))) return null;
  const program = gl.createProgram();
  gl.attachShader(program, compile(gl, gl.VERTEX_SHADER, vertexCode));
  gl.attachShader(program, compile(gl, gl.FRAGMENT_SHADER, fragmentCode));
  gl.bindAttribLocation(program, 0, 'p');
  gl.linkProgram(program);
  gl.useProgram(program);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, t.nx, t.ny, 0, gl.RGBA, gl.UNSIGNED_BYTE, slopeTexture(t));
  for (const [name, value] of [[gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR], [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]]) gl.texParameteri(gl.TEXTURE_2D, name, value);
  const place = {};
  for (const name of ['size', 'middle', 'offset', 'light', 'back', 'scale', 'gain']) place[name] = gl.getUniformLocation(program, name);
  gl.uniform2f(place.size, t.width, t.depth);
  return {
    kind: 'webgl',
    draw(view) {
      const c = Math.cos(view.turn);
      const s = Math.sin(view.turn);
      const [lx, ly] = lightOf(view);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.uniform2f(place.middle, canvas.width / 2, canvas.height / 2);
      gl.uniform2f(place.offset, view.ox, view.oy);
      gl.uniform2f(place.light, lx, ly);
      gl.uniformMatrix2fv(place.back, false, [c, -s, s, c]); // columns: the inverse turn
      gl.uniform1f(place.scale, view.scale);
      gl.uniform1f(place.gain, gainOf(view));
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    },
  };
}

// By hand: the lit picture is made when light or turn change, and laid on the page by the canvas.
function byHand(canvas, t) {
  const page = canvas.getContext('2d', { alpha: false });
  const sheet = document.createElement('canvas');
  sheet.width = t.nx;
  sheet.height = t.ny;
  const ink = sheet.getContext('2d', { alpha: false });
  const image = ink.createImageData(t.nx, t.ny);
  const pixels = new Uint32Array(image.data.buffer);
  const none = (255 << 24) | (MISSING[2] << 16) | (MISSING[1] << 8) | MISSING[0];
  const there = []; // only measured points are touched again
  for (let i = 0; i < pixels.length; i++) {
    if (t.z[i] === t.z[i]) there.push(i);
    else pixels[i] = none;
  }
  const index = Uint32Array.from(there);
  let made = '';
  const light = (view) => {
    const [lx, ly] = lightOf(view);
    const key = `${lx} ${ly} ${view.height}`;
    if (key === made) return;
    made = key;
    const gain = (255 * gainOf(view)) / t.usual;
    const ax = gain * lx;
    const ay = gain * ly;
    for (let k = 0; k < index.length; k++) {
      const i = index[k];
      let v = 255 * MIDDLE - (t.gx[i] * ax + t.gy[i] * ay);
      v = v < 0 ? 0 : v > 255 ? 255 : v | 0;
      pixels[i] = 0xff000000 | (v * 0x10101);
    }
    ink.putImageData(image, 0, 0);
  };
  return {
    kind: '2d',
    draw(view) {
      light(view);
      page.setTransform(1, 0, 0, 1, 0, 0);
      page.fillStyle = `rgb(${MISSING})`;
      page.fillRect(0, 0, canvas.width, canvas.height);
      page.translate(canvas.width / 2, canvas.height / 2);
      page.scale(view.scale, view.scale);
      page.translate(-view.ox, -view.oy);
      page.rotate(view.turn);
      page.imageSmoothingEnabled = view.scale * t.dx < 4;
      page.drawImage(sheet, -t.width / 2, -t.depth / 2, t.width, t.depth);
    },
  };
}

export function painter(canvas, t) {
  try {
    // A canvas that has once been WebGL is so for ever: it is tried on one of its own.
    const p = wanted() === '2d' || !webgl(document.createElement('canvas'), t) ? null : webgl(canvas, t);
    if (p) return p;
  } catch { /* no shader: by hand */ }
  return byHand(canvas, t);
}

// From a place of the surface to a pixel of the picture.
export function toPixel(canvas, t, view, x, y) {
  const c = Math.cos(view.turn);
  const s = Math.sin(view.turn);
  const u = x - t.width / 2;
  const v = y - t.depth / 2;
  return [canvas.width / 2 + (c * u - s * v - view.ox) * view.scale, canvas.height / 2 + (s * u + c * v - view.oy) * view.scale];
}

export function toPlace(canvas, t, view, px, py) {
  const c = Math.cos(view.turn);
  const s = Math.sin(view.turn);
  const u = (px - canvas.width / 2) / view.scale + view.ox;
  const v = (py - canvas.height / 2) / view.scale + view.oy;
  return [c * u + s * v + t.width / 2, -s * u + c * v + t.depth / 2];
}

// What the browser tests share: counting, servers, a browser, raw requests.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { chromium } from 'playwright-core';

let passed = 0;
let failed = 0;

export async function test(name, run) {
  const begun = process.hrtime.bigint();
  try {
    await run();
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${String(error.message ?? error).split('\n').slice(0, 6).join(' | ')}`);
  }
  if (process.env.TIMES) console.log(`TIME ${Number(process.hrtime.bigint() - begun) / 1e6 | 0} ${name}`);
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed ? 1 : 0;
}

export function check(holds, words) {
  if (!holds) throw new Error(words);
}

export function equal(got, want, words = '') {
  if (got !== want) throw new Error(`${words} got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

// Starts a program that prints a line with its port; answers { base, port, pid, stop }.
export function serve(program, args, pattern) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let seen = '';
    const read = (bytes) => {
      seen += bytes;
      const found = seen.match(pattern);
      if (!found) return;
      const port = Number(found[1]);
      const stop = () => new Promise((done) => {
        child.once('exit', done);
        child.kill('SIGTERM');
      });
      resolve({ base: `http://127.0.0.1:${port}`, port, pid: child.pid, stop });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${seen}`)));
  });
}

export function run(program, args, input) {
  return new Promise((resolve) => {
    const child = spawn(program, args);
    const out = [];
    const err = [];
    child.stdout.on('data', (b) => out.push(b));
    child.stderr.on('data', (b) => err.push(b));
    child.once('close', (code) => resolve({ code, out: Buffer.concat(out), err: Buffer.concat(err).toString() }));
    child.stdin.on('error', () => {}); // a program may end before it has read its input
    child.stdin.end(input ?? '');
  });
}

// newPage(options) gives a page without cookies that is used again once it is closed: a browser's own context and page cost it half a second of work.
export async function browser() {
  const launched = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync'],
  });
  const idle = new Map();
  launched.newPage = async (options = {}) => {
    const kept = idle.get(JSON.stringify(options)) ?? [];
    idle.set(JSON.stringify(options), kept);
    let page = kept.pop();
    if (!page) {
      page = await (await launched.newContext(options)).newPage();
      page.close = async () => {
        try {
          await page.goto('about:blank', { timeout: 5000 });
          kept.push(page);
        } catch { // seen once on a busy machine: then the next has a new one
          await page.context().close();
        }
      };
    }
    await page.context().clearCookies();
    return page;
  };
  return launched;
}

// Sends these bytes as they are and answers { status, text, closed } once the server closes or falls silent.
export function raw(port, bytes, wait = 1500) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    const end = (closed) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? 0), text, closed });
    };
    const timer = setTimeout(() => end(false), wait);
    socket.on('data', (b) => (text += b));
    socket.on('end', () => end(true));
    socket.on('error', () => end(true));
  });
}

// How smoothly the examiner's screen turns without a GPU, and what it fetches: node screen.mjs BASE A.x3p B.x3p, where BASE is the address that
// `athar serve --ballistics DIR` printed. Needs the node packages of tests/web. Both painters are measured in the same run.
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../tests/web/package.json', import.meta.url))('playwright-core');
const [base, a, b] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu'] });

// Turned by one degree a frame; gaps between frames as the browser gives them, and the script's own share.
const turning = () => new Promise((done) => {
  const turn = document.getElementById('turn');
  const root = document.getElementById('examine');
  const gaps = [];
  const own = [];
  let last = performance.now();
  let i = 0;
  const at = (list, share) => list.sort((x, y) => x - y)[Math.floor(list.length * share)].toFixed(1);
  const step = () => {
    const now = performance.now();
    gaps.push(now - last);
    own.push(Number(root.dataset.ms));
    last = now;
    if (++i === 120) return done(`${at(gaps, 0.5)} | ${at(gaps, 0.95)} | ${at(own, 0.5)} | ${at(own, 0.95)}`);
    turn.value = i - 60;
    turn.dispatchEvent(new Event('input'));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
});

console.log('| painter | width | frame, median ms | 95 % | script, median ms | 95 % | tiles, bytes |\n|---|---|---|---|---|---|---|');
for (const kind of ['2d', 'webgl']) {
  for (const width of [1280, 360]) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const sizes = [];
    page.on('requestfinished', async (r) => r.url().includes('/ballistics/tile') && sizes.push((await r.sizes()).responseBodySize));
    await page.goto(`${base}/ballistics/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}&draw=${kind}`);
    await page.waitForFunction(() => Number(document.getElementById('examine').dataset.frames) > 0);
    const times = await page.evaluate(turning);
    console.log(`| ${kind} | ${width} | ${times} | ${sizes.reduce((x, y) => x + y, 0)} |`);
    await page.close();
  }
}
await browser.close();

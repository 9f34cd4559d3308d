// How a page looks, at each width: within it, under axe-core, and as a picture for those who want to see it (SHOTS=1; shots/).
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { check, equal, test } from './lib.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = new URL('./shots/', import.meta.url).pathname;
export const widths = [1280, 360];

if (process.env.SHOTS) mkdirSync(shots, { recursive: true });

export async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${shots}${name}.png`, fullPage: true });
}

export async function fitsWidth(page, name = 'the page') {
  const { over, h1, tables } = await page.evaluate(() => ({
    over: document.documentElement.scrollWidth - window.innerWidth,
    h1: document.querySelectorAll('h1').length,
    tables: [...document.querySelectorAll('.scroll:has(table)')].map((e) => e.scrollWidth - e.clientWidth).filter((x) => x > 0).join(), // no table is a matrix
  }));
  check(over <= 0, `${name} overflows by ${over} pixels`);
  equal(tables, '', `${name}: a table is wider than its place by`);
  equal(h1, 1, `${name}: h1`);
}

// Rules whose answer can change when lines break elsewhere. The others read the document.
const ofLayout = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size'];
const seen = new Map(); // by name: the document as all rules have judged it

// What the rules that are not of layout go by: which elements are displayed, with their attributes, less what differs from one visit to the next.
const outline = () => [...document.querySelectorAll('html, body *')].filter((e) => e.checkVisibility?.() ?? true)
  .map((e) => [e.localName, ...[...e.attributes].map((a) => `${a.name}=${['value', 'href', 'src', 'style', 'd', 'width', 'height'].includes(a.name) ? '' : a.value}`)].join(' ').replace(/[0-9a-f]{32,}/g, 'ID')).join('\n');

// Under axe-core: all rules, once for each document of that name; seen again at another width with the same elements displayed, the rules of layout.
export async function accessible(page, name) {
  await page.evaluate(axe);
  const now = await page.evaluate(outline);
  const rules = seen.get(name) === now ? ofLayout : null;
  const found = await page.evaluate(async (only) => {
    const got = await window.axe.run(document, { resultTypes: ['violations'], ...(only ? { runOnly: { type: 'rule', values: only } } : { rules: { 'target-size': { enabled: true } } }) });
    return got.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`).join('; ');
  }, rules);
  equal(found, '', name);
  seen.set(name, now);
}

// Steps at each width, each in a browser that nobody has signed in from.
export async function whole(browser, name, options, steps) {
  for (const width of widths) await test(`${name} at ${width}`, async () => {
    const page = await browser.newPage({ viewport: { width, height: 800 }, ...options });
    try {
      await steps(page, width);
    } finally {
      await page.close();
    }
  });
}

// A page on the way: as it looks.
export async function looks(page, name, width) {
  await shot(page, `people-${name}-${width}`);
  await fitsWidth(page, name);
  await accessible(page, `people ${name}`);
}

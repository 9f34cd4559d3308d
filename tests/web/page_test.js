// The pages in a browser: 1280 and 360 pixels, with and without script, by keyboard alone, right to left, under axe-core.
import { readFileSync } from 'node:fs';
import { check, equal, test } from './lib.js';
import { accessible, fitsWidth, shot, widths } from './look.js';

export const fixturePages = {
  start: '/',
  search: '/search?pattern=A%3F1%3F35&make=Taurus',
  none: '/search?pattern=ZZZ999',
  bad: '/search?pattern=%5B0OQ',
  firearm: `/firearms/${'11'.repeat(16)}`,
  clash: `/firearms/${'bb'.repeat(16)}`,
  loan: `/firearms/${'cc'.repeat(16)}`,
  bad_date: `/firearms/${'11'.repeat(16)}?as_of=32`,
  record: `/records/${'07'.repeat(32)}`,
  imports: '/imports',
  specimens: '/ballistics',
  pair: '/ballistics/compare?a=case%2012%20a.x3p&b=test%20fire%203.x3p',
  concluded: '/ballistics/compare?a=case%2012%20a.x3p&b=told.x3p',
  rtl_pair: '/ballistics/compare?a=case%2012%20a.x3p&b=test%20fire%203.x3p&lang=ar',
  specimen: '/ballistics/specimen?file=case%2012%20a.x3p',
  mates: '/ballistics/mates?file=case%2012%20a.x3p',
  rtl_specimen: '/ballistics/specimen?file=case%2012%20a.x3p&lang=ar',
  absent_pair: '/ballistics/compare?a=absent&b=test%20fire%203.x3p',
  missing: '/nowhere',
  absent: '/firearms/absent',
  busy: '/firearms/busy',
  rtl_full: '/firearms/full?lang=ar',
  rtl_mates: '/ballistics/mates?file=case%2012%20a.x3p&lang=ar',
  rtl_concluded: '/ballistics/compare?a=case%2012%20a.x3p&b=told.x3p&lang=ar',
  rtl_clash: `/firearms/${'bb'.repeat(16)}?lang=ar`,
  rtl_bad: '/search?pattern=%5B0OQ&lang=ar',
  rtl_start: '/?lang=ar',
  rtl_search: '/search?pattern=A%3F1%3F35&lang=ar',
  rtl_firearm: `/firearms/${'11'.repeat(16)}?lang=ar`,
};

function listen(page, complaints) {
  page.on('pageerror', (e) => complaints.push(e.message));
  page.on('console', (m) => {
    if (m.type() === 'error' && !m.text().startsWith('Failed to load resource')) complaints.push(m.text());
  });
}

// Each page at each width: nothing complains (also not about the content policy), nothing overflows, axe finds nothing.
export async function everyPage(browser, server, pages, label) {
  for (const width of widths) {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const complaints = [];
    listen(page, complaints);
    for (const [name, path] of Object.entries(pages)) {
      await test(`${label} ${name} at ${width}`, async () => {
        complaints.length = 0;
        await page.context().clearCookies(); // a language that was chosen stays otherwise
        await page.goto(server.base + path);
        await shot(page, `${label}-${name}-${width}`);
        equal(complaints.join('; '), '');
        await fitsWidth(page);
        check((await page.title()).length > 5, 'title');
      });
      await test(`${label} ${name} at ${width} under axe-core`, async () => {
        equal(page.url(), new URL(path, server.base).href);
        await accessible(page, `${label} ${name}`);
      });
    }
    page.removeAllListeners('pageerror');
    page.removeAllListeners('console');
    await page.close();
  }
  const page = await browser.newPage({ viewport: { width: widths.at(-1), height: 800 }, javaScriptEnabled: false });
  for (const [name, path] of Object.entries(pages)) await test(`${label} ${name} without script`, async () => {
    await page.context().clearCookies();
    await page.goto(server.base + path);
    check((await page.locator('main').innerText()).length > 20, 'nothing to read');
    check(await page.locator('#cells').count() === 0 || await page.locator('#cells').isHidden(), 'an empty helper is shown');
  });
  await page.close();
}

export async function tabTo(page, selector, most = 80) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) return;
  }
  throw new Error(`${selector} is not reached by Tab`);
}

async function byKeyboard(browser, server) {
  await test('by keyboard alone: search, open a firearm, its step, its record, and back', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.base}/imports`);
    await page.keyboard.press('Tab');
    equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await tabTo(page, 'nav a[href="/"]');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.base}/`);
    if (!(await page.evaluate(() => document.activeElement.id === 'pattern'))) await tabTo(page, '#pattern');
    await page.keyboard.type('A?1?35');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/search\?/);
    await tabTo(page, '.candidates a');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    check(outline !== 'none', 'focus is not seen');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/firearms\//);
    await tabTo(page, '.timeline a');
    await page.keyboard.press('Enter');
    check(new URL(page.url()).hash.startsWith('#step-'), page.url());
    await tabTo(page, '.steps a[href^="/records/"]');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/records\//);
    for (const wanted of [/#step-/, /\/firearms\//, /\/search\?/]) {
      await page.goBack();
      check(wanted.test(page.url()), page.url());
    }
    await page.close();
  });
}

async function withoutScript(browser, server) {
  await test('without script: the form searches and keeps what was typed', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(server.base);
    await page.fill('#pattern', 'A?1?35');
    await page.fill('#make', 'Taurus');
    await page.click('button.main');
    equal(await page.inputValue('#pattern'), 'A?1?35');
    equal(await page.inputValue('#make'), 'Taurus');
    check((await page.locator('.candidates > li').count()) > 0, 'no candidates');
    await page.close();
  });
  await test('without script: a number opens its firearm', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(server.base);
    await page.fill('#id', 'REG-0012345');
    await page.click('.open button');
    check(/\/firearms\/[0-9a-f]{32}$/.test(page.url()), page.url());
    await page.close();
  });
}

async function marks(browser, server) {
  await test('a candidate shows its whole mark, what differs underlined', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.base}${fixturePages.search}`);
    for (const [i, c] of JSON.parse(readFileSync(new URL('./fixtures/search.json', import.meta.url), 'utf8')).candidates.entries()) {
      const mark = page.locator('.candidates > li').nth(i).locator('.cmark');
      equal(await mark.innerText(), c.mark.text);
      equal((await mark.locator('u').allInnerTexts()).join(), (c.mark.runs ?? []).filter((r) => r.differs).map((r) => r.text).join());
    }
    await page.close();
  });
}

async function mates(server) {
  await test('of mates, what none is is not said', async () => {
    const text = await (await fetch(`${server.base}${fixturePages.mates}`)).text();
    check(text.includes('2 were left out') && !/\b0 (?:were|are|have)/.test(text), 'a count of none');
  });
}

async function helper(browser, server) {
  await test('a cell per character writes the pattern', async () => {
    const page = await browser.newPage();
    await page.goto(server.base);
    await page.fill('#pattern', 'A01835');
    const cells = page.locator('.cells button');
    equal(await cells.count(), 6);
    await cells.nth(1).click();
    await page.getByRole('button', { name: '0 or O or Q or D' }).click();
    equal(await page.inputValue('#pattern'), 'A[0OQD]1835');
    equal(await page.locator('.cells button').count(), 6);
    equal(await page.locator('.cells button').nth(1).getAttribute('aria-label'), 'could be 0 or O or Q or D');
    await page.locator('.cells button').nth(3).click();
    await page.locator('.choices').first().getByRole('button', { name: '? unreadable' }).click();
    equal(await page.inputValue('#pattern'), 'A[0OQD]1?35');
    await page.close();
  });
}

async function errors(browser, server) {
  await test('an error: a summary on top leads to the field, which keeps its value', async () => {
    const page = await browser.newPage();
    const got = await page.goto(`${server.base}/search?pattern=%5B0OQ&make=Colt`);
    equal(got.status(), 400);
    await page.click('.problem a');
    equal(new URL(page.url()).hash, '#pattern');
    equal(await page.inputValue('#pattern'), '[0OQ');
    equal(await page.getAttribute('#pattern', 'aria-invalid'), 'true');
    equal(await page.inputValue('#make'), 'Colt');
    await page.close();
  });
  await test('what people typed stays text', async () => {
    const page = await browser.newPage();
    let dialogs = 0;
    page.on('dialog', (d) => (dialogs++, d.dismiss()));
    await page.goto(`${server.base}/search?pattern=${encodeURIComponent('"><script>alert(1)</script>')}&make=${encodeURIComponent("'><img src=x onerror=alert(2)>")}`);
    equal(await page.locator('script:not([src])').count(), 0, 'inline scripts');
    equal(await page.locator('img').count(), 0, 'images');
    equal(dialogs, 0, 'dialogs');
    await page.close();
  });
}

async function rightToLeft(browser, server) {
  await test('right to left: the page is a mirror, marks and numbers are not', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const at = async (lang) => {
      await page.goto(`${server.base}/firearms/${'11'.repeat(16)}?lang=${lang}`);
      const box = (s) => page.locator(s).first().boundingBox();
      return { mark: await box('h1'), form: await box('.asof'), first: await box('.timeline .step circle'), last: await page.locator('.timeline .step circle').last().boundingBox() };
    };
    const ltr = await at('en');
    const rtl = await at('ar');
    check(ltr.mark.x < ltr.form.x && rtl.mark.x > rtl.form.x, 'the head is not mirrored');
    check(ltr.first.x < ltr.last.x && rtl.first.x > rtl.last.x, 'time does not run with the reading');
    equal(await page.getAttribute('html', 'dir'), 'rtl');
    equal(await page.locator('h1 bdi').getAttribute('dir'), 'ltr');
    equal(await page.locator('h1 bdi').evaluate((e) => getComputedStyle(e).direction), 'ltr');
    await page.close();
  });
  await test('right to left: cells that need two rows go on below the first', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.goto(`${server.base}/?lang=ar`);
    const boxes = async (pattern) => {
      await page.fill('#pattern', pattern);
      return page.evaluate(() => [...document.querySelectorAll('.cells button')].map((e) => e.getBoundingClientRect()).map(({ x, y, right }) => ({ x, y, right })));
    };
    const long = await boxes('H1?01337A*');
    const row = long.filter((b) => b.y > long[0].y);
    check(row.length > 0 && Math.abs(row[0].x - long[0].x) < 1, JSON.stringify(long));
    const [input, short] = [await page.locator('.markline').first().boundingBox(), await boxes('H1')];
    check(short[0].x < short[1].x && Math.abs(short.at(-1).right - (input.x + input.width)) < 1, 'a short mark stands at the other side');
    await page.close();
  });
}

// On a telephone the custody line is a list that says what the drawing shows; elsewhere the drawing stands alone.
async function lifeline(browser, server) {
  await test('the custody line: at 1280 the drawing, at 360 a list with the same facts, by keyboard to a step', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    for (const id of ['11', 'cc', 'bb']) {
      await page.goto(`${server.base}/firearms/${id.repeat(16)}`);
      for (const [width, list] of [[1280, false], [360, true]]) {
        await page.setViewportSize({ width, height: 800 });
        for (const [shown, part] of [[list, '.lifeline'], [!list, '.timeline'], [!list, '.legend']]) equal(await page.locator(part).isVisible(), shown, `${id} ${part} at ${width}`);
      }
      equal(await page.locator('.lifeline > li').count(), await page.locator('.timeline .band, .timeline line.clash').count(), `${id}: entries`);
      const words = (await page.locator('.lifeline').textContent()).replace(/\s+/g, ' ');
      for (const label of await page.locator('.timeline .band text, .timeline text.beside').allTextContents()) check(words.includes(label.replace(/\s+/g, ' ')), `${id}: no “${label}” in the list`);
    }
    const trace = await (await fetch(`${server.base}/api/v1/firearms/${'11'.repeat(16)}`)).json();
    const names = new Set(trace.spans.map((s) => s.who).filter(Boolean));
    check(names.size > 1, 'no names in the fixture');
    for (const lang of ['ar', 'en']) { // isolated in a sentence of the other direction, and said once all the same
      await page.goto(`${server.base}/firearms/${'11'.repeat(16)}?lang=${lang}`);
      for (const entry of await page.locator('.lifeline > li').allTextContents())
        for (const name of names) check(entry.split(name).length <= 2, `${lang}: “${name}” twice in “${entry}”`);
    }
    await page.focus('.asof button');
    await tabTo(page, '.lifeline a', 6);
    await page.keyboard.press('Enter');
    check(await page.locator(new URL(page.url()).hash).isVisible(), 'a step that is not there');
    equal(await page.evaluate(() => [...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth).length), 0, 'scrolls sideways');
    await page.setViewportSize({ width: 1280, height: 800 }); // it is used again
    await page.close();
  });
}

async function onPaper(browser, server) {
  await test('a search on paper says what was searched for, and nothing that can only be pressed', async () => {
    const page = await browser.newPage();
    await page.goto(server.base + fixturePages.search);
    await page.emulateMedia({ media: 'print' });
    for (const shown of ['#pattern', '#make', '.candidates']) check(await page.locator(shown).isVisible(), `${shown} is not printed`);
    for (const gone of ['.search button', '#model', '#calibre', '.search .hint', 'nav']) equal(await page.locator(gone).first().isVisible(), false, gone);
    await page.goto(server.base);
    equal(await page.locator('.search').isVisible(), false, 'a form without an answer');
    await page.emulateMedia({ media: null });
    await page.close();
  });
}

export async function pageTests(browser, server) {
  await onPaper(browser, server);
  await lifeline(browser, server);
  await byKeyboard(browser, server);
  await withoutScript(browser, server);
  await helper(browser, server);
  await marks(browser, server);
  await mates(server);
  await errors(browser, server);
  await rightToLeft(browser, server);
}

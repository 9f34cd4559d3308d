// The examiner's pages: over fixed results in a browser, and over real scans with the program itself, where conclusions are kept.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from './client.js';
import { check, equal, run, serve, test } from './lib.js';
import { fixturePages, tabTo } from './page_test.js';

const root = new URL('../..', import.meta.url).pathname;
const password = 'three otters carry a lantern';

async function drawn(page) {
  await page.waitForFunction(() => Number(document.getElementById('examine').dataset.frames) > 0);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

const pixels = (page, side) => page.evaluate((s) => {
  const c = document.querySelector(`.side[data-side="${s}"] canvas`);
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [c.width, c.height];
  const pen = copy.getContext('2d');
  pen.drawImage(c, 0, 0);
  return pen.getImageData(0, 0, c.width, c.height).data.reduce((h, v, i) => (h * 31 + v * (i % 251)) % 1000000007, 7);
}, side);

export async function examineTests(browser, server) {
  await test('examiner: by keyboard from the list to a turned pair', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${server.base}/ballistics`);
    await tabTo(page, 'input[name="a"]');
    await page.keyboard.press('Space');
    await tabTo(page, 'input[name="b"]');
    await page.keyboard.press('Space');
    await tabTo(page, 'button.main');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/ballistics\/compare\?/);
    await drawn(page);
    const before = [await pixels(page, 'a'), await pixels(page, 'b')];
    await tabTo(page, '.stage');
    await page.keyboard.press(']');
    await drawn(page);
    equal(await page.inputValue('#turn'), '3');
    check((await pixels(page, 'a')) !== before[0] && (await pixels(page, 'b')) !== before[1], 'both turn together');
    const cut = await page.getAttribute('.profile .a', 'd');
    check(cut.length > 100, 'no profile');
    await page.keyboard.press('c');
    await drawn(page);
    check((await page.getAttribute('.profile .a', 'd')) !== cut, 'the cut does not move the profile');
    await page.keyboard.press('0');
    await drawn(page);
    equal(await pixels(page, 'a'), before[0], 'as at the beginning');
    await tabTo(page, '#turn_b');
    await page.keyboard.press('ArrowRight');
    await drawn(page);
    check((await pixels(page, 'a')) === before[0] && (await pixels(page, 'b')) !== before[1], 'the right one turns alone');
    await page.close();
  });
  await test('examiner: light moves by mouse and touch, cells are drawn when asked for', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(server.base + fixturePages.concluded);
    await drawn(page);
    const over = () => page.evaluate(() => document.querySelectorAll('.side[data-side="a"] canvas')[1].toDataURL());
    const before = await over();
    const picture = await pixels(page, 'a');
    await page.check('#show_cells');
    await drawn(page);
    check((await over()) !== before, 'no cells');
    equal(await pixels(page, 'a'), picture, 'the picture below stays');
    await page.locator('.stage').first().scrollIntoViewIfNeeded();
    const box = await page.locator('.stage').first().boundingBox();
    await page.mouse.move(box.x + 100, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 160, box.y + 120);
    await page.mouse.up();
    await drawn(page);
    const moved = await pixels(page, 'a');
    check(moved !== picture, 'a drag does not move it');
    await page.mouse.wheel(0, -300);
    await drawn(page);
    check(Number(await page.inputValue('#zoom')) > 1, 'the wheel does not zoom');
    const zoomed = await pixels(page, 'b');
    await page.fill('#light', '90');
    await drawn(page);
    check((await pixels(page, 'b')) !== zoomed, 'light');
    await page.close();
  });
  await test('examiner: by WebGL the picture is that drawn by hand, but for rounding', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const look = async (kind) => {
      await page.goto(`${server.base}${fixturePages.pair}&draw=${kind}`);
      await drawn(page);
      equal(await page.getAttribute('#examine', 'data-kind'), kind);
      await page.fill('#turn', '17');
      await drawn(page);
      return (await page.locator('.stage').first().screenshot()).toString('base64');
    };
    const shots = [await look('webgl'), await look('2d')];
    await page.goto('about:blank');
    const apart = await page.evaluate(async (both) => {
      const data = await Promise.all(both.map(async (b) => {
        const image = await createImageBitmap(new Blob([Uint8Array.from(atob(b), (c) => c.charCodeAt(0))]));
        const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
        pen.drawImage(image, 0, 0);
        return pen.getImageData(0, 0, image.width, image.height).data;
      }));
      return data[0].reduce((sum, v, i) => sum + Math.abs(v - data[1][i]), 0) / data[0].length;
    }, shots);
    check(apart < 6, `${apart} grey levels apart on average`);
    await page.close();
  });
  await test('examiner: right to left the left one stands on the right, and no picture is mirrored', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const look = async (path) => {
      await page.goto(server.base + path);
      await drawn(page);
      return { a: await page.locator('.side[data-side="a"]').boundingBox(), b: await page.locator('.side[data-side="b"]').boundingBox(), hash: await pixels(page, 'a') };
    };
    const ltr = await look(fixturePages.pair);
    const rtl = await look(fixturePages.rtl_pair);
    check(ltr.a.x < ltr.b.x && rtl.a.x > rtl.b.x, 'not mirrored');
    equal(rtl.hash, ltr.hash, 'the picture');
    await page.close();
  });
  await test('examiner: without script both pictures are shown', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(server.base + fixturePages.pair);
    equal(await page.evaluate(() => [...document.images].filter((i) => i.complete && i.naturalWidth > 300).length).catch(() => 2), 2);
    check(!(await page.locator('.controls').isVisible()), 'dead controls are shown');
    await page.close();
  });
}


export async function maskTests(browser, server) {
  const shapes = (page) => page.inputValue('#shapes').then((t) => t.split('\n').filter(Boolean));
  await test('mask: by mouse a ring, a brush, an area, and back', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(server.base + fixturePages.specimen);
    await page.click('#m-clear');
    let box;
    const look = async () => {
      await page.locator('#m-sheet').scrollIntoViewIfNeeded();
      box = await page.locator('#m-sheet').boundingBox();
    };
    const drag = async (...places) => {
      await look();
      await page.mouse.move(box.x + places[0][0], box.y + places[0][1]);
      await page.mouse.down();
      for (const [x, y] of places.slice(1)) await page.mouse.move(box.x + x, box.y + y, { steps: 4 });
      await page.mouse.up();
    };
    await page.check('#m-ring');
    await drag([200, 200], [300, 200]);
    const um = 3600 / box.width;
    const [ring] = await shapes(page);
    const [kind, x, , r] = ring.split(' ');
    equal(kind, 'ring');
    check(Math.abs(x - 200 * um) < 15 && Math.abs(r - 100 * um) < 15, ring);
    await page.check('#m-out');
    await drag([100, 100], [160, 100]);
    await page.check('#m-area');
    await look();
    for (const [a, b] of [[50, 50], [90, 50], [90, 90]]) await page.mouse.click(box.x + a, box.y + b);
    await page.mouse.dblclick(box.x + 50, box.y + 90);
    const three = await shapes(page);
    equal(three.map((l) => l.split(' ')[0]).join(), 'ring,out/120,out');
    check(three[2].split(' ').length >= 9, three[2]);
    await page.click('#m-undo');
    equal((await shapes(page)).length, 2);
    await page.close();
  });
  await test('mask: by keyboard alone, at 360 pixels', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    await page.goto(server.base + fixturePages.specimen);
    await page.click('#m-clear');
    await page.check('#m-hole');
    await page.locator('#m-hole').focus();
    await tabTo(page, '#m-sheet');
    for (const key of ['Shift+ArrowRight', 'ArrowDown', 'Space', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Space']) await page.keyboard.press(key);
    equal((await shapes(page)).join(), 'hole 1980 1761 360');
    await page.check('#m-out');
    await page.locator('#m-sheet').focus();
    for (const key of ['Space', 'Shift+ArrowDown', 'Enter']) await page.keyboard.press(key);
    check(/^out\/120 /.test((await shapes(page))[1]), 'no brush');
    await tabTo(page, '.conclude button.main');
    await page.close();
  });
  await test('mask: by finger, and the page still scrolls beside it', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 }, hasTouch: true });
    await page.goto(server.base + fixturePages.specimen);
    await page.click('#m-clear');
    await page.locator('#m-sheet').scrollIntoViewIfNeeded();
    const box = await page.locator('#m-sheet').boundingBox();
    await page.touchscreen.tap(box.x + 60, box.y + 60);
    equal((await shapes(page)).length, 1);
    equal(await page.locator('#m-canvas').evaluate((e) => getComputedStyle(e).touchAction), 'none');
    await page.close();
  });
}

// ---- the program itself, over three real scans ----

export function copyScans(folder) {
  const scans = join(folder, 'scans');
  mkdirSync(scans);
  for (const name of ['Fadul 1-1.x3p', 'Fadul 1-2.x3p', 'Fadul 2-1.x3p']) copyFileSync(join(root, 'data/examples/ballistics-fadul/scans', name), join(scans, name));
  return scans;
}

const pairOf = (a, b) => `a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`;
const same = pairOf('Fadul 1-1.x3p', 'Fadul 1-2.x3p');

// Where nobody signs in: one examiner without a name. By keyboard, then without script.
export async function openSpecimens(browser, server) {
  await test('specimens: by keyboard to a conclusion, and only then the count', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${server.base}/ballistics/compare?${same}&conclusion=lead`);
    await drawn(page);
    check(!/cells agree/.test(await page.innerText('main')), 'the count is seen before the conclusion');
    equal(await page.locator('#show_cells').count(), 0);
    await tabTo(page, 'input[name="conclusion"]');
    await page.keyboard.press('Space');
    await tabTo(page, '#note');
    await page.keyboard.type('striae <at> the upper edge');
    await tabTo(page, '.conclude button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.told');
    check(/cells agree/.test(await page.innerText('main')), 'the count is told after it');
    check(/striae <at> the upper edge/.test(await page.innerText('.told')), 'the remark');
    await page.close();
  });
  await test('specimens: without script a conclusion is entered, cells are drawn by the server, another mind is added', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`${server.base}/ballistics/compare?${pairOf('Fadul 1-1.x3p', 'Fadul 2-1.x3p')}`);
    await page.check('input[value="exclusion"]');
    await page.click('.conclude button');
    equal(await page.locator('.told > li').count(), 1);
    const plain = await page.getAttribute('.side img', 'src');
    await page.check('#v-cells');
    await page.fill('#v-turn', '20');
    await page.click('.view button');
    const drawn = await page.getAttribute('.side img', 'src');
    check(drawn !== plain && /cells=1/.test(drawn) && /turn=20/.test(drawn), drawn);
    const bytes = async (src) => (await (await fetch(server.base + src)).arrayBuffer()).byteLength;
    check((await bytes(drawn)) !== (await bytes(plain)), 'the same picture');
    const cut = await (await fetch(server.base + (await page.getAttribute('img.cut', 'src')))).text();
    equal(cut.split('<path').length, 4);
    check(/d="M\d+ [\d.]+L/.test(cut), cut.slice(0, 200));
    await page.click('.again summary');
    await page.check('input[value="more_work"]');
    await page.click('.conclude button');
    equal(await page.locator('.told > li').count(), 2);
    check(/had been shown before/.test(await page.locator('.told > li').first().innerText()), 'the later one does not say that the count was seen');
    await page.close();
  });
  await test('specimens: cells are refused by address without a conclusion, and one scan twice', async () => {
    const address = `${server.base}/ballistics/compare/picture?${pairOf('Fadul 1-2.x3p', 'Fadul 2-1.x3p')}&side=a`;
    equal((await fetch(address)).status, 200);
    equal((await fetch(`${address}&cells=1`)).status, 403);
    const told = await (await fetch(`${server.base}/api/v1/ballistics/compare?${pairOf('Fadul 1-2.x3p', 'Fadul 2-1.x3p')}`)).text();
    check(!/score|theta/.test(told), told);
    equal((await fetch(`${server.base}/ballistics/compare?${pairOf('Fadul 1-2.x3p', 'Fadul 1-2.x3p')}`)).status, 409);
  });
}

// A correction by hand counts from the next comparison on, and the conclusion before it says so.
export async function correctedSpecimens(browser, server) {
  await test('specimens: a correction is kept, shown, counted, and can be taken back', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const address = `${server.base}/ballistics/specimen?file=Fadul%201-1.x3p`;
    const score = async () => (await (await fetch(`${server.base}/api/v1/ballistics/compare?${same}`)).json()).result.score;
    const before = await score();
    await page.goto(address);
    const steps = await page.locator('.prepared > li').count();
    await page.fill('#shapes', 'out 1700 0 3400 0 3400 1700 1700 1700');
    await page.click('.conclude button.main');
    equal(await page.locator('.prepared > li').count(), steps + 1, 'steps');
    check(/in force/.test(await page.innerText('.told')), 'not in force');
    check((await score()) !== before, 'the comparison does not use it');
    await page.goto(`${server.base}/ballistics/compare?${same}`);
    check(/corrected by hand/.test(await page.innerText('.pair')) && /has been corrected since/.test(await page.innerText('.told')), 'the pair does not say so');
    await page.goto(address);
    await page.fill('#shapes', 'out 0 0 9000 0 9000 9000 0 9000');
    await page.click('.conclude button.main');
    check(/Nothing was kept/.test(await page.innerText('main')), 'a mask that leaves nothing was kept');
    await page.fill('#shapes', '');
    await page.click('.conclude button.main');
    equal(await page.locator('#mask ~ .told > li').count(), 2);
    equal(await score(), before, 'taken back');
    await page.close();
  });
}

// The order of candidates is told, what was counted of them not before a conclusion.
export async function searchedSpecimens(athar, server, scans) {
  await test('specimens: a search ranks the mate first and tells no count before a conclusion', async () => {
    const address = `${server.base}/ballistics/mates?file=Fadul%201-2.x3p`;
    equal((await fetch(address)).status, 404, 'not enrolled');
    const { result: told } = await (await fetch(`${server.base}/api/v1/ballistics/compare?${same}`)).json();
    const counted = JSON.parse((await run(athar, ['ballistics', 'compare', '--json', join(scans, 'Fadul 1-1.x3p'), join(scans, 'Fadul 1-2.x3p')])).out.toString());
    check(counted.cmc_reverse < counted.cmc && counted.cells_a !== counted.cells_b, 'two scans that tell nothing here');
    equal(`${told.cmc} of ${told.cells}`, `${counted.cmc_reverse} of ${counted.cells_b}`, 'the smaller count, of the cells of its own direction:');
    equal((await run(athar, ['ballistics', 'enrol', '--dir', scans])).code, 0, 'enrol');
    const page = await (await fetch(address)).text();
    const rows = page.split('<tr>').slice(2);
    equal(rows.length, 2, 'candidates');
    check(rows[0].includes('Fadul 1-1.x3p') && /score|Score/.test(rows[0]), 'the mate, about which a conclusion stands');
    check(rows[1].includes('Fadul 2-1.x3p') && /not concluded yet/.test(rows[1]) && !/Score/.test(rows[1]), 'the count is told too early');
    check(/from=list/.test(rows[1]), 'the conclusion would not say that it came from a list');
  });
}

// With accounts: two examiners who do not see each other's conclusion before their own.
export async function signedSpecimens(athar, data, scans) {
  for (const login of ['lab-one', 'lab-two']) {
    const got = await run(athar, ['account', 'add', '--data', data, login, '--role', 'laboratory', '--password-stdin'], password);
    equal(got.code, 0, got.err);
  }
  const server = await serve(athar, ['serve', '--data', data, '--ballistics', scans, '--listen', '127.0.0.1:0'], /http:\/\/127\.0\.0\.1:(\d+)/);
  const [one, two] = [new Client(server.port), new Client(server.port)];
  await one.signIn('lab-one', password);
  await two.signIn('lab-two', password);
  const page = `/ballistics/compare?${same}`;
  const form = { a: 'Fadul 1-1.x3p', b: 'Fadul 1-2.x3p', conclusion: 'lead', note: 'a scratch at noon' };
  await test('specimens: a conclusion without the token of the session is refused', async () => {
    const forged = await one.send('POST', '/ballistics/compare', new URLSearchParams(form).toString(), { 'Content-Type': 'application/x-www-form-urlencoded' });
    equal(forged.status, 403);
    check(!/class="told"/.test((await one.get(page)).text), 'it was recorded');
  });
  await test('specimens: an own conclusion opens the count for oneself alone', async () => {
    await one.readToken(page);
    equal((await one.post('/ballistics/compare', form)).status, 303);
    const first = (await one.get(page)).text;
    check(/cells agree/.test(first) && /lab-one/.test(first) && /a scratch at noon/.test(first), 'the first does not see it');
    check(!first.includes('(<bdi') && !/>\(lab-one/.test(first) && !/ \(lab-one\)/.test(first), 'an account without a name stands in brackets');
    const second = (await two.get(page)).text;
    check(!/cells agree|scratch at noon|lab-one/.test(second) && /1 conclusion about this pair stands/.test(second), 'the second sees too much');
    equal((await two.get(`/ballistics/compare/picture?${same}&side=a&cells=1`)).status, 403);
    check(!/score/.test((await two.get(`/api/v1/ballistics/compare?${same}`)).text), 'the API tells');
    await two.readToken(page);
    equal((await two.post('/ballistics/compare', { ...form, conclusion: 'inconclusive_b', note: '' })).status, 303);
    check(/lab-one/.test((await two.get(page)).text), 'the second does not see the first after it');
  });
  await test('specimens: a form without a choice is shown again with what was typed', async () => {
    await one.readToken(page);
    const got = await one.post('/ballistics/compare', { ...form, conclusion: '', note: 'typed already' });
    equal(got.status, 400);
    check(/Conclusion is empty/.test(got.text) && /typed already/.test(got.text) && /href="#conclusion"/.test(got.text), got.text.slice(0, 300));
  });
  await server.stop();
  await test('specimens: conclusions are of the log that is verified', async () => {
    const got = await run(athar, ['verify', '--data', data, '--derived']);
    equal(got.code, 0, got.err + got.out);
  });
}

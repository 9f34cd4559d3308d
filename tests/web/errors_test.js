// When something cannot be done: the page says what happened, what became of what was sent, and what to do next; in each language, for people and not for programs.
import { check, equal, raw, test } from './lib.js';
import { accessible, fitsWidth, shot, widths } from './look.js';

const pages = { // status, heading, next, as they are said in English and Arabic
  absent: [404, 'Not found', 'search by the mark', 'غير موجود'],
  moved: [409, 'as things stand now', 'Open the page anew', 'الوضع الحالي'],
  busy: [503, 'Busy just now', 'Wait a moment', 'مشغول'],
  locked: [503, 'The register is locked', 'hold its keys', 'السجل مقفل'],
  full: [507, 'The disk is full', 'at once', 'القرص ممتلئ'],
  broken: [500, 'could not answer', 'what you were doing', 'تعذّر على النظام'],
};

async function ofFaults(server) {
  for (const [id, [status, heading, next, arabic]] of Object.entries(pages)) await test(`the page of ${status} ${id}: what happened and what next, in both languages`, async () => {
    const got = await fetch(`${server.base}/firearms/${id}`);
    const text = await got.text();
    equal(got.status, status);
    check(new RegExp(`<title>[^<]*${heading}[^<]* – Athar</title>`).test(text) && new RegExp(`<h1>[^<]*${heading}`).test(text) && text.includes(next), text.slice(-900));
    equal(got.headers.get('retry-after'), status === 503 ? '5' : null);
    equal(/<a href="\/firearms\/\w+">Try again/.test(text), status !== 404 && id !== 'locked', 'to try again');
    equal((await fetch(`${server.base}/api/v1/firearms/${id}`)).headers.get('retry-after'), status === 503 ? '5' : null, 'API');
    const other = await (await fetch(`${server.base}/firearms/${id}?lang=ar`)).text();
    check(new RegExp(`<h1>[^<]*${arabic}`).test(other) && other.includes('dir="rtl"'), other.slice(-900));
  });
}

const sent = (note) => ({ method: 'POST', redirect: 'manual', headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ a: 'case 12 a.x3p', b: 'test fire 3.x3p', conclusion: 'lead', note, text: 'six grooves & "right" twist' }).toString() });

async function ofForms(server) {
  for (const [note, status, said] of [['full', 507, 'Nothing was recorded'], ['broken', 500, 'It is not certain']]) await test(`a form that meets a ${status}: what was typed is kept in the page, to be sent again`, async () => {
    const got = await fetch(`${server.base}/ballistics/compare`, sent(note));
    const text = await got.text();
    equal(got.status, status);
    check(text.includes(said) && text.includes('kept in this page'), text.slice(-900));
    check(/<form action="\/ballistics\/compare" method="post">/.test(text) && text.includes('name="text" value="six grooves &amp; &quot;right&quot; twist"'), 'the form is gone');
  });
  await test('a form that is refused is not offered to be sent again as it is', async () => check(!(await (await fetch(`${server.base}/ballistics/compare`, sent('moved'))).text()).includes('Send again'), 'offered'));
}

// What the server refuses before it knows who asks.
async function ofServer(browser, server) {
  const ask = (more, path = '/') => raw(server.port, `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n${more}\r\n`);
  await test('what is too long is refused to a browser by a page in all languages, to a program by a line', async () => {
    const got = await ask('Accept: text/html,*/*;q=0.8\r\n');
    equal(got.status, 413);
    check(got.text.includes('Too much at once') && got.text.includes('lang="ar" dir="rtl"') && got.text.includes('أكثر مما يمكن'), got.text.slice(0, 900));
    check(/content-security-policy/i.test(got.text), 'no policy');
    for (const line of [await ask(''), await ask('Accept: text/html\r\n', '/api/v1/marks/read')]) check(line.status === 413 && line.text.endsWith('\r\n\r\nthe body is too long\n'), line.text);
  });
  await test('the page of what is too long, on a telephone', async () => {
    const page = await browser.newPage({ viewport: { width: widths.at(-1), height: 800 } });
    await page.goto(`${server.base}/ballistics/compare?a=case%2012%20a.x3p&b=test%20fire%203.x3p`);
    const answered = page.waitForResponse((r) => r.request().method() === 'POST');
    await page.evaluate(() => {
      const form = [...document.forms].find((f) => f.method === 'post');
      const long = document.createElement('textarea');
      Object.assign(long, { name: 'long', value: 'x'.repeat(300_000) });
      form.append(long);
      form.submit();
    });
    equal((await answered).status(), 413);
    await page.waitForSelector('section[lang="ar"]');
    await shot(page, 'error-413');
    await fitsWidth(page);
    await accessible(page, 'error 413');
    await page.close();
  });
}

export async function errorTests(browser, server) {
  await ofFaults(server);
  await ofForms(server);
  await ofServer(browser, server);
}

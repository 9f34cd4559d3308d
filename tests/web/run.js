// The doors under test: node run.js BUILD_DIR [fixtures|register|people|enter]. First over fixed results in every state (serve_fixtures), then over a small invented register made with
// the program itself. Prints what failed and "N passed, N failed". With SHOTS=1 pictures of the pages lie in shots/ afterwards; with TIMES=1 it says what each took, in milliseconds.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { answerTests, documentTests } from './api_test.js';
import { arabicTests } from './arabic_test.js';
import { enterPages, enterTests } from './enter_test.js';
import { httpTests } from './http_test.js';
import { browser, check, equal, finish, run, serve, test } from './lib.js';
import { everyPage, fixturePages, pageTests } from './page_test.js';
import { copyScans, correctedSpecimens, examineTests, maskTests, openSpecimens, searchedSpecimens, signedSpecimens } from './examine_test.js';
import { errorTests } from './errors_test.js';
import { filingTests } from './filing_test.js';
import { peopleTests } from './people_test.js';
import { requestTests } from './request_test.js';

const build = resolve(process.argv[2] ?? 'build');
const root = new URL('../..', import.meta.url).pathname;
const athar = join(build, 'athar');

async function fixtures(chromium) {
  const server = await serve(join(build, 'serve_fixtures'), [join(root, 'tests/web/fixtures')], /listening (\d+)/);
  await httpTests(server);
  await documentTests(server);
  await answerTests(server, { pattern: 'A?1?35', id: '11'.repeat(16), record: '07'.repeat(32) }, 'fixture');
  await everyPage(chromium, server, fixturePages, 'fixture');
  await pageTests(chromium, server);
  await errorTests(chromium, server);
  await examineTests(chromium, server);
  await maskTests(chromium, server);
  await server.stop();
}

async function makeRegister(folder) {
  const data = join(folder, 'register');
  const csv = join(folder, 'sample.csv');
  const sample = await run(athar, ['sample', '--records', '400', '--seed', '11']);
  writeFileSync(csv, sample.out);
  equal((await run(athar, ['init', '--data', data])).code, 0, 'init');
  const imported = await run(athar, ['import', '--data', data, '--map', join(root, 'maps/sample.json'), csv]);
  equal(imported.code, 0, `import: ${imported.err}`);
  return { data, rows: sample.out.toString().split('\n').slice(1, -1).map((line) => line.split(',')) };
}

// A firearm that was stolen and recovered, if the register has one: its page shows most.
function chosen(rows) {
  const heading = { id: 0, serial: 6, stolen: 23, recovered: 27 };
  const row = rows.find((r) => r[heading.stolen] && r[heading.recovered]) ?? rows.find((r) => r[heading.recovered]) ?? rows[0];
  return { id: row[heading.id], serial: row[heading.serial] };
}

async function people(chromium) {
  const folder = mkdtempSync(join(tmpdir(), 'athar-web-'));
  const { data, rows } = await makeRegister(folder);
  const traced = await run(athar, ['trace', '--data', data, '--json', chosen(rows).id]);
  const trace = JSON.parse(traced.out.toString());
  const names = [...new Set(trace.steps.flatMap((s) => (s.parties ?? []).map((p) => p.name)).filter((n) => n?.length > 8))];
  check(names.length > 0, 'a firearm without a name');
  await peopleTests(chromium, athar, data, { firearm: trace.subject, record: trace.steps[0].record, names, mark: chosen(rows).serial, number: chosen(rows).id });
  await signedSpecimens(athar, data, copyScans(folder));
  rmSync(folder, { recursive: true, force: true });
}

async function enter(chromium) {
  const folder = mkdtempSync(join(tmpdir(), 'athar-web-'));
  const data = join(folder, 'register');
  equal((await run(athar, ['init', '--data', data])).code, 0, 'init');
  equal((await run(athar, ['account', 'add', '--data', data, 'first', '--role', 'administrator'])).code, 0, 'account');
  const server = await serve(athar, ['serve', '--data', data, '--listen', '127.0.0.1:0'], /http:\/\/127\.0\.0\.1:(\d+)/);
  await enterTests(server, athar, data);
  await arabicTests(server, athar, data);
  await enterPages(chromium, server, athar, data);
  await requestTests(chromium, server, athar, data);
  await filingTests(server, athar, data);
  await server.stop();
  await test('what was entered derives to the tables as they are', async () => equal((await run(athar, ['verify', '--data', data, '--derived'])).code, 0));
  rmSync(folder, { recursive: true, force: true });
}

async function register(chromium) {
  const folder = mkdtempSync(join(tmpdir(), 'athar-web-'));
  const { data, rows } = await makeRegister(folder);
  const gun = chosen(rows);
  const scans = copyScans(folder);
  const server = await serve(athar, ['serve', '--data', data, '--ballistics', scans, '--open', '--listen', '127.0.0.1:0'], /http:\/\/127\.0\.0\.1:(\d+)/);
  const id = encodeURIComponent(gun.id);
  const trace = await (await fetch(`${server.base}/api/v1/firearms/${id}`)).json();
  await answerTests(server, { pattern: gun.serial, id: gun.id, record: trace.steps[0].record }, 'register');
  await everyPage(chromium, server, {
    start: '/',
    search: `/search?pattern=${encodeURIComponent(gun.serial)}`,
    firearm: `/firearms/${trace.subject}`,
    record: `/records/${trace.steps[0].record}`,
    imports: '/imports',
  }, 'register');
  await test('the page of a search leads with the firearm whose mark was typed', async () => {
    const page = await chromium.newPage();
    await page.goto(`${server.base}/search?pattern=${encodeURIComponent(gun.serial)}`);
    check((await page.locator('.candidates > li').first().innerText()).length > 5, 'nothing');
    check((await page.locator('.candidates').innerText()).includes(gun.id), 'the firearm is not among the candidates');
    await page.close();
  });
  await test('types and countries have their names in the language of the reader, and are read in it', async () => {
    const ask = async (more) => (await fetch(`${server.base}/api/v1/search?pattern=${encodeURIComponent(gun.serial)}${more}`)).json();
    const english = (await ask('')).candidates[0];
    const arabic = (await ask('&lang=ar')).candidates[0];
    equal(arabic.type, english.type);
    check(/^[\u0600-\u06ff ]+$/.test(arabic.type_label) && /[\u0600-\u06ff]/.test(arabic.country_label), `${arabic.type_label}, ${arabic.country_label}`);
    const item = (await (await fetch(`${server.base}/api/v1/firearms/${encodeURIComponent(gun.id)}?lang=ar`)).json()).item;
    equal(`${item.type_label}, ${item.country_label}`, `${arabic.type_label}, ${arabic.country_label}`);
    const asked = (await ask(`&type=${encodeURIComponent(arabic.type_label)}&country=${encodeURIComponent(arabic.country_label)}`)).candidates[0];
    check(asked.why.some((w) => w.key === 'why.type_agrees') && asked.why.some((w) => w.key === 'why.country_agrees'), JSON.stringify(asked.why));
  });
  await test('the day of the view changes the whole page', async () => {
    const first = trace.steps.find((s) => s.happened);
    const page = await chromium.newPage();
    await page.goto(`${server.base}/firearms/${trace.subject}`);
    const all = await page.locator('.steps > li').count();
    await page.fill('#as_of', first.happened.slice(0, 10));
    await page.click('.asof button');
    const then = await page.locator('.steps > li').count();
    check(trace.steps.length === 1 || then < all, `${then} of ${all} steps`);
    await page.close();
  });
  await openSpecimens(chromium, server);
  await correctedSpecimens(chromium, server);
  await searchedSpecimens(athar, server, scans);
  await server.stop();
  await test('serve refuses an address that is not this machine', async () => {
    const got = await run(athar, ['serve', '--data', data, '--open', '--listen', '0.0.0.0:0']);
    equal(got.code, 1);
    check(/--listen/.test(got.err) && /127\.0\.0\.1/.test(got.err) && /--tls-cert/.test(got.err), got.err);
  });
  rmSync(folder, { recursive: true, force: true });
}

const chromium = await browser();
try {
  for (const [name, part] of Object.entries({ fixtures, register, people, enter })) if (!process.argv[3] || process.argv[3] === name) await part(chromium);
} catch (error) {
  await test('the run itself', () => Promise.reject(error));
}
await chromium.close();
process.exit(finish());

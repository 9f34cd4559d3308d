// What people meet on the way who do their daily work: who wrote a record, long lists, things that are shown once, mistakes of the hand.
import { account, linked, password, token } from './accounts.js';
import { Client } from './client.js';
import { fits } from './document.js';
import { officer } from './enter_test.js';
import { check, equal, run, test } from './lib.js';
import { looks, whole } from './look.js';

const ours = async (athar, data) => (await run(athar, ['account', 'list', '--data', data])).out.toString().match(/"office":"([^"]+)"/)[1];

async function whoWrote(server, athar, data) {
  const office = await ours(athar, data);
  equal((await run(athar, ['account', 'add', '--data', data, 'wrote-it', '--name', 'Ingrid Solberg', '--role', 'licensing_officer'])).code, 0);
  const writer = new Client(server.port);
  await writer.signInBy((await run(athar, ['account', 'reset', '--data', data, 'wrote-it'])).out.toString().match(/\/sign-in\/[0-9A-Z]{26}/)[0]);
  const made = await (await officer(server, athar, data, 'wrote-too', 'licensing_officer', office)).record('registered', { mark: 'WW-1', make: 'Taurus', happened: '2020', how: 'KNOWN', to: 'Mona Grip' });
  const sent = await writer.send('POST', '/api/v1/enter/lost', JSON.stringify({ form_token: writer.token, key: '5c'.repeat(16), what: 'record', firearm: made.subject, happened: '2021', purpose: 'licensing' }), { 'Content-Type': 'application/json' });
  equal(sent.status, 201, sent.text);
  const { record } = JSON.parse(sent.text);
  const of = async (client) => ({ ...JSON.parse((await client.get(`/api/v1/records/${record}`)).text), page: client.always.Authorization ? '' : (await client.get(`/records/${record}`)).text });
  await test('who wrote a record is named to colleagues and to auditors, with the office that he has now', async () => {
    for (const [login, role, where] of [['ww-near', 'police_officer', office], ['ww-audit', 'auditor', 'audit office']]) {
      const got = await of(await linked(server, athar, data, login, role, where));
      equal(`${got.actor_name}, ${got.actor_login}, ${got.actor_office}`, 'Ingrid Solberg, wrote-it, undefined', login);
      check(got.page.includes('Ingrid Solberg') && !got.page.includes(got.actor_account), `${login}: the page`);
    }
  });
  await test('others read the office, and programs no name of a person; the id stays in the JSON', async () => {
    const far = await linked(server, athar, data, 'ww-far', 'licensing_officer', 'another office');
    const machine = new Client(server.port);
    machine.always = { Authorization: `Bearer ${await token(athar, data, 'ww-peer', 'peer', office)}` };
    await new Promise((r) => setTimeout(r, 1200)); // the server looks at the acts once a second
    for (const client of [far, machine]) {
      const got = await of(client);
      check(/^[0-9a-f]{32}$/.test(got.actor_account) && !('actor_name' in got) && !('actor_login' in got), JSON.stringify(got).slice(0, 300));
      check(!got.page.includes('Ingrid') && !got.page.includes('wrote-it') && !got.page.includes(got.actor_account), 'the page');
    }
  });
  await test('a record and its receipt call the firearm by its mark, for who may open it', async () => {
    check((await writer.get(`/records/${record}`)).text.includes('<span class="mark"><bdi dir="ltr">WW-1</bdi></span></a>'), 'the record');
    check((await writer.get(`/records/${record}/receipt`)).text.includes('<span class="mark"><bdi dir="ltr">WW-1</bdi></span></a>'), 'the receipt');
    fits('ReceiptPage', JSON.parse((await writer.get(`/api/v1/records/${record}/receipt`)).text));
    const audit = JSON.parse((await (await linked(server, athar, data, 'ww-marks', 'auditor')).get(`/api/v1/records/${record}`)).text);
    check(audit.subjects.length === 1 && !('mark' in audit.subjects[0]), JSON.stringify(audit.subjects));
  });
  await test('who has left, or is a machine\'s account today, is named as he was when he wrote the record', async () => {
    const near = await linked(server, athar, data, 'ww-later', 'police_officer', office);
    const far = await linked(server, athar, data, 'ww-far-later', 'licensing_officer', 'another office');
    const cli = async (...words) => equal((await run(athar, ['account', ...words.slice(0, 1), '--data', data, 'wrote-it', ...words.slice(1)])).code, 0, words.join(' '));
    const until = async (holds) => {
      for (let i = 0; i < 60 && !holds(await of(near)); i++) await new Promise((r) => setTimeout(r, 50)); // the server looks at the acts once a second
      return of(near);
    };
    await cli('role', '--give', 'data_service');
    await cli('close');
    const got = await until((x) => x.actor_closed);
    const { page, ...json } = got;
    equal(`${got.actor_name}, ${got.actor_login}, ${got.actor_machine}`, 'Ingrid Solberg, wrote-it, undefined');
    check(/^\d{4}-\d\d-\d\dT/.test(got.actor_closed) && page.includes('account closed'), `not said: ${got.actor_closed}`);
    fits('Record', json);
    check(!('actor_login' in (await of(far))), 'named to everybody, as a machine is');
  });
  await test('a machine is named to everybody', async () => {
    const till = new Client(server.port);
    till.always = { Authorization: `Bearer ${await token(athar, data, 'ww-till', 'authority_system', office, '--kinds', 'mark_observed')}` };
    await new Promise((r) => setTimeout(r, 1200));
    const got = await till.send('POST', '/api/v1/enter/mark_observed', JSON.stringify({ key: '7d'.repeat(16), what: 'record', firearm: made.subject, mark: 'WW-1', happened: '2022', purpose: 'licensing' }), { 'Content-Type': 'application/json' });
    equal(got.status, 201, got.text);
    const far = await linked(server, athar, data, 'ww-farther', 'licensing_officer', 'another office');
    const page = (await far.get(`/records/${JSON.parse(got.text).record}`)).text;
    check(page.includes('ww-till') && page.includes('(a machine)'), 'the machine');
  });
}

// Of a group that more than one page holds: each page is read, and logged, for itself.
async function pagedList(asks, judges) {
  await test('a long list is read in pages, by name, and who is on a page that nobody opened is not logged as read', async () => {
    equal((await asks.post('/lists', { calibre: '9x19 mm', purpose: 'inspection', case: 'LL-1', reason: 'a recall of one calibre of ammunition' })).go, '/lists');
    const id = (await judges[0].get('/approvals')).text.match(/action="\/approvals\/([0-9a-f]{64})/)[1];
    for (const judge of judges) equal((await judge.post(`/approvals/${id}`, { what: 'approve' })).status, 303);
    const logged = async () => JSON.parse((await judges[0].get('/api/v1/openings?who=ll-asks')).text).openings.filter((o) => o.door === 'list').length;
    const rows = (page) => [...page.text.matchAll(/<tr><td data-th="Name">(.*?)<\/td>/g)].map((m) => m[1].replace(/<[^>]*>/g, ''));
    const first = await asks.get(`/lists/${id}`);
    equal(first.status, 200, first.text.match(/<p class="sentence">[^<]*/)?.[0]);
    const count = Number(first.text.match(/(\d+) persons\./)[1]);
    check(count > 50 && count <= 150, `${count} persons`);
    equal(rows(first).length, 50);
    equal(await logged(), 50, 'openings after the first page');
    check(first.text.includes('Shown here: 1 to 50, by name.') && !first.text.includes('rel="prev"'), 'what is shown is not said');
    const seen = [...rows(first)];
    let next = first;
    while (next.text.includes('rel="next"')) seen.push(...rows((next = await asks.get(next.text.match(/href="(\/lists\/[0-9a-f]{64}\?page=\d+)" rel="next"/)[1]))));
    equal(seen.length, count);
    check(next.text.includes('rel="prev"'), 'no way back');
    equal(Math.min(100, await logged()), Math.min(100, count), 'openings'); // a page of the log has 100
    const latin = seen.map((n) => n.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase()).filter((n) => /^[a-z ]+$/.test(n));
    equal(latin.join(), [...latin].sort().join(), 'not by name');
    equal((await asks.get(`/lists/${id}?page=${encodeURIComponent('٢')}`)).status, 200, 'digits of another keyboard');
    for (const wrong of ['0', '99', 'x']) {
      const got = await asks.get(`/lists/${id}?page=${encodeURIComponent(wrong)}`);
      check(got.status === 400 && got.text.includes(wrong) && got.text.includes('the number of a page of this list'), `${wrong}: ${got.status}`);
    }
    const arabic = (await asks.get(`/lists/${id}?lang=ar`)).text;
    check(arabic.includes('بترتيب الأسماء') && arabic.includes('الصفحة التالية'), 'in Arabic');
  });
}

async function longList(server, athar, data) {
  const judges = [];
  let asks;
  await test('a list of holders looks through a whole register, however many it does not hold', async () => {
    const office = await ours(athar, data);
    asks = await linked(server, athar, data, 'll-asks', 'licensing_officer', office);
    await asks.post('/purpose', { purpose: 'inspection', case: 'LL-1', open: 'yes' });
    equal((await asks.post('/lists', { area: 'Elvegata', purpose: 'inspection', case: 'LL-1', reason: 'inspection of the storage of firearms' })).go, '/lists');
    let id;
    for (const login of ['ll-one', 'll-two']) {
      const judge = await linked(server, athar, data, login, 'auditor');
      judges.push(judge);
      id = (await judge.get('/approvals')).text.match(/action="\/approvals\/([0-9a-f]{64})/)[1];
      equal((await judge.post(`/approvals/${id}`, { what: 'approve' })).status, 303);
    }
    const got = await asks.get(`/lists/${id}`);
    equal(got.status, 200, got.text.match(/<p class="sentence">[^<]*/)?.[0]);
  });
  await pagedList(asks, judges);
}

// ---- what is shown once ----

async function shownOnce(chromium, server, athar, data) {
  const boss = await linked(server, athar, data, 'sc-boss', 'administrator');
  const accounts = async () => JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts;
  const idOf = async (login) => (await accounts()).find((a) => a.login === login).id;
  await test('the link of a new account is a whole address with its end, and signs in', async () => {
    const page = (await boss.post('/accounts', { login: 'sc-new', name: 'Abel Okoro', role: 'store_keeper' })).text;
    const address = page.match(/>(http:\/\/127\.0\.0\.1:\d+\/sign-in\/[0-9A-Z]{26})</)[1];
    check(address.startsWith(`${server.base}/`) && page.includes('Abel Okoro') && /Works until<\/dt><dd>\d+ \w+ \d{4}, \d\d:\d\d/.test(page), page.slice(-900));
    check(page.includes(`href="/accounts/${await idOf('sc-new')}"`), 'the way to make another');
    equal((await new Client(server.port).post(new URL(address).pathname)).status, 303);
  });
  await test('a role that two must give: the link says that it waits', async () =>
    check((await boss.post('/accounts', { login: 'sc-audits', role: 'auditor' })).text.includes('waits for a second person'), 'not said'));
  await test('an account that cannot be made keeps all that was typed and chosen, and none is made of a role that nobody chose', async () => {
    const page = (await boss.post('/accounts', { login: 'sc-new', name: 'Ada Berg', office: 'North gate', role: 'laboratory' })).text;
    for (const kept of ['value="sc-new"', 'value="Ada Berg"', 'value="North gate"', 'value="laboratory" selected']) check(page.includes(kept), kept);
    check(/<title>Problem: /.test(page), `the title does not say it: ${page.match(/<title>.*/)[0]}`);
    equal((await boss.post('/accounts', { login: 'sc-none', role: '' })).status, 400);
    check(/<select id="role"[^>]*><option value="">/.test((await boss.get('/accounts')).text), 'the first role of the list is chosen');
  });
  await test('a machine: a token that cannot be made keeps what was typed; reset ends tokens and gives no link', async () => {
    equal((await boss.post('/accounts', { login: 'sc-waits', role: 'dealer_system' })).go, '/approvals', 'where its role waits');
    equal((await run(athar, ['account', 'add', '--data', data, 'sc-till', '--role', 'dealer_system'])).code, 0);
    await new Promise((r) => setTimeout(r, 1200)); // the server looks at the acts once a second
    const id = await idOf('sc-till');
    const wrong = await boss.post(`/accounts/${id}/token`, { name: 'Till 4', days: '120', scope_enter: 'yes' });
    equal(wrong.status, 400);
    for (const kept of ['value="Till 4"', 'value="120"', 'name="scope_enter" value="yes" checked']) check(wrong.text.includes(kept), kept);
    check(wrong.text.includes('What it may enter is empty') && !/[^_]kinds is/.test(wrong.text), 'the field by its name in the program');
    const token = (await boss.post(`/accounts/${id}/token`, { name: 'Till 4', days: '١٢٠', scope_enter: 'yes', kind_sold: 'yes' })).text;
    check(/Authorization: Bearer athar_[\w-]{43}/.test(token) && token.includes('120') && token.includes(`href="/accounts/${id}"`), 'the token');
    check(!(await boss.get(`/accounts/${id}`)).text.includes('one-time link'), 'a link for a machine is offered');
    equal((await boss.post(`/accounts/${id}/reset`)).go, `/accounts/${id}`);
    check(!(await boss.get(`/accounts/${id}`)).text.includes('Till 4'), 'the token goes on');
  });
  await test('an account is closed by one who says that he is sure, and then nothing of it can be changed', async () => {
    const id = await idOf('sc-new');
    const wrong = await boss.post(`/accounts/${id}/close`);
    check(wrong.status === 400 && wrong.text.includes('href="#sure"') && wrong.text.includes('id="sure"'), `closed: ${wrong.status}`);
    equal((await boss.post(`/accounts/${id}/close`, { sure: 'yes' })).go, '/accounts');
    check(!/<form class="narrow"/.test((await boss.get(`/accounts/${id}`)).text), 'a form');
  });
  await test('a link that is spent says so, and gives no advice about firearms', async () => {
    const page = (await new Client(server.port).get(`/sign-in/${'A'.repeat(26)}`)).text;
    check(page.includes('not good any more') && !page.includes('search by the mark'), page.slice(-700));
  });
}

async function printed(chromium, server, athar, data) {
  await test('printed codes, on paper: whose they are and the codes, and nothing of the page around', async () => {
    const person = await linked(server, athar, data, 'pr-codes', 'laboratory');
    const page = await chromium.newPage();
    await page.context().addCookies([{ name: 'athar', value: person.cookies.athar, url: server.base }]);
    await page.goto(`${server.base}/me`);
    await page.click('form[action="/me/codes"] button');
    await page.emulateMedia({ media: 'print' });
    for (const gone of ['footer', 'nav', '.user', '.links']) equal(await page.locator(gone).first().isVisible(), false, gone);
    equal(await page.locator('.codes li').count(), 10);
    const [bar, title] = [await page.locator('.bar').boundingBox(), await page.locator('h1').boundingBox()];
    check(title.y - (bar.y + bar.height) > 8, 'the title hangs under the line');
    await page.emulateMedia({ media: null });
    await page.close();
  });
}

async function secondProof(server, athar, data) {
  const person = await linked(server, athar, data, 'sc-proof', 'auditor');
  equal((await person.post('/me/password', { password: 'three otters carry a lantern' })).status, 303);
  await person.readToken();
  await test('time codes: a code for the camera, and after a wrong code the same key, its app and the password that is asked for', async () => {
    const first = (await person.post('/me/time-codes')).text;
    const parts = (page) => ({ seed: page.match(/name="seed" value="([A-Z2-7]{32})"/)?.[1], shown: page.match(/<bdi dir="ltr">((?:[A-Z2-7]{4} ?){8})</)?.[1].replaceAll(' ', ''), uri: /href="otpauth:/.test(page), qr: /class="qr"><svg/.test(page), old: /name="old"/.test(page) });
    const want = parts(first);
    check(want.seed && want.seed === want.shown && want.uri && want.qr && want.old, JSON.stringify(want));
    const again = await person.post('/me/time-codes', { seed: want.seed, old: 'three otters carry a lantern', code: '12 34 56' });
    check(again.status === 403, String(again.status));
    equal(JSON.stringify(parts(again.text)), JSON.stringify(want));
  });
  await test('where the address is a number, that no passkey can be added is said', async () => check((await person.get('/me')).text.includes('a number instead of a name'), 'not said'));
  await test('printed codes say whose they are, where, and of when', async () => {
    const page = (await person.post('/me/codes', { old: 'three otters carry a lantern' })).text;
    check(/For .*sc-proof.* at .*127\.0\.0\.1.*, made .*\d{4}, \d\d:\d\d/.test(page.replace(/<[^>]*>|[\u2066-\u2069]/g, '')), page.slice(0, 900));
  });
  await test('a PIN is one number, on whichever keyboard it is typed', async () => {
    equal((await person.post('/me/pin', { old: 'three otters carry a lantern', pin: '٥٨٣٩٢٠' })).go, '/me');
    for (const secret of ['583920', '۵۸۳۹۲۰']) {
      await person.readToken();
      await person.post('/lock');
      await person.readToken('/locked');
      equal((await person.post('/locked', { secret })).status, 303, secret);
    }
  });
}

// ---- what cannot be done now is kept ----

const here = { 'Sec-Fetch-Site': 'same-origin' };
const keptOf = (got) => decodeURIComponent(got.go).match(/\/kept\/[0-9a-f]{32}$/)?.[0];

async function kept(chromium, server, athar, data) {
  await account(athar, data, 'kp-lic', 'licensing_officer', await ours(athar, data));
  const lic = new Client(server.port);
  await lic.signIn('kp-lic', password);
  const ask = { name: 'Zoé Ndiaye', document: 'KP-1', channel: 'counter', seen: 'yes', text: 'All, please\r\nby letter' };
  const count = async () => ((await lic.get('/requests')).text.match(/href="\/requests\/[0-9a-f]{64}/g) ?? []).length;
  const unlock = async (next) => {
    await lic.readToken('/locked');
    const got = await lic.post('/locked', { secret: password, next });
    await lic.readToken();
    return got.go;
  };
  let where;
  await test('what was sent while the screen was locked is kept: shown after unlocking, done when it is sent again, once', async () => {
    const before = await count();
    await lic.post('/lock');
    const got = await lic.post('/requests', ask, here);
    where = keptOf(got);
    check(where && got.go.startsWith('/locked?next='), `${got.status} ${got.go}`);
    check(!got.text && !(await lic.get('/locked')).text.includes('Zoé'), 'the locked screen shows it');
    equal(await unlock(where), where);
    equal(await count(), before, 'done without being asked:');
    const page = (await lic.get(where)).text;
    for (const text of ['action="/requests"', 'value="KP-1"', 'Zoé Ndiaye', 'by letter']) check(page.includes(text), text);
    check(!page.includes(`value="${lic.cookies.athar}"`) && page.match(/name="form_token"/g).length >= 2, 'the proof');
    equal((await lic.post('/requests', { ...ask, kept: where.slice(-32) }, here)).status, 303);
    equal(await count(), before + 1);
    equal((await lic.get(where)).go, '/', 'it is still there');
  });
  await test('it is for who sent it alone; without the word of a browser, or with a secret in it, nothing is kept', async () => {
    await lic.post('/lock');
    where = keptOf(await lic.post('/requests', ask, here));
    equal((await lic.post('/requests', ask)).go, '/locked');
    equal((await lic.post('/requests', ask, { 'Sec-Fetch-Site': 'same-site' })).go, '/locked');
    equal((await lic.post('/requests', ask, { ...here, Origin: 'http://evil.example', 'Sec-Fetch-Site': 'cross-site' })).go, '/locked');
    equal((await lic.post('/me/password', { old: password, password: 'four herons sleep on stilts' }, here)).go, '/locked');
    const other = await linked(server, athar, data, 'kp-other', 'licensing_officer');
    equal((await other.get(where)).go, '/');
    equal((await other.post(where)).status, 303);
    equal(await unlock(where), where);
    equal((await lic.get(where)).status, 200, 'thrown away by another:');
    check((await lic.get('/me')).text.includes(`href="${where}"`), 'it cannot be found again');
    check(!(await other.get('/me')).text.includes('/kept/'), 'it is listed to another');
    equal((await lic.post(where)).go, '/');
    equal((await lic.get(where)).go, '/', 'thrown away:');
  });
  await test('of one account the newest twenty are kept; what would give rights is not', async () => {
    await lic.post('/lock');
    const all = [];
    for (let i = 0; i < 23; i++) all.push(keptOf(await lic.post('/requests', { ...ask, text: `no. ${i}` }, here)));
    check(all.every(Boolean), all);
    equal((await lic.post('/accounts', { login: 'planted', role: 'admin' }, here)).go, '/locked');
    equal((await lic.post(`/approvals/${'0'.repeat(64)}`, { judged: 'approve' }, here)).go, '/locked');
    await unlock('/');
    const me = (await lic.get('/me')).text;
    equal(all.filter((where) => me.includes(`href="${where}"`)).length, 20);
    for (const gone of all.slice(0, 3)) equal((await lic.get(gone)).go, '/', 'still there:');
    equal((await lic.get(all[22])).status, 200);
    for (const where of all.slice(3)) await lic.post(where);
  });
  await test('a page of before the unlocking: what it sends is not lost, and not done unseen', async () => {
    const before = await count();
    const old = lic.token;
    await lic.post('/lock');
    await unlock('/');
    const got = await lic.post('/requests', { ...ask, form_token: old }, here);
    equal(got.status, 303);
    check(keptOf(got), got.go);
    equal(await count(), before);
    equal((await lic.post('/requests', { ...ask, form_token: old })).status, 403, 'without the word of a browser:');
  });
  await whole(chromium, 'two tabs: one locks, the other sends; nothing that was typed is lost', {}, async (page, width) => {
    await page.goto(`${server.base}/sign-in`);
    await page.fill('#login', 'kp-lic');
    await page.fill('#password', password);
    await page.click('button.main');
    await page.waitForURL(`${server.base}/`);
    await page.goto(`${server.base}/enter/lost`);
    await page.fill('#firearm', 'G000000001');
    await page.fill('#happened', '2021/3/5');
    const tab = await page.context().newPage();
    await tab.goto(server.base);
    await tab.getByRole('button', { name: 'Lock' }).click();
    await tab.waitForURL('**/locked');
    await tab.close();
    await page.click('button.main');
    await page.waitForURL('**/locked?next=*');
    await page.fill('#secret', password);
    await page.click('button.main');
    await page.waitForURL('**/kept/*');
    await looks(page, 'kept', width);
    equal((await page.locator('dd').allInnerTexts()).join(), 'G000000001,2021/3/5,Named here,person', 'what was typed');
    equal(await page.evaluate(() => document.activeElement === document.body), true, 'it would be sent by a key before it was read:');
    await page.click('button.main');
    await page.waitForURL('**/enter/lost?draft=*');
  });
}

// ---- the hand that presses twice, and Back ----

async function twice(chromium, server, athar, data) {
  await test('pressing twice sends once; after Back the form can be sent again', async () => {
    const boss = await linked(server, athar, data, 'tw-boss', 'administrator');
    const page = await chromium.newPage();
    await page.context().addCookies([{ name: 'athar', value: boss.cookies.athar, url: server.base }]);
    await page.goto(`${server.base}/accounts`);
    await page.fill('#login', 'tw-new');
    await page.selectOption('#role', 'store_keeper');
    await page.dblclick('button.main');
    await page.locator('.shown').waitFor();
    await page.waitForTimeout(300);
    equal(await page.locator('.problem').count(), 0, 'the link is lost behind “taken”:');
    await page.goBack();
    await page.fill('#login', 'tw-newer');
    await page.selectOption('#role', 'store_keeper');
    await page.click('button.main');
    await page.locator('.shown').waitFor();
    check((await page.locator('main').innerText()).includes('tw-newer'), 'the second');
    await page.close();
  });
  await test('without script: a request of a person, and a list, that are sent twice are recorded once; other words are another', async () => {
    const lic = await linked(server, athar, data, 'tw-lic', 'licensing_officer', await ours(athar, data));
    const ask = { name: 'Bo Lind', document: 'TW-1', channel: 'counter', seen: 'yes', text: 'All of it' };
    const first = (await lic.post('/requests', ask)).go;
    equal((await lic.post('/requests', ask)).go, first);
    check((await lic.post('/requests', { ...ask, text: 'All of it, and who looked' })).go !== first, 'other words');
    equal((await lic.post(`/requests/${first.slice(-64)}`, { what: 'answer' })).status, 303);
    check((await lic.post('/requests', ask)).go !== first, 'asked again after the answer');
    const list = { area: 'Elvegata', purpose: 'inspection', case: 'TW-2', reason: 'inspection of the storage of firearms' };
    for (const area of ['Elvegata', 'Elvegata', 'Havnegata']) equal((await lic.post('/lists', { ...list, area })).go, '/lists');
    equal((await lic.get('/lists')).text.match(/TW-2/g).length, 2);
  });
  await test('who is recorded after he asked is told what is held when he is answered, and that it was read', async () => {
    const lic = await officer(server, athar, data, 'ts-lic', 'licensing_officer', await ours(athar, data));
    const request = (await lic.post('/requests', { name: 'Una Dahl', document: 'TS 71-9', channel: 'counter', seen: 'yes', text: 'All of it' })).go;
    check((await lic.get(`${request}/answer`)).text.includes('No record names you'), 'before');
    await lic.record('registered', { mark: 'TS-1', make: 'Taurus', happened: '2020', how: 'KNOWN', to: 'Una Dahl', to_document: 'TS71-9' });
    const page = (await lic.get(`${request}/answer`)).text;
    check(page.includes('One record names you') && page.includes('TS-1'), page.slice(-1200));
    check(/Complaint or request of the person concerned/.test(page.slice(page.indexOf('Who read your data'))), 'who read it');
  });
  await test('names that are open in an emergency say until when', async () => {
    const pol = await linked(server, athar, data, 'tw-pol', 'police_officer');
    equal((await pol.post('/purpose/emergency', { reason: 'shots heard at the market' })).status, 303);
    check(/open in an emergency until [^.]*\d{4}, \d\d:\d\d UTC/.test((await pol.get('/me')).text.replace(/[\u2066-\u2069]/g, '')), 'until when');
  });
}

// ---- what hands and clipboards do ----

async function mistyped(server, athar, data) {
  const lic = await linked(server, athar, data, 'mt-lic', 'licensing_officer', await ours(athar, data));
  const first = (await lic.get('/firearms?id=G000000001')).go;
  await test('a number is found as it is typed or copied: small letters, blanks, Arabic digits, signs that nobody sees', async () => {
    for (const id of [' G000000001 ', 'g000000001', '\u2068G000000001\u2069', '\u200eG000000001\u200f', 'G000000001\u00a0', 'G 000 000 001', 'G٠٠٠٠٠٠٠٠١']) equal((await lic.get(`/firearms?id=${encodeURIComponent(id)}`)).go, first, JSON.stringify(id));
    const wrong = await lic.get(`/firearms?id=${encodeURIComponent('G00000000l')}`);
    equal(wrong.status, 404, 'another letter is another number:');
    check(wrong.text.includes('value="G00000000l"'), 'what was typed');
  });
  await test('dates: the year first, whatever parts it; a day first is refused by what is accepted, and stays', async () => {
    const step = async (happened) => {
      const draft = (await lic.get('/enter/lost')).text.match(/name="draft" value="([0-9a-f]{32})"/)[1];
      return lic.post('/enter/lost', { draft, step: '1', what: 'next', firearm: 'G000000001', happened });
    };
    for (const happened of ['2020/3/5', '2020.03.05', '٢٠٢٠/٣/٥', '\u200e2020-03-05', '2020-03']) equal((await step(happened)).status, 303, happened);
    for (const happened of ['31/12/2020', '2O20-03-05', '2020-02-30']) {
      const got = await step(happened);
      equal(got.status, 400, happened);
      check(got.text.includes(`value="${happened}"`) && (got.text.includes('the year first') || got.text.includes('a day that the calendar has')), happened);
    }
    for (const [day, status] of [['2020/3/5', 200], ['٢٠٢٠', 200], ['5/3/2020', 400]]) equal((await lic.get(`${first}?as_of=${encodeURIComponent(day)}`)).status, status, day);
  });
  await test('a case that was copied off a page is the case', async () => {
    equal((await lic.post('/purpose', { purpose: 'licensing', case: 'MT-1', open: 'yes' })).status, 303);
    equal((await lic.post('/purpose', { purpose: 'licensing', case: '\u2068MT-1\u2069 ' })).status, 303);
  });
}

// Over the sample register.
export async function screensTests(chromium, server, athar, data, ids) {
  await whoWrote(server, athar, data);
  await longList(server, athar, data);
  await shownOnce(chromium, server, athar, data);
  await printed(chromium, server, athar, data);
  await secondProof(server, athar, data);
  await kept(chromium, server, athar, data);
  await twice(chromium, server, athar, data);
  await mistyped(server, athar, data);
}

// What people meet on the way who do their daily work: who wrote a record, long lists, things that are shown once, mistakes of the hand.
import { linked, token } from './accounts.js';
import { Client } from './client.js';
import { officer } from './enter_test.js';
import { check, equal, run, test } from './lib.js';

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

async function longList(server, athar, data) {
  await test('a list of holders looks through a whole register, however many it does not hold', async () => {
    const office = await ours(athar, data);
    const asks = await linked(server, athar, data, 'll-asks', 'licensing_officer', office);
    await asks.post('/purpose', { purpose: 'inspection', case: 'LL-1', open: 'yes' });
    equal((await asks.post('/lists', { area: 'Elvegata', purpose: 'inspection', case: 'LL-1', reason: 'inspection of the storage of firearms' })).go, '/lists');
    let id;
    for (const login of ['ll-one', 'll-two']) {
      const judge = await linked(server, athar, data, login, 'auditor');
      id = (await judge.get('/approvals')).text.match(/action="\/approvals\/([0-9a-f]{64})/)[1];
      equal((await judge.post(`/approvals/${id}`, { what: 'approve' })).status, 303);
    }
    const got = await asks.get(`/lists/${id}`);
    equal(got.status, 200, got.text.match(/<p class="sentence">[^<]*/)?.[0]);
  });
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

// Over the sample register.
export async function screensTests(chromium, server, athar, data, ids) {
  await whoWrote(server, athar, data);
  await longList(server, athar, data);
  await shownOnce(chromium, server, athar, data);
  await secondProof(server, athar, data);
}

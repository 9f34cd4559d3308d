// Entering records: what officers type, right and wrong, through forms without script and through the API; warnings, receipts, sending twice.
import { randomBytes } from 'node:crypto';
import { account, linked, password } from './accounts.js';
import { fits } from './document.js';
import { check, equal, run, test } from './lib.js';
import { looks, whole } from './look.js';

const key = () => randomBytes(16).toString('hex');

export async function officer(server, athar, data, login, role, office) {
  const client = await linked(server, athar, data, login, role, office);
  client.enter = async (kind, fields) => {
    const got = await client.send('POST', `/api/v1/enter/${kind}`, JSON.stringify({ form_token: client.token, key: key(), what: 'record', ...fields }),
      { 'Content-Type': 'application/json' });
    return { status: got.status, ...JSON.parse(got.text) };
  };
  // As one who reads the warnings and sends all the same.
  client.record = async (kind, fields) => {
    const first = await client.enter(kind, { purpose: 'licensing', ...fields });
    const got = first.status === 409 && first.warned ? await client.enter(kind, { purpose: 'licensing', ...fields, warned: first.warned }) : first;
    check(got.status === 201, `${kind}: ${got.status} ${JSON.stringify(got.problems ?? got.detail)}`);
    return { ...got, warnings: first.warnings ?? [] };
  };
  return client;
}

const draftOf = (got) => got.text.match(/name="draft" value="([0-9a-f]{32})"/)?.[1];
const warnedOf = (got) => got.text.match(/name="warned" value="([0-9a-f]{32})"/)?.[1];
const has = (got, words) => check(got.text.includes(words), `${got.status}: no “${words}”`);

async function forms(lic) {
  let got = await lic.get('/enter/registered');
  const draft = draftOf(got);
  const step = (n, fields, what = 'next') => lic.post('/enter/registered', { draft, step: String(n), what, ...fields });
  await test('a mark in words is no mark, and what was typed stays', async () => {
    for (const words of ['sem número', 'NO SERIAL', '---']) {
      got = await step(1, { mark: words });
      equal(got.status, 400, words);
      has(got, `value="${words}"`);
      has(got, 'href="#mark"');
    }
    equal((await step(1, { mark: 'ab 12', mark_state: 'NONE_SEEN' })).status, 400);
    equal((await step(1, { mark: 'x'.repeat(300) })).status, 400);
    equal((await step(1, { mark_state: 'SHINY' })).status, 400);
  });
  await test('a step that is right leads to the next, and Back keeps both', async () => {
    got = await step(1, { mark: 'ATR-44 O1', mark_place: 'FRAME' });
    equal(got.status, 303);
    equal(got.go, `/enter/registered?draft=${draft}&step=2`);
    has(await lic.get(`/enter/registered?draft=${draft}&step=1`), 'value="ATR-44 O1"');
    equal((await step(2, { make: 'Zxqv Arms', year: '19x1' }, 'back')).go, `/enter/registered?draft=${draft}&step=1`);
    has(await lic.get(`/enter/registered?draft=${draft}&step=2`), 'value="19x1"');
    has(await lic.get('/enter'), draft);
  });
  await test('each field is judged where it stands: year, dates, who', async () => {
    equal((await step(2, { make: '', year: '1991' })).status, 400);
    equal((await step(2, { make: 'Zxqv Arms', year: '2191' })).status, 400);
    equal((await step(2, { make: 'Zxqv Arms', model: '85', calibre: '.38 SPL', type: 'revolver', year: '1991' })).status, 303);
    for (const happened of ['31/12/2020', '2020-02-30', '2999', 'yesterday']) equal((await step(3, { happened, how: 'KNOWN', to_who: 'unknown' })).status, 400, happened);
    got = await step(3, { happened: '2020-03', how: 'KNOWN' });
    has(got, 'not known');
    equal((await step(3, { happened: '2020-03', how: 'KNOWN', to: 'Amira Haddad', to_who: 'unknown' })).status, 400);
    equal((await step(3, { happened: '2020-03', how: 'KNOWN', to: 'Amira Haddad', to_document: 'LB-77 1' })).status, 303);
    equal((await step(4, { purpose: 'curiosity' })).status, 400);
    got = await step(4, { purpose: 'licensing', note: 'Brought by <b>Karim</b>' });
    equal(got.go, `/enter/registered?draft=${draft}&step=check`);
  });
  await test('before it is sent: the answers, and that the make is in no list', async () => {
    got = await lic.get(`/enter/registered?draft=${draft}&step=check`);
    has(got, 'ATR-44 O1');
    has(got, 'Zxqv Arms” is not in the list');
    has(got, 'No permit is given');
    check(/read as <bdi[^>]*>\.38 Special/.test(got.text) && !/read as <bdi[^>]*>Revolver/.test(got.text), 'capitals make another word, or another word is not told');
    has(got, 'Brought by &lt;b&gt;Karim');
  });
  await test('another officer has no part in it', async () => {
    equal((await lic.other.get(`/enter/registered?draft=${draft}&step=1`)).status, 404);
    equal((await lic.other.post('/enter/registered', { draft, what: 'record', warned: warnedOf(got) })).status, 404);
  });
  await test('a permit in a later step than the firearm it is for is taken there', async () => {
    const id = draftOf(await lic.get('/enter/registered'));
    const next = (n, fields) => lic.post('/enter/registered', { draft: id, step: String(n), what: 'next', ...fields });
    equal((await next(1, { mark: 'ATR-45' })).status, 303);
    equal((await next(2, { make: 'Taurus' })).status, 303);
    equal((await next(3, { happened: '2020-03', how: 'KNOWN', to_who: 'unknown', permit: 'L-1970' })).go, `/enter/registered?draft=${id}&step=4`);
    has(await lic.get(`/enter/registered?draft=${id}&step=check`), 'L-1970');
    equal((await lic.post('/enter/registered', { draft: id, what: 'discard' })).go, '/enter');
  });
  let receipt;
  await test('it is recorded once, however often the button is pressed', async () => {
    equal((await lic.post('/enter/registered', { draft, what: 'record', warned: 'f'.repeat(32) })).status, 409);
    const send = () => lic.post('/enter/registered', { draft, what: 'record', warned: warnedOf(got) });
    const answers = await Promise.all([send(), send(), send(), send()]);
    for (const a of answers) equal(a.go, answers[0].go);
    equal(answers[0].status, 303);
    receipt = answers[0].go;
    equal((await send()).go, receipt);
    equal((await lic.get(`/enter/registered?draft=${draft}&step=check`)).go, receipt);
    check(!(await lic.get('/enter')).text.includes(draft), 'the draft is still there');
  });
  await test('the receipt has the line and the code, and the line holds', async () => {
    const page = await lic.get(receipt);
    has(page, 'class="code"');
    check(/ATHAR1/.test(page.text), 'no line');
    const json = JSON.parse((await lic.get(`/api/v1${receipt}`)).text);
    fits('ReceiptPage', json);
    equal(json.subjects.length, 1);
    lic.gun = json.subjects[0].subject;
    lic.first = json.record;
  });
  await test('an entry that is thrown away is gone', async () => {
    const page = await lic.get('/enter/lost');
    const id = draftOf(page);
    await lic.post('/enter/lost', { draft: id, step: '1', what: 'next', firearm: lic.gun, happened: '2021' });
    equal((await lic.post('/enter/lost', { draft: id, step: '1', what: 'discard' })).go, '/enter');
    equal((await lic.get(`/enter/lost?draft=${id}`)).status, 404);
  });
}

async function doubles(lic) {
  await test('a double serial warns, says on what, and is recorded', async () => {
    const got = await lic.record('registered', { mark: 'ATR-44 O1', make: 'Taurus', type: 'revolver', happened: '2021-01-01', how: 'KNOWN', to_who: 'unknown' });
    check(got.warnings.some((w) => w.key.startsWith('entry.same_mark') && w.subject === lic.gun), JSON.stringify(got.warnings));
  });
  await test('a sign that nobody sees is refused in its place; at the ends it falls away', async () => {
    const gun = { what: 'check', make: 'Taurus', happened: '2021', how: 'KNOWN', to: 'علی\u200cرضا', purpose: 'licensing' };
    const bad = await lic.enter('registered', { ...gun, mark: 'AB\u202e12', model: 'P\u2066T' });
    equal(bad.status, 400);
    equal(bad.problems.map((x) => `${x.field} ${x.value}`).join(), 'mark AB[U+202E]12,model P[U+2066]T');
    equal((await lic.enter('registered', { ...gun, mark: '\u200eAB-1277\u200f' })).status, 200);
  });
  await test('a look-alike (0 for O) is named', async () => {
    const got = await lic.enter('registered', { what: 'check', mark: 'ATR-4401', make: 'Zxqv Arms', happened: '2021-01-01', how: 'KNOWN', to_who: 'unknown', purpose: 'licensing' });
    equal(got.status, 200);
    fits('EntryCheck', (({ status, ...rest }) => rest)(got));
    check(got.warnings.some((w) => w.key === 'entry.look_alike'), JSON.stringify(got.warnings));
  });
  await test('calibre and type that do not belong together are named', async () => {
    const got = await lic.enter('registered', { what: 'check', mark: 'Q1', make: 'Taurus', calibre: '12 gauge', type: 'revolver', happened: '2021', how: 'KNOWN', to_who: 'unknown', purpose: 'licensing' });
    check(got.warnings.some((w) => w.key === 'entry.calibre_unlikely'), JSON.stringify(got.warnings));
  });
}

async function lives(lic, pol) {
  const sale = { firearm: lic.gun, happened: '2022-02-02', from_who: 'holder', to: 'Bo Lind', to_document: 'SE-1', purpose: 'licensing' };
  await test('a firearm that is not there is said where it was typed', async () => {
    const got = await lic.enter('sold', { ...sale, firearm: 'nowhere' });
    equal(got.status, 400);
    equal(got.problems[0].field, 'firearm');
    equal(got.problems[0].value, 'nowhere');
    check(got.problems[0].want.length > 10, 'what is wanted');
  });
  const once = { ...sale, key: key() };
  await test('sent again under its key a sale is the same record; with other words it is refused', async () => {
    const first = await lic.record('sold', once);
    const again = await lic.enter('sold', once);
    equal(again.status, 200);
    equal(again.record, first.record);
    equal(again.recorded_before, true);
    const other = await lic.enter('sold', { ...once, to: 'Bo Lund' });
    equal(other.status, 409);
    check(/sent before/.test(other.detail), other.detail);
  });
  await test('contradictions with its life are named and not forbidden', async () => {
    const got = await lic.record('sold', { ...sale, happened: '2022-03-03', from_who: undefined, from: 'Never Held', to: 'Third Person' });
    check(got.warnings.some((w) => w.key === 'contradiction.not_holder' && w.contradiction), JSON.stringify(got.warnings));
    const trace = JSON.parse((await lic.get(`/api/v1/firearms/${lic.gun}`)).text);
    equal(trace.contradictions.length, 1);
    await lic.record('cancelled', { record: got.record, reason: 'entered for the wrong firearm' });
    equal(JSON.parse((await lic.get(`/api/v1/firearms/${lic.gun}`)).text).contradictions?.length ?? 0, 0);
  });
  await test('a document number that somebody else has is named', async () => {
    const got = await lic.enter('sold', { ...sale, what: 'check', to: 'Someone Else' });
    check(got.warnings.some((w) => w.key === 'entry.known_by_another_name'), JSON.stringify(got.warnings));
  });
  await test('stolen, recovered without being identified, joined: each record by who may', async () => {
    await lic.record('stolen', { firearm: lic.gun, happened: '2022-05', place: 'Harbour district', victim_who: 'holder', circumstances: 'from a locked car' });
    equal((await lic.enter('recovered', { mark: 'ATR-?4 O1', happened: '2022-06-06', place: 'Market', purpose: 'licensing' })).status, 403);
    const got = await pol.record('recovered', { mark: 'ATR-?4 O1', mark_place: 'FRAME', make: 'unknown', type: 'revolver', happened: '2022-06-06', place: 'Market', with: 'Ola Nu',
      suspect: 'Pia Quist', witness: 'Rut Sand', opinion: 'the suspect lied', circumstances: 'at a stall', purpose: 'criminal_investigation', case: 'C-77' });
    check(got.subject && got.subject !== lic.gun, 'no firearm of its own');
    pol.found = got.subject;
    await pol.record('same_gun', { firearm: lic.gun, other: got.subject, happened: '2022-06-07', reason: 'frame compared by hand', purpose: 'criminal_investigation' });
    const trace = JSON.parse((await lic.get(`/api/v1/firearms/${lic.gun}`)).text);
    check(trace.steps.some((s) => s.kind === 'recovered'), 'the recovery is not in its life');
  });
  await test('a record of another office is not corrected, nor one that nobody enters', async () => {
    const got = await lic.other.enter('cancelled', { record: lic.first, reason: 'x', purpose: 'licensing' });
    equal(got.status, 400);
    check(/another office/.test(got.problems[0].sentence), got.problems[0].sentence);
    equal((await lic.enter('cancelled', { record: 'f'.repeat(64), reason: 'x', purpose: 'licensing' })).status, 400);
  });
  await test('a correction changes what is said of the mark, and keeps the date and the holder', async () => {
    await lic.record('corrected', { record: lic.first, reason: 'read again in daylight', mark: 'ATR-44 Q1', make: 'Taurus' });
    const trace = JSON.parse((await lic.get(`/api/v1/firearms/${lic.gun}`)).text);
    check(trace.marks.some((m) => m.text === 'ATR-44 Q1'), JSON.stringify(trace.marks));
    check(trace.steps.some((s) => s.kind === 'corrected' && s.happened === '2020-03'), 'its date');
  });
  await test('destroyed with its method; what follows contradicts', async () => {
    const made = await lic.record('registered', { mark: 'D-1', make: 'Taurus', happened: '2020', how: 'KNOWN', to_who: 'unknown' });
    equal((await lic.enter('destroyed', { firearm: made.subject, happened: '2021-01-01', method: 'DEEP_SEA', purpose: 'licensing' })).status, 400);
    await lic.record('destroyed', { firearm: made.subject, happened: '2021-01-01', method: 'SMELT' });
    const sold = await lic.enter('sold', { what: 'check', firearm: made.subject, happened: '2022-01-01', from_who: 'unknown', to: 'X', purpose: 'licensing' });
    check(sold.warnings.some((w) => w.key === 'contradiction.after_destroyed'), JSON.stringify(sold.warnings));
  });
}

async function permits(lic) {
  const bo = { to: 'Bo Lind', to_document: 'SE-1' };
  const gun = (await lic.record('registered', { mark: 'P-0001', make: 'Taurus', happened: '2020', how: 'KNOWN', ...bo })).subject;
  await test('a permit is issued once under its number', async () => {
    await lic.record('permit_issued', { ...bo, permit: 'L-1', happened: '2020-01-01' });
    equal((await lic.enter('permit_issued', { ...bo, permit: 'L-1', happened: '2020-01-02', purpose: 'licensing' })).problems[0].field, 'permit');
    const sale = { what: 'check', firearm: gun, happened: '2024-01-01', from_who: 'holder', to: 'Cy Dahl', purpose: 'licensing' };
    const of = async (permit) => (await lic.enter('sold', { ...sale, permit })).warnings.map((w) => w.key);
    check((await of('L-404')).includes('entry.permit_unknown'), 'unknown');
    check((await of('L-1')).includes('entry.permit_of_another'), 'of another');
  });
  let order;
  await test('a protection order suspends the permit, makes the firearm due, and lets no new permit be issued', async () => {
    order = await lic.record('protection_order', { party: 'Bo Lind', party_document: 'SE-1', happened: '2023-01-01', case: 'PO-1' });
    const trace = JSON.parse((await lic.get(`/api/v1/firearms/${gun}`)).text);
    check(trace.warnings.some((w) => w.key === 'warn.surrender_due'), JSON.stringify(trace.warnings));
    const again = await lic.enter('permit_issued', { ...bo, permit: 'L-2', happened: '2023-02-02', purpose: 'licensing' });
    equal(again.status, 400);
    check(/protection order/i.test(again.problems[0].sentence), again.problems[0].sentence);
    const buys = await lic.enter('sold', { what: 'check', firearm: lic.gun, happened: '2023-03-03', from_who: 'unknown', ...bo, permit: 'L-1', purpose: 'licensing' });
    for (const k of ['entry.under_order', 'entry.permit_suspended']) check(buys.warnings.some((w) => w.key === k), `${k}: ${JSON.stringify(buys.warnings)}`);
  });
  await test('surrendered it is due no more; lifted, the permit is as before', async () => {
    await lic.record('surrendered', { firearm: gun, happened: '2023-01-05', by_who: 'holder' });
    const trace = JSON.parse((await lic.get(`/api/v1/firearms/${gun}`)).text);
    check(!(trace.warnings ?? []).some((w) => w.key === 'warn.surrender_due'), 'still due');
    await lic.record('order_lifted', { record: order.record, happened: '2023-06-06', reason: 'the court ended it' });
    const buys = await lic.enter('sold', { what: 'check', firearm: lic.gun, happened: '2023-07-07', from_who: 'unknown', ...bo, permit: 'L-1', purpose: 'licensing' });
    equal(buys.status, 200);
    check(!(buys.warnings ?? []).some((w) => /order|suspended/.test(w.key)), JSON.stringify(buys.warnings));
    await lic.record('permit_ended', { permit: 'L-1', happened: '2024-01-01', reason: 'given back' });
    equal((await lic.enter('permit_ended', { permit: 'L-404', happened: '2024', reason: 'x', purpose: 'licensing' })).status, 400);
  });
}

async function byHostileHand(lic) {
  const post = (body, type = 'application/json') => lic.send('POST', '/api/v1/enter/lost', body, { 'Content-Type': type });
  const body = { form_token: lic.token, key: key(), what: 'record', firearm: lic.gun, happened: '2021', purpose: 'licensing' };
  await test('the API takes no entry without the session’s token, nor what is no object of texts', async () => {
    equal((await post(JSON.stringify({ ...body, form_token: '' }))).status, 403);
    equal((await post(JSON.stringify({ ...body, form_token: 'f'.repeat(32) }))).status, 403);
    for (const bad of ['', '[]', '{"what":1}', '{"a":"1","a":"2"}', '{"what":"record\\u0000"}']) equal((await post(bad)).status, 400, bad);
    equal((await post(JSON.stringify(body), 'text/plain')).status, 400);
    equal((await post(JSON.stringify({ ...body, key: 'short' }))).status, 400);
    equal((await post(JSON.stringify({ ...body, what: 'perhaps' }))).status, 400);
    equal((await lic.get('/enter/erased')).status, 404);
    equal((await lic.get('/enter/lost?draft=zz')).status, 400);
    equal((await lic.get('/enter/lost?step=9')).status, 400);
  });
  await test('lists and forms fit the document', async () => {
    fits('EntryKinds', JSON.parse((await lic.get('/api/v1/enter')).text));
    fits('EntryForm', JSON.parse((await lic.get('/api/v1/enter/stolen?step=2')).text));
  });
}

// Text, victims, suspects, witnesses and opinions: who reads which.
async function whoSees(lic, pol, lab) {
  const step = async (client) => JSON.parse((await client.get(`/api/v1/firearms/${pol.found}`)).text).steps.find((s) => s.kind === 'recovered');
  const named = (s, role) => (s.parties ?? []).find((p) => p.role === role)?.name;
  await test('free text and names are closed together', async () => {
    for (const client of [lic, lab]) {
      const s = await step(client);
      equal(s.circumstances, undefined);
      equal(s.opinion, undefined);
      equal(s.text_closed, true);
      check(!JSON.stringify(s).includes('stall') && !JSON.stringify(s).includes('Quist'), 'told');
    }
    const raw = await lic.get(`/records/${(await step(lic)).record}`);
    check(!raw.text.includes('stall') && !raw.text.includes('lied'), 'the record’s own page tells');
  });
  await test('with a case the investigator reads facts, persons of the case and the opinion', async () => {
    equal((await pol.post('/purpose', { purpose: 'criminal_investigation', case: 'C-77', open: 'yes' })).status, 303);
    const s = await step(pol);
    equal(s.circumstances, 'at a stall');
    equal(s.opinion, 'the suspect lied');
    equal(named(s, 'suspect'), 'Pia Quist');
    equal(named(s, 'witness'), 'Rut Sand');
    equal(named(s, 'found_with'), 'Ola Nu');
  });
  await test('a licensing officer reads facts and holders, no persons of the case and no opinion', async () => {
    equal((await lic.post('/purpose', { purpose: 'licensing', case: 'L-9', open: 'yes', firearm: pol.found })).status, 303);
    const s = await step(lic);
    equal(s.circumstances, 'at a stall');
    equal(s.opinion, undefined);
    for (const role of ['suspect', 'witness', 'found_with']) equal(named(s, role), undefined, role);
    check((s.parties ?? []).some((p) => p.role === 'suspect'), 'that there is a suspect is no secret');
  });
}

export async function enterTests(server, athar, data) {
  const office = (await run(athar, ['account', 'list', '--data', data])).out.toString().match(/"office":"([^"]+)"/)[1];
  const lic = await officer(server, athar, data, 'enters', 'licensing_officer', office);
  const pol = await officer(server, athar, data, 'patrols', 'police_officer', office);
  const lab = await officer(server, athar, data, 'looks', 'laboratory', office);
  lic.other = await officer(server, athar, data, 'elsewhere', 'licensing_officer', 'another office');
  await forms(lic);
  await doubles(lic);
  await lives(lic, pol);
  await permits(lic);
  await byHostileHand(lic);
  await whoSees(lic, pol, lab);
}

// The screens: without script, by keyboard, at both widths, right to left; mistakes typed in.
export async function enterPages(browser, server, athar, data) {
  await account(athar, data, 'screens', 'licensing_officer');
  const signIn = async (page) => {
    await page.goto(`${server.base}/sign-in`);
    await page.fill('#login', 'screens');
    await page.fill('#password', password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.base}/`);
  };
  await whole(browser, 'a firearm is registered without script, with mistakes on the way', { javaScriptEnabled: false }, async (page, width) => {
    await signIn(page);
    await page.goto(`${server.base}/enter`);
    await page.click('text=Registered');
    await page.fill('#mark', 'no number');
    await page.click('button.main');
    await page.click('.problem a');
    await page.fill('#mark', `SCR-${width}-O0`);
    await page.click('button.main');
    await page.fill('#make', 'Taurus');
    await page.click('button.main');
    await page.fill('#happened', '2020-13');
    await page.click('button.main');
    equal(await page.inputValue('#happened'), '2020-13');
    await page.fill('#happened', '2020-12');
    await page.selectOption('#how', 'KNOWN');
    await page.fill('#to', 'Zoé Ndiaye');
    await page.click('button.main');
    await page.selectOption('#purpose', 'licensing');
    await page.click('button.main');
    check((await page.locator('main').innerText()).includes(`SCR-${width}-O0`), 'the mark is not shown before it is sent');
    await page.click('text=Record it');
    check(await page.locator('.datamatrix svg').isVisible(), 'no code on the receipt');
  });
  await whole(browser, 'the screens of entering, also right to left', {}, async (page, width) => {
    await signIn(page);
    await page.goto(`${server.base}/enter`);
    await looks(page, 'enter-list', width);
    await page.goto(`${server.base}/enter/stolen?step=2`);
    await looks(page, 'enter-persons', width);
    await page.goto(`${server.base}/enter/sold`);
    await page.fill('#firearm', 'nowhere');
    await page.click('button.main');
    await looks(page, 'enter-problem', width);
    const described = await page.evaluate(() => [...document.querySelectorAll('[aria-describedby]')].map((e) => [e.id, e.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id)?.textContent ?? `no ${id}`).join(' ')]));
    check(described.some(([id, text]) => id === 'happened' && text.includes('When it happened is empty')) && described.some(([id, text]) => id === 'firearm' && text.includes('nowhere')), `what is wrong is not read out with its field: ${JSON.stringify(described)}`);
    check(described.every(([, text]) => !/\bno [a-z_]+-(hint|error)/.test(text)), JSON.stringify(described));
    await page.goto(`${server.base}/enter/sold?lang=ar`);
    await looks(page, 'enter-sold-ar', width);
  });
}

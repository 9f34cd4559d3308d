// Persons who ask what is held, lists of holders, surrenders, and the log of openings as a whole: each as somebody with the right, and without.
import { Client } from './client.js';
import { fits } from './document.js';
import { officer } from './enter_test.js';
import { check, equal, run, test } from './lib.js';
import { looks, whole } from './look.js';

const password = 'three otters carry a lantern';
const codeOf = (got) => got.text.match(/id="lettercode"><bdi dir="ltr">([0-9A-Z ]+)</)[1];
const idOf = (got) => got.go.match(/[0-9a-f]{64}/)[0];

async function requests(lic, other, auditor, server) {
  const held = { to: 'Mona Grip', to_document: 'NO-77 5', to_address: 'Elvegata 3, Vardø' };
  const gun = (await lic.record('registered', { mark: 'RQ-1', make: 'Taurus', happened: '2020', how: 'KNOWN', ...held })).subject;
  await lic.record('stolen', { firearm: gun, happened: '2022', place: 'Vardø', victim_who: 'holder', suspect: 'Mona Grip', suspect_document: 'NO-77 5' });
  const ask = { name: 'Mona Grip', document: 'NO77-5', channel: 'counter', seen: 'yes', text: 'Everything, please' };
  let id;
  await test('nobody gets an answer whom nobody has identified, and what was typed stays', async () => {
    const got = await lic.post('/requests', { ...ask, seen: '' });
    equal(got.status, 400);
    check(got.text.includes('value="Mona Grip"') && got.text.includes('Everything, please'), 'what was typed');
    const letter = (await lic.post('/requests', { ...ask, channel: 'letter', document: '' }));
    equal(letter.status, 400);
    check(/value="letter" checked/.test(letter.text) && /name="seen" value="yes" checked/.test(letter.text), 'what was chosen');
    equal((await lic.post('/requests', { ...ask, channel: 'dream' })).status, 400);
  });
  await test('a request has its term, in its office alone', async () => {
    const got = await lic.post('/requests', ask);
    equal(got.status, 303);
    id = idOf(got);
    const page = (await lic.get('/requests')).text;
    check(page.includes(id) && /until \d+ \w+ \d{4}/.test(page), 'no term');
    check(!(await other.get('/requests')).text.includes(id), 'another office sees it');
    equal((await other.get(`/requests/${id}`)).status, 404);
    equal((await other.post(`/requests/${id}`, { what: 'answer' })).status, 404);
  });
  await test('the answer has his records, none where he is a suspect, why not, and who looked', async () => {
    await lic.post('/purpose', { purpose: 'licensing', case: 'RQ-9', open: 'yes', firearm: gun });
    check((await lic.get(`/firearms/${gun}`)).text.includes('Mona Grip'), 'no name');
    const page = (await lic.get(`/requests/${id}/answer`)).text;
    check(page.includes('as new holder') && page.includes('as victim') && !page.includes('To whom'), 'what he was in it is not said in words for him');
    for (const text of ['Mona Grip', 'Elvegata 3', 'RQ-1', 'Registered', 'an investigation would suffer', 'Licensing', 'statement of correction']) check(page.includes(text), `no ${text}`);
    check(!page.includes('Suspect'), 'that he is a suspect');
    check(!page.includes('enters'), 'the name of who looked');
  });
  await test('a refusal needs its reason, and nothing follows that the state does not allow', async () => {
    equal((await lic.post(`/requests/${id}`, { what: 'refuse' })).status, 400);
    equal((await lic.post(`/requests/${id}`, { what: 'appeal', text: 'I appeal at once' })).status, 409);
    equal((await lic.post(`/requests/${id}/letter`)).status, 404);
    equal((await lic.post(`/requests/${id}`, { what: 'forget' })).status, 400);
    equal((await lic.post(`/requests/${id}`, { what: 'keep', text: 'not my right' })).status, 403);
    equal((await lic.post(`/requests/${id}`, { what: 'answer' })).go, `/requests/${id}`);
    equal((await lic.post(`/requests/${id}`, { what: 'refuse', text: 'too late to refuse' })).status, 409);
  });
  await test('by the code of a letter he reads it at home, and no other code opens anything', async () => {
    const letter = await lic.post(`/requests/${id}/letter`);
    const code = codeOf(letter);
    check(letter.text.includes(`>${server.base}/mine<`), 'the whole address is not in the letter');
    equal(code.split(' ').map((g) => g.length).join(), '5,5,5,5,5,1', 'groups');
    const home = new Client(server.port);
    const page = await home.post('/mine', { letter: code.toLowerCase() });
    equal(page.status, 200);
    check(page.text.includes('Elvegata 3'), 'no answer');
    const wrong = await home.post('/mine', { letter: 'A'.repeat(26) });
    equal(wrong.status, 403);
    check(wrong.text.includes(`value="${'A'.repeat(26)}"`), 'a code of 26 characters is to be typed anew');
    const next = codeOf(await lic.post(`/requests/${id}/letter`));
    equal((await home.post('/mine', { letter: code })).status, 403, 'an older code:');
    equal((await home.post('/mine', { letter: next }, { Origin: 'http://evil.example' })).status, 403, 'another site:');
    const tries = [];
    for (let i = 0; i < 6; i++) tries.push((await home.post('/mine', { letter: 'B'.repeat(26) })).status);
    check(tries.includes(429), tries.join());
  });
  await test('statement and appeal are recorded; who answered does not decide, somebody else does', async () => {
    equal((await lic.post(`/requests/${id}`, { what: 'statement', text: 'I sold it in 2021 to my brother' })).status, 303);
    equal((await lic.post(`/requests/${id}`, { what: 'appeal', text: 'I was not told all' })).status, 303);
    check((await lic.get(`/requests/${id}/answer`)).text.includes('I sold it in 2021'), 'no statement in the answer');
    equal((await auditor.post(`/requests/${id}`, { what: 'answer' })).status, 403);
    equal((await auditor.post(`/requests/${id}`, { what: 'change', text: 'the theft is to be told as well' })).status, 303);
    check((await lic.get(`/requests/${id}`)).text.includes('waits for the answer'), 'not to be answered anew');
  });
  await test('a refusal is read with its reason, and no record', async () => {
    const second = idOf(await lic.post('/requests', ask));
    await lic.post(`/requests/${second}`, { what: 'refuse', text: 'section 5: asked and answered this month; the court hears appeals' });
    const page = (await lic.get(`/requests/${second}/answer`)).text;
    check(page.includes('section 5') && !page.includes('Elvegata'), page.slice(0, 200));
  });
  await test('who is not on record is told so', async () => {
    const third = idOf(await lic.post('/requests', { ...ask, name: 'Nobody Known', document: 'XX-0' }));
    check((await lic.get(`/requests/${third}/answer`)).text.includes('No record names you'), 'something is held');
  });
}

async function lists(lic, one, two) {
  const ask = { area: 'vardø', purpose: 'inspection', case: 'I-1', reason: 'inspection of the storage of firearms' };
  let id;
  await test('a list is asked for with a purpose, a case, a reason, and an area or group', async () => {
    for (const bad of [{ purpose: '' }, { case: '' }, { reason: 'short' }, { area: 'v' }, { make: 'Zxqv Arms' }]) equal((await lic.post('/lists', { ...ask, ...bad })).status, 400, JSON.stringify(bad));
    check((await lic.post('/lists', { ...ask, area: 'v' })).text.includes('Area is outside its range: “<bdi') || (await lic.post('/lists', { ...ask, area: 'v' })).text.includes('Area is outside its range: “v'), 'an area that is too short');
    check(/value="inspection" selected/.test((await lic.post('/lists', { ...ask, reason: 'short' })).text), 'the purpose that was chosen');
    equal((await lic.post('/lists', ask)).go, '/lists');
    const wanted = (await one.get('/approvals')).text;
    check(wanted.includes('Inspection of a dealer or store') && wanted.includes('vardø') && !wanted.includes('aria-label="Decide: <'), 'who approves does not read what for');
    id = wanted.match(/\/approvals\/([0-9a-f]{64})/)[1];
    equal((await lic.get(`/lists/${id}`)).status, 404, 'without approval:');
  });
  await test('one approval is not enough, nor the same person twice', async () => {
    equal((await one.post(`/approvals/${id}`, { what: 'approve' })).status, 303);
    equal((await lic.get(`/lists/${id}`)).status, 404);
    equal((await one.post(`/approvals/${id}`, { what: 'approve' })).status, 403);
    equal((await lic.get(`/lists/${id}`)).status, 404);
    equal((await two.post(`/approvals/${id}`, { what: 'approve' })).status, 303);
  });
  await test('two approvals: the list, for who asked alone, each reading logged for each person', async () => {
    const page = await lic.get(`/lists/${id}`);
    equal(page.status, 200);
    check(page.text.includes('Mona Grip') && !page.text.includes('Amira Haddad'), 'who lives there');
    const party = async () => (await two.get('/openings')).text.split('>list of holders<').length - 1;
    const before = await party();
    await lic.get(`/lists/${id}`);
    equal((await party()) - before, 1);
  });
  await test('a refusal ends it', async () => {
    await lic.post('/lists', { ...ask, area: '', make: 'Taurus' });
    const next = (await one.get('/approvals')).text.match(/\/approvals\/([0-9a-f]{64})/)[1];
    equal((await one.post(`/approvals/${next}`, { what: 'refuse', reason: 'too wide' })).status, 303);
    equal((await two.post(`/approvals/${next}`, { what: 'approve' })).status, 404);
    equal((await lic.get(`/lists/${next}`)).status, 404);
  });
}

async function surrenders(lic, pol) {
  await test('what is due for surrender is listed until the State holds it or the order is lifted', async () => {
    const gun = (await lic.record('registered', { mark: 'SU-1', make: 'Taurus', happened: '2020', how: 'KNOWN', to: 'Per Dahl', to_document: 'NO-9' })).subject;
    fits('Surrenders', JSON.parse((await pol.get('/api/v1/surrenders')).text));
    const due = async () => JSON.parse((await pol.get('/api/v1/surrenders')).text).orders.flatMap((o) => o.firearms.map((f) => f.subject)).includes(gun);
    const nobody = await pol.enter('protection_order', { what: 'check', party: 'Per Dahl', party_document: 'NO-90', happened: '2024', case: 'PO-7', purpose: 'licensing' });
    check(nobody.warnings.some((w) => w.key === 'entry.order_over_nothing'), JSON.stringify(nobody));
    const order = await pol.record('protection_order', { party: 'Per Dahl', party_document: 'NO-9', happened: '2024', case: 'PO-7' });
    check(await due(), 'not listed');
    const shown = (await pol.get('/surrenders')).text;
    check(shown.includes('>SU-1<') && shown.includes('Forjas Taurus'), 'which firearm is not said');
    const sale = await lic.enter('sold', { what: 'check', firearm: gun, happened: '2024-01', from_who: 'holder', to: 'Una', purpose: 'licensing' });
    check(sale.warnings.some((w) => w.key === 'entry.giver_under_order'), JSON.stringify(sale));
    check(!(await pol.get('/surrenders')).text.includes('Per Dahl'), 'a name without purpose');
    await pol.record('surrendered', { firearm: gun, happened: '2024-02', by_who: 'holder' });
    check(!(await due()), 'still listed');
    await pol.record('order_lifted', { record: order.record, happened: '2024-03', reason: 'the court ended it' });
    check(!(await pol.get('/surrenders')).text.includes(order.record), 'the order is still there');
  });
}

async function openings(auditor, reader, athar, data) {
  await test('totals by purpose name nobody, and small counts are not told', async () => {
    const page = (await auditor.get('/openings/totals')).text;
    check(page.includes('Licensing') && page.includes('below 5') && !page.includes('asks-lic') && !page.includes('Mona'), 'totals');
    const totals = JSON.parse((await auditor.get('/api/v1/openings/totals')).text);
    fits('OpeningTotals', totals);
    equal(totals.months.length, 13);
    for (const m of totals.months) for (const p of m.purposes) check(p.count === undefined || p.count >= 5, JSON.stringify(p));
  });
  await test('the openings in Arabic: doors in words, Arabic commas, no texts run together', async () => {
    const cookies = { ...auditor.cookies };
    const page = (await auditor.get('/openings?lang=ar')).text;
    auditor.cookies = cookies;
    check(/<td[^>]*>صفحة</.test(page) && /<td[^>]*>قائمة حائزين</.test(page), 'doors');
    check(!/<td[^>]*>(page|list|api|terminal)</.test(page) && !/<\/span>[^ <]/.test(page), 'raw words, or no space between two texts');
    const approvals = (await auditor.get('/approvals?lang=ar')).text;
    auditor.cookies = cookies;
    check(/من <bdi[^>]*>[^<]*<\/bdi>، /.test(approvals) && !/<\/bdi>, /.test(approvals), 'a Latin comma');
  });
  await test('entries of the log go to auditors who have signed in, and to no cache', async () => {
    const size = Number((await auditor.get('/log/checkpoint')).text.split('\n')[1]);
    const got = await auditor.get(`/log/tile/entries/000${size < 256 ? `.p/${size}` : ''}`);
    equal(got.status, 200);
    check(got.text.includes('ATHR'), 'no record');
    check(/no-store/.test(got.headers['cache-control']), got.headers['cache-control']);
    equal((await reader.get(`/log/tile/entries/000.p/${size}`)).status, 403);
    equal((await auditor.get('/log/tile/entries/999')).status, 404);
  });
  await test('athar access: verify anchors, prune keeps the term, totals as JSON', async () => {
    const first = JSON.parse((await run(athar, ['access', 'verify', '--data', data])).out.toString());
    check(first.size > 5, JSON.stringify(first));
    const second = JSON.parse((await run(athar, ['access', 'verify', '--data', data])).out.toString());
    equal(second.anchored, second.size);
    equal((await run(athar, ['access', 'prune', '--data', data, '--days', '3'])).code, 1);
    equal(JSON.parse((await run(athar, ['access', 'prune', '--data', data])).out.toString()).removed, 0);
    equal(JSON.parse((await run(athar, ['access', 'totals', '--data', data])).out.toString()).months.length, 13);
  });
}

export async function requestTests(chromium, server, athar, data) {
  const office = (await run(athar, ['account', 'list', '--data', data])).out.toString().match(/"office":"([^"]+)"/)[1];
  const lic = await officer(server, athar, data, 'asks-lic', 'licensing_officer', office);
  const pol = await officer(server, athar, data, 'asks-pol', 'police_officer', office);
  const other = await officer(server, athar, data, 'asks-other', 'licensing_officer', 'another office');
  const one = await officer(server, athar, data, 'asks-one', 'auditor', office);
  const two = await officer(server, athar, data, 'asks-two', 'auditor', office);
  await requests(lic, other, two, server);
  await lists(lic, one, two);
  await surrenders(lic, pol);
  await openings(two, lic, athar, data);
  const cookie = { name: 'athar', value: lic.cookies.athar, url: server.base };
  const first = (await lic.get('/requests')).text.match(/\/requests\/([0-9a-f]{64})/)[1];
  const answered = (await lic.post('/requests', { name: 'Mona Grip', document: 'NO77-5', channel: 'letter', seen: 'yes', text: 'By letter, please' })).go;
  equal((await lic.post(answered, { what: 'answer' })).status, 303);
  await whole(chromium, 'the pages of requests, lists and surrenders', {}, async (page, width) => {
    await page.context().addCookies([cookie]);
    for (const [name, path] of [['requests', '/requests'], ['request', `/requests/${first}`], ['answer', `/requests/${first}/answer`], ['lists', '/lists'], ['surrenders', '/surrenders'],
      ['mine', '/mine'], ['requests-ar', '/requests?lang=ar'], ['answer-ar', `/requests/${first}/answer?lang=ar`],
      ['lists-ar', '/lists?lang=ar'], ['surrenders-ar', '/surrenders?lang=ar']]) {
      await page.goto(server.base + path);
      await looks(page, name, width);
    }
    await page.goto(`${server.base}${answered}?lang=en`);
    await page.click('form[action$="/letter"] button');
    await looks(page, 'letter', width);
    const broken = await page.evaluate(() => {
      const text = document.querySelector('#lettercode bdi').firstChild;
      return [...text.data.matchAll(/\S+/g)].filter((m) => {
        const range = document.createRange();
        range.setStart(text, m.index);
        range.setEnd(text, m.index + m[0].length);
        return range.getClientRects().length > 1;
      }).map((m) => m[0]).join();
    });
    equal(broken, '', 'a group of the code is broken over two lines');
    check(/<p class="source"><bdi>[^<]+<\/bdi>, \d+ \w+ \d{4}<\/p>/.test(await page.content()), 'who sends the letter, and when, is not said');
  });
}

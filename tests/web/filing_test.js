// Machines that file records: what their token names and no more, sent twice, what they are told of persons, and many records at once.
import { randomBytes } from 'node:crypto';
import { token } from './accounts.js';
import { Client } from './client.js';
import { fits } from './document.js';
import { officer } from './enter_test.js';
import { check, equal, run, test } from './lib.js';

const key = () => randomBytes(16).toString('hex');

function machine(server, bearer) {
  const client = new Client(server.port);
  client.always = { Authorization: `Bearer ${bearer}` };
  client.enter = async (kind, fields) => {
    const got = await client.send('POST', `/api/v1/enter/${kind}`, JSON.stringify({ key: key(), what: 'record', purpose: 'licensing', ...fields }), { 'Content-Type': 'application/json' });
    return { status: got.status, ...JSON.parse(got.text) };
  };
  client.file = async (lines, type = 'application/x-ndjson') => {
    const got = await client.send('POST', '/api/v1/entries', lines.map((l) => (typeof l === 'string' ? l : JSON.stringify({ key: key(), purpose: 'licensing', ...l }))).join('\n'), { 'Content-Type': type });
    return { status: got.status, text: got.text, lines: got.status === 200 ? got.text.split('\n').slice(0, -1).map((l) => JSON.parse(l)) : [] };
  };
  return client;
}

const gun = (lic, mark, more = {}) => lic.record('registered', { mark, make: 'Zxqv Works', type: 'revolver', happened: '2020-01-01', how: 'KNOWN', to: 'Amira Haddad', to_document: 'LB-99', ...more });

async function scopes(server, athar, data, lic, office) {
  const shop = machine(server, await token(athar, data, 'shop', 'dealer_system', office, '--kinds', 'sold,returned'));
  const elsewhere = machine(server, await token(athar, data, 'shop-away', 'dealer_system', 'another office', '--kinds', 'sold'));
  const reads = machine(server, await token(athar, data, 'no-kinds', 'data_service', office));
  const again = (...words) => run(athar, ['account', 'token', '--data', data, 'shop', '--name', 'x', ...words]);
  await test('a token that enters names kinds, and such as its account enters', async () => {
    for (const [words, says] of [[['--scope', 'enter'], 'kinds'], [['--kinds', 'lost'], 'lost'], [['--kinds', 'erased'], 'erased'], [['--kinds', 'sold', '--scope', 'search'], 'search'], [[], 'at least one right']]) {
      const got = await again(...words);
      equal(got.code, 1, words.join(' '));
      check(got.err.includes(says), `${words.join(' ')}: ${got.err}`);
    }
    equal((await again('--kinds', 'sold')).code, 0);
  });
  const sold = { firearm: (await gun(lic, 'MT-0001')).subject, happened: '2024-05-05', from_who: 'holder', to: 'Bo Lind', to_document: 'SE-7' };
  await test('it files what its token names, under its account and office, with the receipt', async () => {
    const list = JSON.parse((await shop.get('/api/v1/enter')).text);
    equal(list.groups.flatMap((g) => g.kinds.map((k) => k.kind)).sort().join(), 'returned,sold');
    const first = await shop.enter('sold', { ...sold, what: 'check' });
    equal(first.status, 200);
    equal(first.by, 'shop');
    const got = await shop.enter('sold', { ...sold, warned: first.warned });
    equal(got.status, 201, JSON.stringify(got));
    shop.sale = got.record;
    const record = JSON.parse((await lic.get(`/api/v1/records/${got.record}`)).text);
    const id = JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts.find((a) => a.login === 'shop').id;
    check(JSON.stringify(record).includes(id) && JSON.stringify(record).includes(office), JSON.stringify(record));
    equal((await shop.get(`/api/v1/records/${got.record}/receipt`)).status, 200);
  });
  await test('and nothing else: other kinds, pages, reading, receipts of other offices', async () => {
    const got = await shop.enter('lost', { firearm: sold.firearm, happened: '2024-06-06' });
    equal(got.status, 403);
    check(got.field === 'kind', JSON.stringify(got));
    equal((await shop.enter('consigned', { firearm: sold.firearm, happened: '2024-06-06', to: 'X' })).status, 403, 'a kind of its role that the token does not name');
    for (const path of [`/api/v1/firearms/${sold.firearm}`, '/api/v1/search?pattern=MT', `/api/v1/records/${shop.sale}`, '/api/v1/surrenders']) equal((await shop.get(path)).status, 403, path);
    equal((await elsewhere.get(`/api/v1/records/${shop.sale}/receipt`)).status, 404);
    equal((await reads.enter('sold', sold)).status, 403);
    equal((await reads.file([{ kind: 'sold', ...sold }])).status, 403);
  });
  await test('what is wrong is said field by field, as JSON', async () => {
    const got = await shop.enter('sold', { firearm: 'nowhere', happened: '2999', to: '', purpose: 'curiosity' });
    equal(got.status, 400);
    for (const field of ['firearm', 'happened', 'to', 'purpose']) check(field === 'firearm' || got.problems.some((p) => p.field === field && p.sentence), `${field}: ${JSON.stringify(got.problems)}`);
    equal((await shop.enter('sold', { ...sold, key: 'short' })).status, 400);
  });
  await test('a member that no field has is refused by its name, and nothing is recorded without it', async () => {
    const bad = { firearm: (await gun(lic, 'MT-0001M')).subject, happened: '2024-05-05', from_who: 'holder', to: 'Bo Lind', to_documnet: 'SE-7' };
    const got = await shop.enter('sold', { ...bad, what: 'check' });
    equal(`${got.status} ${got.field} ${got.value}`, '400 member to_documnet', JSON.stringify(got));
    for (const extra of [{ permt: 'L-1' }, { office: 'HQ' }, { recorded: '2000-01-01' }, { mark: 'X' }]) equal((await shop.enter('sold', { ...bad, to_documnet: undefined, ...extra })).status, 400, JSON.stringify(extra));
    const lines = (await shop.file([{ kind: 'sold', ...bad }, { kind: 'sold', ...bad, to_documnet: undefined, to_document: 'SE-7', what: 'check' }])).lines;
    equal(lines.map((l) => `${l.status} ${l.problems[0].field} ${l.problems[0].value}`).join(), '400 member to_documnet,400 what check');
    equal(JSON.parse((await lic.get(`/api/v1/firearms/${bad.firearm}`)).text).steps.filter((s) => s.kind === 'sold').length, 0);
  });
  await test('sent again under its key, also at once and from another connection, it is one record', async () => {
    const one = { ...sold, firearm: (await gun(lic, 'MT-0002')).subject, key: key() };
    one.warned = (await shop.enter('sold', { ...one, what: 'check' })).warned;
    const got = await Promise.all([1, 2, 3, 4, 5].map(() => shop.enter('sold', one)));
    equal(new Set(got.map((g) => g.record)).size, 1, JSON.stringify(got));
    equal(got.filter((g) => g.status === 201).length, 1);
    const later = await shop.enter('sold', one);
    equal(`${later.status} ${later.record} ${later.recorded_before}`, `200 ${got[0].record} true`);
    equal((await shop.enter('sold', { ...one, to: 'Bo Lund' })).status, 409);
    const steps = JSON.parse((await lic.get(`/api/v1/firearms/${one.firearm}`)).text).steps;
    equal(steps.filter((s) => s.kind === 'sold').length, 1);
  });
  await test('two who sell one firearm at one moment: the second is judged on the sale of the first', async () => {
    for (let k = 0; k < 8; k++) {
      const item = (await gun(lic, `MT-2${k}${k}${k}`)).subject;
      const sale = (n) => ({ purpose: 'licensing', firearm: item, happened: '2024-05-05', from: 'Amira Haddad', from_document: 'LB-99', to: `Buyer ${n}`, to_document: `TW-${k}-${n}`, key: key() });
      const two = [sale(1), sale(2)];
      for (const s of two) s.warned = (await lic.enter('sold', { ...s, what: 'check' })).warned;
      const got = await Promise.all(two.map((s) => lic.enter('sold', s)));
      equal(got.map((g) => g.status).sort().join(), '201,409', JSON.stringify(got.map((g) => g.warnings ?? g.record)));
      check(got.find((g) => g.status === 409).warnings.some((w) => w.key === 'contradiction.not_holder'), 'of what the first did');
    }
  });
  await test('two who issue one permit at one moment issue one', async () => {
    for (let k = 0; k < 8; k++) {
      const issue = (n) => lic.enter('permit_issued', { to: `Holder ${n}`, to_document: `PP-${k}-${n}`, permit: `PM-${k}`, happened: '2024-01-01', purpose: 'licensing' });
      const got = await Promise.all([issue(1), issue(2)]);
      equal(got.map((g) => g.status).sort().join(), '201,400', JSON.stringify(got));
      equal(got.find((g) => g.status === 400).problems[0].field, 'permit');
    }
  });
  await test('two who name one new person at one moment name one', async () => {
    for (let k = 0; k < 8; k++) {
      const items = [(await gun(lic, `MT-3${k}${k}A`)).subject, (await gun(lic, `MT-4${k}${k}Z`)).subject];
      const got = await Promise.all(items.map((firearm) => lic.record('sold', { firearm, happened: '2024-05-05', from_who: 'holder', to: 'Nova Persona', to_document: `NP-${k}` })));
      equal(got.length, 2);
      const found = JSON.parse((await run(athar, ['party', '--data', data, `NP-${k}`, '--json'])).out.toString());
      equal(`${found.by} ${found.count}`, 'number 1', 'persons under one number:');
      equal(found.parties[0].firearms.length, 2);
    }
  });
  return shop;
}

// Whatever is on record of persons: nobody is told a name, and who reads no names not even whether there is something.
async function persons(server, athar, data, lic, shop) {
  const told = (got) => JSON.stringify(got.warnings ?? []) + JSON.stringify(got.problems ?? []);
  const secret = (got, why) => check(!/Haddad|LB-99|Dangerous|under_order|another_name|not_holder|of_another|suspended/i.test(told(got)), `${why}: ${told(got)}`);
  const item = (await gun(lic, 'MT-0003')).subject;
  const sale = { what: 'check', firearm: item, happened: '2024-07-07', from_who: 'holder', to: 'Cy Dahl', to_document: 'SE-8' };
  await lic.record('permit_issued', { to: 'Dan Gerous', to_document: 'SE-9', permit: 'D-9', happened: '2020-01-01' });
  await lic.record('permit_issued', { to: 'Cy Dahl', to_document: 'SE-8', permit: 'D-8', happened: '2020-01-01' });
  await lic.record('protection_order', { party: 'Dan Gerous', party_document: 'SE-9', happened: '2023-01-01', case: 'PO-9' });
  await test('a number known under another name, another holder, an order: an officer is warned, a machine without names is not', async () => {
    for (const [fields, keys] of [[{ to_document: 'LB-99' }, ['entry.known_by_another_name']], [{ from_who: undefined, from: 'Never Held', from_document: 'SE-0' }, ['contradiction.not_holder']],
      [{ to: 'Dan Gerous', to_document: 'SE-9' }, ['entry.under_order']], [{ from_who: undefined, from: 'Dan Gerous', from_document: 'SE-9' }, ['entry.giver_under_order']]]) {
      const seen = await lic.enter('sold', { purpose: 'licensing', ...sale, ...fields });
      for (const k of keys) check(seen.warnings?.some((w) => w.key === k), `${k}: ${told(seen)}`);
      const got = await shop.enter('sold', { ...sale, ...fields });
      equal(got.status, 200);
      secret(got, keys.join());
      equal(JSON.stringify((got.warnings ?? []).map((w) => w.key)), JSON.stringify(((await shop.enter('sold', sale)).warnings ?? []).map((w) => w.key)), `${keys}: other warnings than without it`);
    }
  });
  await test('of a permit that was shown a machine is told that it does not do, not why; of one that does, nothing', async () => {
    const keys = async (fields) => ((await shop.enter('sold', { ...sale, ...fields })).warnings ?? []).map((w) => w.key).join();
    equal(await keys({ permit: 'D-8' }), '');
    for (const fields of [{ permit: 'D-404' }, { permit: 'D-9' }, { permit: 'D-9', to: 'Dan Gerous', to_document: 'SE-9' }]) {
      equal(await keys(fields), 'entry.permit_ask', JSON.stringify(fields));
      secret(await shop.enter('sold', { ...sale, ...fields }), JSON.stringify(fields));
    }
  });
  await test('the holder’s name is told to nobody, also where a contradiction names him', async () => {
    await lic.record('stolen', { firearm: item, happened: '2024-06-01', place: 'Harbour', victim_who: 'holder' });
    for (const [who, client] of Object.entries({ officer: lic, machine: shop })) {
      const got = await client.enter('sold', { purpose: 'licensing', ...sale });
      check(got.warnings?.some((w) => w.key === 'contradiction.passed_missing'), `${who}: ${told(got)}`);
      check(!/Haddad|LB-99/.test(JSON.stringify(got)), `${who}: ${JSON.stringify(got)}`);
    }
  });
  await test('what a machine was not told is recorded, and officers see it', async () => {
    const got = await shop.enter('sold', { ...sale, what: 'record', to: 'Dan Gerous', to_document: 'SE-9', warned: (await shop.enter('sold', { ...sale, to: 'Dan Gerous', to_document: 'SE-9' })).warned });
    equal(got.status, 201, JSON.stringify(got));
    const trace = JSON.parse((await lic.get(`/api/v1/firearms/${item}`)).text);
    check(trace.contradictions.length > 0, 'no contradiction');
    check((await lic.get('/api/v1/surrenders')).text.includes(item), 'not due');
  });
}

async function issuing(server, athar, data, office) {
  const keeper = await officer(server, athar, data, 'issues', 'administrator', office);
  const id = JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts.find((a) => a.login === 'shop').id;
  await test('on the page of its account the kinds are offered, needed with “enter”, and shown with the token', async () => {
    const page = (await keeper.get(`/accounts/${id}`)).text;
    for (const kind of ['sold', 'consigned', 'returned']) check(page.includes(`name="kind_${kind}"`), kind);
    check(!page.includes('kind_lost') && page.includes('name="scope_enter"'), 'what its roles do not enter');
    check(/[\u0600-\u06ff]/.test((await keeper.get(`/accounts/${id}?lang=ar`)).text.match(/<fieldset id="kinds"><legend>([^<]+)/)[1]), 'in Arabic');
    await keeper.get('/me?lang=en');
    const make = (fields) => keeper.post(`/accounts/${id}/token`, { name: 'counter 2', days: '30', ...fields });
    equal((await make({ scope_enter: 'yes' })).status, 400, 'no kind');
    equal((await make({ scope_enter: 'yes', kind_lost: 'yes' })).status, 400, 'a kind that its roles do not enter');
    const made = await make({ scope_enter: 'yes', kind_sold: 'yes', kind_consigned: 'yes' });
    equal(made.status, 200);
    const till = machine(server, made.text.match(/athar_[\w-]{43}/)[0]);
    const list = JSON.parse((await till.get('/api/v1/enter')).text);
    equal(list.groups.flatMap((g) => g.kinds.map((k) => k.kind)).sort().join(), 'consigned,sold');
    check(/counter 2[\s\S]*?Sold[\s\S]*?<\/form>/.test((await keeper.get(`/accounts/${id}`)).text), 'what it may enter');
  });
  await test('its role is one that two must give', async () => {
    equal((await keeper.post('/accounts', { login: 'till-3', role: 'dealer_system' })).go, '/approvals');
    equal((await run(athar, ['account', 'token', '--data', data, 'till-3', '--name', 'x', '--kinds', 'sold'])).code, 1, 'a token before the second pair of eyes');
  });
}

async function batches(server, athar, data, lic, office) {
  const kinds = 'imported,lost,seized,handed_in,mark_observed';
  const port = machine(server, await token(athar, data, 'harbour', 'authority_system', office, '--kinds', kinds));
  const brought = (n, more = {}) => ({ kind: 'imported', mark: `HB-${(Math.imul(n + 1, 2654435761) >>> 0).toString(36).padStart(7, '7').toUpperCase()}`, make: 'Taurus', happened: '2024-01-01', country: 'Brazil', to: `Buyer ${n}`, to_document: `HB/${n}`, ...more });
  const size = async () => JSON.parse((await port.get('/api/v1/health')).text).log_size;
  // As a machine that reads the warnings and sends all the same.
  const all = async (lines) => {
    const first = await port.file(lines);
    const warned = Object.fromEntries(first.lines.map((l) => [l.line, l.warned]));
    const seen = lines.map((l, i) => (warned[i + 1] ? { ...l, warned: warned[i + 1] } : l));
    return port.file(seen);
  };
  const lines = (from, to, more) => Array.from({ length: to - from }, (_, i) => ({ ...brought(from + i, more), key: key(), purpose: 'licensing' }));
  await test('500 records in one request: an answer a line, in order, each recorded once', async () => {
    const sent = lines(0, 500);
    const got = await all(sent);
    equal(got.status, 200, got.text);
    equal(got.lines.length, 500);
    for (const [i, l] of got.lines.entries()) {
      equal(l.line, i + 1);
      equal(l.key, sent[i].key);
      check(l.record && [200, 201].includes(l.status), JSON.stringify(l));
      fits('EntryLine', l);
    }
    equal(new Set(got.lines.map((l) => l.record)).size, 500);
    const again = await port.file(sent.map((l) => ({ ...l })));
    equal(again.lines.filter((l) => l.recorded_before).length, 500);
    equal(again.lines.map((l) => l.record).join(), got.lines.map((l) => l.record).join());
  });
  await test('a line that is refused stops no other, and says what is wrong with it', async () => {
    const sent = [...lines(500, 502), '{"kind":"imported"', { ...brought(600), key: 'short' }, brought(601, { happened: '2999' }), { kind: 'sold', firearm: 'x' }, { kind: 'nothing' }, '', '["x"]', ...lines(502, 503)];
    const got = await all(sent);
    const status = Object.fromEntries(got.lines.map((l) => [l.line, l.status]));
    for (const n of [1, 2, 10]) check([200, 201].includes(status[n]), `${n}: ${JSON.stringify(got.lines)}`);
    equal([3, 4, 5, 6, 7, 9].map((n) => status[n]).join(), '400,400,400,403,404,400');
    equal(got.lines.length, 9, 'the empty line has no answer');
    equal(got.lines.find((l) => l.line === 4).problems[0].field, 'key');
    equal(got.lines.find((l) => l.line === 5).problems[0].field, 'happened');
    for (const l of got.lines) fits('EntryLine', l);
  });
  await test('a line is judged on what the lines before it recorded', async () => {
    const twice = { ...brought(700), key: key(), purpose: 'licensing' };
    const got = await port.file([twice, twice, { ...twice, mark: 'HB-OTHER' }, { ...brought(701, { mark: twice.mark }), key: key() }]);
    check(got.lines[0].record && got.lines[0].record === got.lines[1].record, JSON.stringify(got.lines));
    equal(got.lines[2].status, 409, 'the key with other words');
    equal(got.lines[3].status, 409, 'a double mark is a warning that was not seen');
    check(got.lines[3].warnings.some((w) => w.key.startsWith('entry.same_mark')), JSON.stringify(got.lines[3]));
    const item = got.lines[0].subject ?? JSON.parse((await port.get(`/api/v1/records/${got.lines[0].record}/receipt`)).text).subjects[0].subject;
    const lost = { kind: 'lost', firearm: item, happened: '2024-02-02', key: key(), purpose: 'licensing' };
    const life = await port.file([lost, { kind: 'handed_in', firearm: item, happened: '2024-03-03', key: key(), purpose: 'licensing' }]);
    equal(life.lines.map((l) => l.status).join(), '201,201', JSON.stringify(life.lines));
    equal(JSON.parse((await lic.get(`/api/v1/firearms/${item}`)).text).steps.map((s) => s.kind).join(), 'imported,lost,handed_in');
  });
  await test('two names under one new number are one person, within a batch as well', async () => {
    const got = await all([{ ...brought(710, { to_document: 'HB/SAME' }), key: key() }, { ...brought(711, { to_document: 'HB/SAME' }), key: key() }]);
    check(got.lines.every((l) => l.record), JSON.stringify(got.lines));
  });
  await test('a batch is no form: lines, at most 500, of a machine', async () => {
    equal((await port.file(lines(0, 1), 'application/json')).status, 400);
    equal((await port.file([''])).status, 400);
    equal((await port.file(Array.from({ length: 501 }, () => '{}'))).status, 400);
    equal((await port.file([`{"note":"${'x'.repeat(300 << 10)}"}`])).status, 413);
    const got = await lic.send('POST', '/api/v1/entries', JSON.stringify({ ...brought(800), key: key() }), { 'Content-Type': 'application/x-ndjson' });
    equal(got.status, 403);
  });
  await test('batches of many machines at once, the same lines among them, and an officer between', async () => {
    const sent = Array.from({ length: 4 }, (_, k) => lines(1000 + 100 * k, 1100 + 100 * k));
    const [a, b, c, d, e] = await Promise.all([...sent.map((s) => all(s)), all(sent[0])]);
    for (const got of [a, b, c, d, e]) equal(got.lines.filter((l) => l.record).length, 100, got.text.slice(0, 300));
    equal(e.lines.map((l) => l.record).join(), a.lines.map((l) => l.record).join());
    check(await size() === undefined || (await size()) > 0, 'health');
  });
}

export async function filingTests(server, athar, data) {
  const office = JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts[0].office;
  const lic = await officer(server, athar, data, 'files', 'licensing_officer', office);
  const shop = await scopes(server, athar, data, lic, office);
  await persons(server, athar, data, lic, shop);
  await issuing(server, athar, data, office);
  await batches(server, athar, data, lic, office);
}

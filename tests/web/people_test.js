// People: every route for every role, what a forged or planted request gets, what a run of guesses slows down, and the pages in a browser.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { account, bare, forbidden, linked, password, token, turnedAway } from './accounts.js';
import { Client } from './client.js';
import { fourEyesTests } from './four_eyes_test.js';
import { check, equal, run, serve, test } from './lib.js';
import { looks, whole } from './look.js';
import { machinesTests } from './machines_test.js';
import { onceTests } from './once_test.js';
import { openingsTests } from './openings_test.js';
import { passkeyTests } from './passkey_test.js';
import { screensTests } from './screens_test.js';

const root = new URL('../..', import.meta.url).pathname;

function readTable() {
  const lines = readFileSync(new URL('./roles.tsv', import.meta.url), 'utf8').split('\n').filter((l) => l && !l.startsWith('#'));
  const [head, ...rows] = lines.map((l) => l.split('\t'));
  return { columns: head.slice(2), rows: rows.map(([method, path, ...cells]) => ({ method, path, cells })) };
}

function routesOfTheProgram() {
  const source = readFileSync(join(root, 'src/web/routes.c'), 'utf8');
  return [...source.matchAll(/\{HTTP_(GET|POST), "([^"]+)", "[^"]*"/g)].map((m) => `${m[1]} ${m[2]}`);
}

function address(path, ids) {
  const id = path.startsWith('/accounts') ? ids.account : path.includes('records') ? ids.record : path.startsWith('/review') ? '0' : /^.(approvals|requests|lists)/.test(path) ? ids.record : ids.firearm;
  if (path.includes('/enter/')) return path.replace('{id}', 'mark_observed'); // a kind that each role with the right enters
  const full = path.replace('{id}', id).replace('{link}', 'A'.repeat(26)).replace('{name}', 'athar.0.css').replace('{...}', '000');
  return full === '/firearms' ? `/firearms?id=${ids.firearm}` : /search$/.test(path) ? `${full}?pattern=A1` : /marks\/read$/.test(path) ? `${full}?text=A1` : full;
}

function ask(client, row, ids) {
  const path = address(row.path, ids);
  if (row.method === 'GET') return client.get(path);
  if (row.path.startsWith('/api/')) return client.send('POST', path, JSON.stringify({ text: 'A1', form_token: client.token }), { 'Content-Type': 'application/json' });
  return client.post(path, { what: 'x' });
}

async function table(server, athar, data, ids) {
  const { columns, rows } = readTable();
  const absent = { firearm: 'f'.repeat(32), account: 'f'.repeat(32), record: 'f'.repeat(64) };
  await test('the table of routes and roles has each route of the program', () =>
    equal(rows.map((r) => `${r.method} ${r.path}`).sort().join('\n'), routesOfTheProgram().sort().join('\n')));
  for (const [i, role] of columns.entries()) {
    const client = new Client(server.port);
    const kind = { dealer_system: 'sold', authority_system: 'mark_observed' }[role];
    const machine = kind || ['peer', 'data_service'].includes(role);
    if (machine) {
      client.always = { Authorization: `Bearer ${await token(athar, data, `t-${role}`, role, undefined, ...(kind ? ['--kinds', kind] : []))}` };
    } else if (role !== 'nobody') {
      await account(athar, data, `t-${role}`, role);
      await client.signIn(`t-${role}`, password);
    }
    for (const row of rows) await test(`${role}: ${row.method} ${row.path}`, async () => {
      const got = await ask(client, row, ids);
      const may = row.cells[i] === 'y';
      if (row.cells[i] !== 'y' && row.cells[i] !== 'n') throw new Error('a cell of the table is neither y nor n');
      if (may) {
        // signing out and locking lead to /sign-in and /locked, but only after they were done
        check(!forbidden(got) && (!turnedAway(got) || ['/lock', '/sign-out', '/sign-in', '/sign-in/{link}', '/sign-in/passkey'].includes(row.path)), `may, but got ${got.status} ${got.go ?? ''}`);
        check(got.status < 500, `status ${got.status}`);
        if (row.path === '/lock') {
          await client.readToken('/locked');
          equal((await client.post('/locked', { secret: password })).status, 303, 'unlock');
          await client.readToken();
        }
        return;
      }
      check(role === 'nobody' || (machine && !row.path.startsWith('/api/v1/')) ? turnedAway(got) : forbidden(got), `may not, but got ${got.status} ${got.go ?? ''}`);
      equal(bare(got), bare(await ask(client, row, absent)), 'what is there differs from what is not:');
    });
  }
}

// Where each role begins is written from what it is for; that it may see the page is asked of the server.
async function firstPages(server) {
  const first = { administrator: '/accounts', licensing_officer: '/', police_officer: '/', analyst: '/', laboratory: '/', store_keeper: '/', statistician: '/me', auditor: '/openings', reviewer: '/review' };
  for (const [role, want] of Object.entries(first)) await test(`${role}: signing in leads to a page that it may see`, async () => {
    const client = new Client(server.port);
    const login = `f-${role}`;
    await client.signIn(login, password);
    const start = await client.get('/');
    equal(start.go ?? '/', want);
    equal((await client.get(want)).status, 200, want);
    const away = (await client.get('/nowhere')).text.match(/<p class="links"><a href="([^"]+)"/)[1];
    equal(away, '/', 'the way from an error');
    if (['auditor', 'administrator', 'analyst'].includes(role)) return; // a second step lies between
    for (const [next, go] of [['', want], ['/search?pattern=A1', want === '/' ? '/search?pattern=A1' : want], ['/me', '/me'], ['/nowhere', '/nowhere']])
      equal((await new Client(server.port).post('/sign-in', { login, password, next })).go, go, `next ${next}:`);
  });
}

async function nothingBefore(server) {
  await test('nobody learns which addresses there are', async () => {
    const client = new Client(server.port);
    for (const path of ['/imports', '/nowhere', '/accounts/1/2/3']) check((await client.get(path)).go.startsWith('/sign-in'), path);
    equal(bare(await client.get('/api/v1/imports')), bare(await client.get('/api/v1/nowhere')));
  });
}

// ---- signing in ----

async function sessions(server, athar, data, ids) {
  await account(athar, data, 'steps', 'licensing_officer');
  await test('cookies: HttpOnly, SameSite=Strict, opaque, and new with each sign-in', async () => {
    const a = new Client(server.port);
    const got = await a.post('/sign-in', { login: 'Steps', password }); // without regard to case
    const lines = got.headers['set-cookie'];
    for (const line of lines) check(/; HttpOnly/.test(line) && /; SameSite=Strict/.test(line) && /; Path=\//.test(line), line);
    equal(a.cookies.athar.length, 43);
    const b = new Client(server.port);
    await b.signIn('steps', password);
    check(a.cookies.athar !== b.cookies.athar, 'the same cookie twice');
  });
  await test('the language that was chosen stays: through wrong and right sign-ins, forms and what they lead to', async () => {
    const client = new Client(server.port);
    const inArabic = (got, what) => check(got.text.includes('<html lang="ar" dir="rtl">'), `${what}: ${got.text.slice(0, 80)}`);
    const first = await client.get('/imports?lang=ar');
    const [line] = first.headers['set-cookie'];
    check(/^athar-lang=ar; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/.test(line), line);
    equal(first.go, '/sign-in?next=%2Fimports');
    const door = await client.get(first.go);
    inArabic(door, 'signing in');
    check(door.text.includes('<a href="/sign-in?next=%2Fimports&amp;lang=en" lang="en" dir="ltr" hreflang="en">English</a>'), 'the way to English');
    inArabic(await client.post('/sign-in', { login: 'steps', password: 'not the password at all' }), 'a wrong password');
    const go = (await client.post('/sign-in', { login: 'steps', password, next: '/imports' })).go;
    equal(go, '/imports');
    inArabic(await client.get(go), 'after signing in');
    await client.readToken();
    inArabic(await client.post('/purpose', { purpose: 'licensing', case: 'none' }), 'a purpose without a case');
    for (const [path, fields] of [['/purpose', { purpose: 'licensing', case: 'L-1/2026', open: 'yes' }], ['/requests', { name: 'Ama Mensah', document: 'X-1', channel: 'counter', seen: 'yes', text: 'all' }],
      ['/lists', { area: 'Accra', purpose: 'licensing', case: 'L-1/2026', reason: 'a recall of defective parts' }], ['/enter/lost', { what: 'next', step: '1', firearm: ids.firearm, happened: '2021' }], ['/lock', {}]]) {
      const got = await client.post(path, fields);
      equal(got.status, 303, path);
      inArabic(await client.get(got.go), `${path} leads to ${got.go}`);
    }
    await client.readToken('/locked');
    inArabic(await client.get((await client.post('/locked', { secret: password })).go), 'unlocked');
    equal((await client.get('/imports?lang=xx')).headers['set-cookie'], undefined, 'a language that there is not');
    inArabic(await client.get('/imports'), 'after it');
    check((await client.post('/purpose', { case: 'none' })).text.includes('href="/purpose?lang=en"'), 'the way to English from a form');
    check((await client.get('/imports?lang=en')).text.includes('<html lang="en"'), 'English asked for');
    check((await client.get('/imports')).text.includes('<html lang="en"'), 'English kept');
    equal((await client.get('/api/v1/imports?lang=ar')).headers['set-cookie'], undefined, 'the API chooses for nobody');
  });
  await test('a cookie that was planted before signing in is worth nothing after', async () => {
    const planted = 'A'.repeat(43);
    const victim = new Client(server.port, { athar: planted });
    const got = await victim.post('/sign-in', { login: 'steps', password });
    equal(got.status, 303);
    check(victim.cookies.athar !== planted, 'the planted cookie was kept');
    check((await new Client(server.port, { athar: planted }).get('/')).go.startsWith('/sign-in'), 'it is signed in');
  });
  await test('signing out ends the session on the server', async () => {
    const client = new Client(server.port);
    await client.signIn('steps', password);
    const kept = client.cookies.athar;
    equal((await client.post('/sign-out')).go, '/sign-in');
    check((await new Client(server.port, { athar: kept }).get('/')).go.startsWith('/sign-in'), 'the old cookie still works');
  });
  await test('a new password ends every other session and renews the cookie', async () => {
    await account(athar, data, 'renew', 'licensing_officer');
    const [one, two] = [new Client(server.port), new Client(server.port)];
    await one.signIn('renew', password);
    await two.signIn('renew', password);
    const before = one.cookies.athar;
    equal((await one.post('/me/password', { old: password, password: 'four herons sleep on stilts' })).go, '/me');
    check(one.cookies.athar !== before, 'the same cookie');
    equal((await one.get('/')).status, 200);
    check((await two.get('/')).go.startsWith('/sign-in'), 'the other session goes on');
    check((await new Client(server.port).post('/sign-in', { login: 'renew', password })).status !== 303, 'the old password still works');
  });
  await test('a person sees where he is signed in, and ends one session or all others, with his password', async () => {
    await account(athar, data, 'many', 'licensing_officer');
    const [one, two, three, other] = [0, 1, 2, 3].map(() => new Client(server.port));
    for (const client of [one, two, three]) await client.signIn('many', password);
    await other.signIn('steps', password);
    const listed = async (client) => [...(await client.get('/me')).text.matchAll(/name="session" value="([0-9a-f]{32})" required><label[^>]*>([^<]*(?:<bdi[^>]*>[^<]*<\/bdi>[^<]*)*)(<strong>)?/g)].map((m) => ({ name: m[1], here: !!m[3] }));
    const own = await listed(one);
    equal(own.length, 3);
    check(/Browser not known, begun/.test((await one.get('/me')).text), 'that the browser is not known is not said');
    equal(own.filter((s) => s.here).length, 1, 'this one:');
    const twos = (await listed(two)).find((s) => s.here).name;
    equal((await one.post('/me/sessions', { old: 'not this one at all', session: twos })).status, 403);
    equal((await one.post('/me/sessions', { old: password, session: 'f'.repeat(32) })).status, 404);
    equal((await one.post('/me/sessions', { old: password, session: (await listed(other))[0].name })).status, 404, 'of another account:');
    equal((await one.post('/me/sessions', { old: password, session: twos })).go, '/me');
    check((await two.get('/me')).go.startsWith('/sign-in'), 'it goes on');
    equal((await three.get('/me')).status, 200);
    equal((await one.post('/me/sessions', { old: password, session: 'others' })).go, '/me');
    check((await three.get('/me')).go.startsWith('/sign-in'), 'the third goes on');
    equal((await other.get('/me')).status, 200);
    const [left, ...more] = await listed(one);
    equal(more.length, 0);
    equal((await one.post('/me/sessions', { old: password, session: left.name })).go, '/sign-in', 'the own one:');
    equal(one.cookies.athar, undefined);
  });
  await test('a session says in which browser it is, in two words, and nothing else of it is kept', async () => {
    const marked = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0 tell-tale-71';
    const [there, here] = [new Client(server.port), new Client(server.port)];
    there.always = { 'User-Agent': marked };
    await there.signIn('many', password);
    await here.signIn('many', password);
    check((await here.get('/me')).text.includes('Firefox on Windows, begun'), 'the other browser');
    check((await here.get('/me?lang=ar')).text.replace(/[\u2066-\u2069]/g, '').includes('فايرفوكس على ويندوز، بدأت'), 'in Arabic');
    for (const file of readdirSync(data).filter((f) => f.startsWith('accounts.db'))) {
      const kept = readFileSync(join(data, file), 'latin1');
      check(!kept.includes('tell-tale') && !kept.includes('Mozilla/'), `${file} holds what the browser said`);
    }
  });
  await test('weak passwords are refused', async () => {
    const client = new Client(server.port);
    await client.signIn('steps', password);
    for (const weak of ['short', 'aaaaaaaaaaaaaaaa', 'passwordpassword1', 'abcdefghijklmnop', 'steps and steps']) {
      const got = await client.post('/me/password', { old: password, password: weak });
      check(got.status === 400 || got.status === 403, `${weak}: ${got.status}`);
    }
    equal((await client.post('/me/password', { old: 'not this one at all', password: 'four herons sleep on stilts' })).status, 403);
  });
  await test('only paths of this server come next', async () => {
    for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)', '/a\nb'])
      equal((await new Client(server.port).post('/sign-in', { login: 'steps', password, next })).go, '/', next);
    equal((await new Client(server.port).post('/sign-in', { login: 'steps', password, next: '/imports?x=1' })).go, '/imports?x=1');
  });
  await test('a one-time link signs in once', async () => {
    const made = await run(athar, ['account', 'add', '--data', data, 'linked', '--role', 'laboratory']);
    const path = made.out.toString().match(/\/sign-in\/[0-9A-Z]{26}/)[0];
    const client = new Client(server.port);
    check((await client.get(path)).text.includes('linked'), 'its page does not say for whom it is');
    equal((await client.post(path)).go, '/');
    equal((await client.get('/')).status, 200);
    equal((await new Client(server.port).post(path)).status, 404);
  });
  await test('a reset ends what was', async () => {
    const client = new Client(server.port);
    await account(athar, data, 'lost', 'laboratory');
    await client.signIn('lost', password);
    equal((await run(athar, ['account', 'reset', '--data', data, 'lost'])).code, 0);
    await new Promise((r) => setTimeout(r, 2500)); // done by another process: known within two seconds
    check((await client.get('/')).go.startsWith('/sign-in'), 'the session goes on');
    check((await new Client(server.port).post('/sign-in', { login: 'lost', password })).status !== 303, 'the password still works');
  });
}

async function secondFactor(server, athar, data) {
  await account(athar, data, 'doubly', 'auditor');
  await test('a role that wants a second proof gives nothing before it is set up, and nothing without it later', async () => {
    const client = new Client(server.port);
    equal((await client.post('/sign-in', { login: 'doubly', password })).go, '/me');
    equal((await client.get('/openings')).go, '/me');
    equal((await client.get('/api/v1/imports')).status, 401);
    const codes = await client.signIn('doubly', password);
    equal((await client.get('/openings')).status, 200);
    const again = new Client(server.port);
    equal((await again.post('/sign-in', { login: 'doubly', password })).go, '/second-factor');
    equal((await again.get('/openings')).go, '/second-factor');
    await again.readToken('/second-factor');
    const before = again.cookies.athar;
    equal((await again.post('/second-factor', { code: 'AAAAA-AAAAA' })).status, 403);
    equal((await again.post('/second-factor', { code: codes[0].toLowerCase() })).go, '/openings');
    check(again.cookies.athar !== before, 'the cookie of the first step goes on');
    const third = new Client(server.port);
    await third.post('/sign-in', { login: 'doubly', password });
    await third.readToken('/second-factor');
    equal((await third.post('/second-factor', { code: codes[0] })).status, 403, 'a printed code twice:');
  });
  await test('a PIN unlocks; five wrong ones end the session', async () => {
    await account(athar, data, 'locks', 'laboratory');
    const client = new Client(server.port);
    await client.signIn('locks', password);
    equal((await client.post('/me/pin', { old: password, pin: '123456' })).status, 403);
    equal((await client.post('/me/pin', { old: password, pin: '583920' })).go, '/me');
    equal((await client.post('/lock')).go, '/locked');
    check((await client.get('/search?pattern=A1')).go.startsWith('/locked?next='), 'a locked screen shows a page');
    equal((await client.get('/api/v1/search?pattern=A1')).status, 401);
    await client.readToken('/locked');
    const locked = client.cookies.athar;
    equal((await client.post('/locked', { secret: '583920', next: '/search?pattern=A1' })).go, '/search?pattern=A1');
    check(client.cookies.athar !== locked, 'the cookie of the locked screen goes on');
    await client.readToken();
    await client.post('/lock');
    await client.readToken('/locked');
    for (let i = 0; i < 5; i++) await client.post('/locked', { secret: '000000' });
    check((await client.get('/')).go.startsWith('/sign-in'), 'still there after five');
  });
}

// ---- forged requests ----

async function forged(server, athar, data) {
  await account(athar, data, 'forms', 'licensing_officer');
  const client = new Client(server.port);
  await client.signIn('forms', password);
  const other = new Client(server.port);
  await other.signIn('forms', password);
  const cases = [
    ['without the token', { form_token: '' }, {}],
    ['with the token of another session', { form_token: other.token }, {}],
    ['with a token made up', { form_token: 'f'.repeat(32) }, {}],
    ['from another site', {}, { 'Sec-Fetch-Site': 'cross-site' }],
    ['from a sister host', {}, { 'Sec-Fetch-Site': 'same-site' }],
    ['with a foreign Origin', {}, { Origin: 'http://evil.example' }],
    ['with an Origin of another port', {}, { Origin: 'http://127.0.0.1:1' }],
    ['as plain text', {}, { 'Content-Type': 'text/plain' }],
    ['with the token twice', 'form_token=x&form_token=y', {}],
  ];
  for (const [name, fields, headers] of cases) await test(`a form ${name} does nothing`, async () => {
    const got = typeof fields === 'string' ? await client.send('POST', '/lock', fields, { 'Content-Type': 'application/x-www-form-urlencoded' }) : await client.post('/lock', fields, headers);
    check(got.status === 403 || got.status === 400 || got.status === 409, `status ${got.status}`);
    equal((await client.get('/')).status, 200, 'the screen is locked:');
  });
  await test('a form of this page, as browsers send it, does', async () => {
    equal((await client.post('/lock', {}, { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' })).go, '/locked');
  });
  await test('another site cannot sign a browser in', async () => {
    const got = await new Client(server.port).post('/sign-in', { login: 'forms', password }, { Origin: 'http://evil.example' });
    equal(got.status, 403);
    check(!got.headers['set-cookie'], 'a cookie');
  });
}

// ---- guesses ----

// Processor time that a run costs the server, in ticks of 10 ms: a busy machine does not change it.
async function worked(server, run) {
  const ticks = () => {
    const [user, system] = readFileSync(`/proc/${server.pid}/stat`, 'latin1').split(') ').pop().split(' ').slice(11, 13);
    return Number(user) + Number(system);
  };
  const before = ticks();
  const got = await run();
  return { ticks: ticks() - before, got };
}

async function guesses(server, athar, data) {
  await account(athar, data, 'target', 'licensing_officer');
  await account(athar, data, 'colleague', 'licensing_officer');
  let hash = 0;
  const known = new Client(server.port);
  await known.signIn('target', password); // its browser is known from now on
  await test('unknown accounts answer as known ones do: status, text and work', async () => {
    const answers = { known: 0, unknown: 0 };
    const texts = new Set();
    for (let i = 0; i < 3; i++)
      for (const [kind, login] of [['known', 'target'], ['unknown', 'nobody']]) {
        const { ticks, got } = await worked(server, () => new Client(server.port).post('/sign-in', { login, password: `wrong guess number ${i}` }));
        answers[kind] += ticks;
        texts.add(bare(got).replaceAll(login, 'LOGIN'));
      }
    equal(texts.size, 1, 'texts differ:');
    const ratio = answers.known / answers.unknown;
    console.log(`work of a wrong sign-in, account known to unknown: ${ratio.toFixed(2)}`);
    hash = answers.unknown / 3;
    check(ratio > 0.4 && ratio < 2.5, `work for known and unknown: ${ratio.toFixed(2)}, ${answers.known} and ${answers.unknown} ticks`);
  });
  await test('a run of guesses is told to wait, without a hash, and the account is not locked', async () => {
    const thief = new Client(server.port);
    let waits = 0;
    for (let i = 0; i < 40; i++) {
      const got = await thief.post('/sign-in', { login: 'target', password: `guess ${i} of the list` });
      if (got.status === 429) {
        waits++;
        check(Number(got.headers['retry-after']) >= 1, 'no Retry-After');
      }
    }
    check(waits >= 30, `only ${waits} of 40 had to wait`);
    const { ticks } = await worked(server, async () => {
      for (let i = 0; i < 10; i++) await thief.post('/sign-in', { login: 'target', password: 'guess the next' });
    });
    check(ticks / 10 < hash / 2, `ten refused guesses cost ${ticks} ticks, one that is judged ${hash}`);
    // from the same address, but from a browser that the account knows: the pair of account and address waits, no more
    const other = new Client(server.port, { 'athar-device': known.cookies['athar-device'] });
    const got = await other.post('/sign-in', { login: 'target', password });
    check(got.status === 303 || (got.status === 429 && Number(got.headers['retry-after']) <= 900), `status ${got.status}`);
  });
  await test('meanwhile others search as fast as before', async () => {
    const reader = new Client(server.port);
    await reader.signIn('colleague', password).catch(() => {});
    let judged = 0;
    // Searches, at least so many and until so many passwords were judged: the server's work for each, in ticks.
    const search = async (least, guesses) => {
      let n = 0;
      const { ticks } = await worked(server, async () => {
        for (; n < least || (judged < guesses && n < 20000); n++) equal((await known.get('/search?pattern=A1')).status, 200);
      });
      return ticks / n;
    };
    const calm = await search(200, 0);
    let stop = false;
    const guesser = async (_, k) => {
      for (let i = 0; !stop; i++) {
        const thief = new Client(server.port);
        thief.from = `127.${10 + k}.${i % 250}.1`; // each from somewhere else: what one address may try is soon used up
        judged += (await thief.post('/sign-in', { login: `victim${k}x${i}`, password: 'a guess for everybody' })).status !== 429;
      }
    };
    const flood = Promise.all(Array.from({ length: 8 }, guesser));
    const busy = await search(50, 12);
    const during = judged;
    stop = true;
    await flood;
    // What the server did meanwhile is what a search stood in line behind: in one line with eight that guess it would be eight hashes.
    console.log(`server's work between two answers to searches: ${(10 * busy).toFixed(1)} ms while ${during} passwords were guessed, ${(10 * calm).toFixed(1)} before; a hash ${(10 * hash).toFixed(0)}`);
    check(during >= 12, `only ${during} passwords were judged meanwhile`);
    check(busy - calm < hash, `${10 * busy} ms of work for each search, against ${10 * calm} before; a hash takes ${10 * hash}`);
  });
}

// ---- names, purposes, openings ----

async function names(server, athar, data, ids) {
  const office = (await run(athar, ['account', 'list', '--data', data])).out.toString().match(/"office":"([^"]+)"/)[1];
  await account(athar, data, 'reads', 'licensing_officer', office);
  await account(athar, data, 'patrol', 'police_officer', 'another office');
  const foreign = await linked(server, athar, data, 'foreign', 'licensing_officer', 'another office');
  const auditor = await linked(server, athar, data, 'audits', 'auditor');
  const reviewer = await linked(server, athar, data, 'judges', 'reviewer');
  const trace = async (client) => JSON.parse((await client.get(`/api/v1/firearms/${ids.firearm}`)).text);
  const named = (t) => t.steps.some((s) => (s.parties ?? []).some((p) => p.name));
  const officer = new Client(server.port);
  const patrol = new Client(server.port);
  await officer.signIn('reads', password);
  await patrol.signIn('patrol', password);
  await test('without a purpose: roles and no names', async () => {
    const t = await trace(officer);
    equal(t.names.key, 'names.no_purpose');
    check(!named(t), 'a name');
    check(t.steps.some((s) => (s.parties ?? []).some((p) => p.role)), 'no roles either');
    const page = (await officer.get(`/firearms/${ids.firearm}`)).text;
    for (const name of ids.names) check(!page.includes(name), `the page shows ${name}`);
    const pdf = await officer.get(`/api/v1/firearms/${ids.firearm}/trace.pdf`);
    equal(pdf.status, 200);
  });
  await test('a purpose names a case that exists', async () => {
    equal((await officer.post('/purpose', { purpose: 'criminal_investigation', case: 'C-1/2026' })).status, 404);
    equal((await officer.post('/purpose', { purpose: 'curiosity', case: 'C-1/2026', open: 'yes' })).status, 400);
    equal((await officer.post('/purpose', { purpose: 'criminal_investigation', case: 'C-1/2026', open: 'yes', next: '/imports' })).go, '/imports');
    const t = await trace(officer);
    equal(t.names.key, 'names.open');
    check(named(t), 'no name');
  });
  await test('a case of another office is none, and another office reads no names', async () => {
    equal((await foreign.post('/purpose', { purpose: 'licensing', case: 'C-1/2026' })).status, 404);
    equal((await foreign.post('/purpose', { purpose: 'licensing', case: 'C-1/2026', open: 'yes' })).status, 404);
    equal((await foreign.post('/purpose', { purpose: 'licensing', case: 'F-9/2026', open: 'yes' })).status, 303);
    const t = await trace(foreign);
    equal(t.names.key, 'names.not_own');
    check(!named(t), 'a name');
  });
  await test('a case opened for a firearm opens that one', async () => {
    equal((await patrol.post('/purpose', { purpose: 'incident_response', case: 'P-3/2026', open: 'yes' })).status, 303);
    equal((await trace(patrol)).names.key, 'names.not_own');
    equal((await patrol.post('/purpose', { purpose: 'incident_response', case: 'P-3/2026', firearm: ids.firearm })).status, 303);
    check(named(await trace(patrol)), 'no name');
  });
  await test('in an emergency names open for a while, with a record and a review of each', async () => {
    const other = new Client(server.port);
    await other.signIn('patrol', password);
    equal((await trace(other)).names.key, 'names.no_purpose');
    equal((await other.post('/purpose/emergency', { reason: 'no' })).status, 400);
    equal((await other.post('/purpose/emergency', { reason: 'shots heard at the market, weapon in hand' })).status, 303);
    check(named(await trace(other)), 'no name');
  });
  await test('an auditor sees who looked at whom', async () => {
    const page = (await auditor.get(`/openings?subject=${ids.firearm}`)).text;
    for (const text of ['reads', 'patrol', 'C-1/2026', 'P-3/2026', 'emergency']) check(page.includes(text), `no ${text}`);
    check(!page.includes('foreign'), 'somebody who saw no name is listed');
    check((await auditor.get('/openings')).text.includes('Criminal investigation'), 'no totals by purpose');
  });
  await test('a reviewer judges the sample, once', async () => {
    const page = (await reviewer.get('/review')).text;
    const position = page.match(/\/review\/(\d+)/)[1];
    equal((await reviewer.post(`/review/${position}`, { what: 'proper' })).go, '/review');
    equal((await reviewer.post(`/review/${position}`, { what: 'improper' })).status, 404);
  });
  await test('every opening that was answered has its entry', async () => {
    const count = async () => Number((await auditor.get(`/openings?subject=${ids.firearm}`)).text.match(/(\d+) openings?,/)[1]);
    const before = await count();
    await Promise.all(Array.from({ length: 20 }, () => trace(officer)));
    equal((await count()) - before, 20);
  });
}

// ---- in a browser ----

async function type(page, ...texts) {
  for (const text of texts) {
    await page.locator('input:focus').waitFor(); // the page puts the cursor there when it is ready
    await page.keyboard.type(text);
    await page.keyboard.press('Tab');
  }
}

async function pages(browser, server, athar, data, ids) {
  await account(athar, data, 'screen', 'licensing_officer');
  await account(athar, data, 'boss', 'administrator');
  await account(athar, data, 'eyes', 'auditor');
  await whole(browser, 'sign in, open a firearm, state the purpose, see the names, lock and unlock', {}, async (page, width) => {
    await page.goto(`${server.base}/firearms/${ids.firearm}`);
    await looks(page, 'sign-in', width);
    await type(page, 'screen', password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/firearms/${ids.firearm}`);
    check((await page.locator('.names').innerText()).includes('not shown until you say what you need them for'), 'why there are no names is not said');
    await looks(page, 'no-names', width);
    await page.click('.names a');
    await looks(page, 'purpose', width);
    await page.check('#p-trace_request');
    await page.fill('#case', `B-${width}`);
    await page.click('button.main');
    check((await page.locator('.problem').innerText()).includes('no such case'), 'no problem is named');
    equal(await page.inputValue('#case'), `B-${width}`);
    check(await page.isChecked('#p-trace_request'), 'the purpose that was chosen');
    await page.check('#open');
    await page.click('button.main');
    await page.waitForURL(`**/firearms/${ids.firearm}`);
    check((await page.locator('main').innerText()).includes(ids.names[0]), 'no name');
    check((await page.locator('.names').innerText()).includes('this opening is logged under your name'), 'that it is logged is not said');
    await looks(page, 'names', width);
    await page.goto(`${server.base}/me`);
    await looks(page, 'me', width);
    await page.getByRole('button', { name: 'Lock' }).click();
    await page.waitForURL('**/locked');
    await looks(page, 'locked', width);
    await page.fill('#secret', password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.base}/`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
  });
  await whole(browser, 'by keyboard alone and without script: sign in', { javaScriptEnabled: false }, async (page) => {
    await page.goto(server.base);
    await type(page, 'screen', password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.base}/`);
    check(await page.locator('#pattern').isVisible(), 'no search page');
  });
  await whole(browser, 'a wrong password is named on top and keeps the name', {}, async (page, width) => {
    await page.goto(`${server.base}/sign-in`);
    await type(page, `typo${width}`, 'not the password at all');
    await page.keyboard.press('Enter');
    await page.locator('.problem').waitFor();
    equal(await page.inputValue('#login'), `typo${width}`);
    equal(await page.inputValue('#password'), '');
  });
  for (const [login, paths] of [['boss', ['approvals', 'accounts']], ['eyes', ['openings', 'approvals']]]) {
    const client = new Client(server.port);
    await client.signIn(login, password);
    const cookie = { name: 'athar', value: client.cookies.athar, url: server.base };
    await whole(browser, `the pages of ${login}`, {}, async (page, width) => {
      await page.context().addCookies([cookie]);
      for (const path of paths) {
        await page.goto(`${server.base}/${path}`);
        await looks(page, `${login}-${path}`, width);
      }
      if (login === 'boss') {
        await page.click('tbody a');
        await looks(page, 'account', width);
      }
    });
  }
}

// gun: { firearm, record, names } of the register in `data`.
export async function peopleTests(chromium, athar, data, gun) {
  const list = await run(athar, ['account', 'list', '--data', data]);
  equal(JSON.parse(list.out.toString()).count, 0, 'accounts of a new register');
  await test('without an account this computer sees all, and is told so; the first account ends it', async () => {
    const ended = run(athar, ['serve', '--data', data, '--listen', '127.0.0.1:0']);
    await new Promise((done) => setTimeout(done, 1500));
    await account(athar, data, 'first', 'administrator');
    const bare = await ended;
    check(bare.code === 0 && bare.out.toString().includes('is ready at') && bare.err.includes('athar account add') && bare.err.includes('Start athar serve again'), bare.err);
  });
  const ids = { ...gun, account: JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts[0].id };
  const server = await serve(athar, ['serve', '--data', data, '--listen', '127.0.0.1:0'], /http:\/\/127\.0\.0\.1:(\d+)/);
  await nothingBefore(server);
  await table(server, athar, data, ids);
  for (const role of readTable().columns.slice(0, 9)) await account(athar, data, `f-${role}`, role);
  await firstPages(server);
  await sessions(server, athar, data, ids);
  await secondFactor(server, athar, data);
  await forged(server, athar, data);
  await names(server, athar, data, ids);
  await openingsTests(server, ids, await linked(server, athar, data, 'audits-two', 'auditor'), await linked(server, athar, data, 'reviews-two', 'reviewer'));
  await machinesTests(server, athar, data, ids);
  await fourEyesTests(server, athar, data);
  await onceTests(server, athar, data);
  await screensTests(chromium, server, athar, data, ids);
  await pages(chromium, server, athar, data, ids);
  await guesses(server, athar, data);
  await server.stop();
  const fresh = await serve(athar, ['serve', '--data', data, '--listen', '127.0.0.1:0'], /http:\/\/127\.0\.0\.1:(\d+)/); // it remembers no wrong tries of this address
  await passkeyTests(chromium, fresh, athar, data, looks);
  await fresh.stop();
}

// Forms that make what is shown once: pressed twice, as a browser without script does, they make one, and the answer that is seen last shows it.
import { account, linked, password } from './accounts.js';
import { Client } from './client.js';
import { check, equal, run, test } from './lib.js';

const number = async (client, path) => (await client.get(path)).text.match(/name="once" value="([0-9a-f]{32})"/)[1];
const links = (got) => got.text.match(/\/sign-in\/[0-9A-Z]{26}/)?.[0];
const tokens = (got) => got.text.match(/athar_[\w-]{43}/)?.[0];
const codes = (got) => [...got.text.matchAll(/[0-9A-Z]{5}-[0-9A-Z]{5}/g)].map((m) => m[0]).join();

export async function onceTests(server, athar, data) {
  const admin = await linked(server, athar, data, 'on-admin', 'administrator');
  const list = async () => JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts;
  const twice = async (client, path, page, fields = {}) => {
    const once = await number(client, page);
    return Promise.all([client.post(path, { ...fields, once }), client.post(path, { ...fields, once })]);
  };
  await test('pressed twice: one account, one link, and both answers show it', async () => {
    const [a, b] = await twice(admin, '/accounts', '/accounts', { login: 'on-made', name: 'Twice Pressed', role: 'data_service' });
    equal(`${a.status} ${b.status} ${a.go}`, `303 303 ${b.go}`, 'a machine');
    const [c, d] = await twice(admin, '/accounts', '/accounts', { login: 'on-person', name: 'Twice Pressed', role: 'store_keeper' });
    check(links(c), `no link: ${c.status}`);
    equal(links(d), links(c));
    equal((await new Client(server.port).post(links(c))).status, 303);
    equal((await list()).filter((x) => /^on-(made|person)$/.test(x.login)).length, 2);
  });
  const id = async (login) => (await list()).find((x) => x.login === login).id;
  await test('pressed twice: one token of a machine', async () => {
    const page = `/accounts/${await id('on-made')}`;
    const [a, b] = await twice(admin, `${page}/token`, page, { name: 'till', days: '30', scope_search: 'yes' });
    check(tokens(a), `no token: ${a.status}`);
    equal(tokens(b), tokens(a));
    equal((await admin.get(page)).text.match(/token\/drop"/g).length, 1, 'tokens');
    const [c] = await twice(admin, `${page}/token`, page, { name: 'till', days: '30', scope_search: 'yes' });
    check(tokens(c) !== tokens(a), 'another form makes another');
  });
  await test('going back and writing another name makes another account, and not the first one\'s link for it', async () => {
    const once = await number(admin, '/accounts');
    const [a, b] = [await admin.post('/accounts', { login: 'on-first', role: 'store_keeper', once }), await admin.post('/accounts', { login: 'on-second', role: 'store_keeper', once })];
    check(links(a) && links(b) && links(a) !== links(b), `${a.status} ${b.status}`);
    equal((await list()).filter((x) => /^on-(first|second)$/.test(x.login)).length, 2);
  });
  await test('pressed twice: one reset', async () => {
    const page = `/accounts/${await id('on-person')}`;
    const [a, b] = await twice(admin, `${page}/reset`, page);
    check(links(a), `no link: ${a.status}`);
    equal(links(b), links(a));
    equal((await new Client(server.port).post(links(b))).status, 303);
  });
  await test('what was wrong may be sent again, with what it lacked', async () => {
    const page = `/accounts/${await id('on-made')}`;
    const once = await number(admin, page);
    equal((await admin.post(`${page}/token`, { name: 'till', days: '30', once })).status, 400);
    check(tokens(await admin.post(`${page}/token`, { name: 'till', days: '30', scope_search: 'yes', once })), 'refused');
  });
  await test('the number of one form is none of another, nor of another person', async () => {
    const other = await linked(server, athar, data, 'on-other', 'administrator');
    const page = `/accounts/${await id('on-made')}`;
    const once = await number(admin, page);
    const got = await Promise.all([admin, other].map((c) => c.post(`${page}/token`, { name: 'till', days: '30', scope_search: 'yes', once })));
    check(tokens(got[0]) !== tokens(got[1]), 'his token is shown to another');
    equal((await admin.post(`${page}/token`, { name: 'till', days: '30', scope_search: 'yes', once: 'x' })).status, 400);
  });
  await test('pressed twice where a second proof is set up first: the codes that are seen are the ones that count, and he is signed in', async () => {
    await account(athar, data, 'on-codes', 'auditor');
    const person = new Client(server.port);
    equal((await person.post('/sign-in', { login: 'on-codes', password })).go, '/me');
    await person.readToken();
    const once = await number(person, '/me');
    const before = { ...person.cookies };
    const first = await person.post('/me/codes', { old: password, once });
    person.cookies = { ...before }; // the browser threw the first answer away
    const second = await person.post('/me/codes', { old: password, once });
    check(codes(first).length > 100, `no codes: ${first.status}`);
    equal(codes(second), codes(first));
    equal((await person.get('/openings')).status, 200);
    const again = new Client(server.port);
    equal((await again.post('/sign-in', { login: 'on-codes', password })).go, '/second-factor');
    await again.readToken('/second-factor');
    equal((await again.post('/second-factor', { code: codes(second).split(',')[0] })).status, 303);
    person.cookies = { ...before };
    equal((await person.get('/openings')).status === 200, false, 'the session of before');
  });
}

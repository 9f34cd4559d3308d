// Machines and their tokens: what one may, with which purpose and case, and how it ends.
import { forbidden, linked, password, token } from './accounts.js';
import { Client } from './client.js';
import { check, equal, run, test } from './lib.js';

export async function machinesTests(server, athar, data, ids) {
  const office = (await run(athar, ['account', 'list', '--data', data])).out.toString().match(/"office":"([^"]+)"/)[1];
  const ask = async (bearer, path, headers = {}) => new Client(server.port).get(path, { Authorization: `Bearer ${bearer}`, ...headers });
  const gun = `/api/v1/firearms/${ids.firearm}`;
  const narrow = await token(athar, data, 'narrow', 'peer', office, '--scope', 'search');
  const wide = await token(athar, data, 'wide', 'peer', office);
  for (let i = 0; i < 60 && (await ask(wide, '/api/v1/search?pattern=A1')).status === 401; i++) await new Promise((r) => setTimeout(r, 50)); // the server looks at the acts once a second
  await test('a token may what its scope says, and the API alone', async () => {
    equal((await ask(narrow, '/api/v1/search?pattern=A1')).status, 200);
    check(forbidden(await ask(narrow, gun)), 'beyond its scope');
    check((await ask(narrow, '/search?pattern=A1')).go.startsWith('/sign-in'), 'a page');
    equal((await ask(narrow, '/log/tile/entries/000')).status, 401);
    equal((await run(athar, ['account', 'token', '--data', data, 'narrow', '--name', 'x', '--scope', 'accounts'])).code, 1);
    equal((await run(athar, ['account', 'token', '--data', data, 'reads', '--name', 'x'])).code, 1, 'a token for a person');
    const wrong = await ask(`${narrow.slice(0, -2)}AA`, '/api/v1/search?pattern=A1');
    equal(wrong.status, 401);
    equal(wrong.headers['www-authenticate'], 'Bearer realm="athar"');
    const person = new Client(server.port);
    await person.signIn('reads', password);
    equal((await person.get('/api/v1/search?pattern=A1', { Authorization: `Bearer ${narrow}` })).status, 409, 'token and cookie');
  });
  await test('nobody signs in as a machine', async () => {
    equal((await new Client(server.port).post('/sign-in', { login: 'wide', password })).status, 403);
    equal((await run(athar, ['account', 'add', '--data', data, 'robot', '--role', 'peer', '--password-stdin'], password)).code, 1);
  });
  await test('names are opened to a machine as to people: with a purpose and a case of its office, and an entry', async () => {
    const names = async (headers) => {
      const got = await ask(wide, gun, headers);
      return got.status === 200 ? JSON.parse(got.text).names.key : got.status;
    };
    equal(await names({}), 'names.no_purpose');
    equal(await names({ 'Athar-Purpose': 'curiosity', 'Athar-Case': 'C-1/2026' }), 400);
    equal(await names({ 'Athar-Purpose': 'trace_request', 'Athar-Case': 'C-0/1999' }), 404);
    equal(await names({ 'Athar-Purpose': 'trace_request', 'Athar-Case': 'P-3/2026' }), 404, 'a case of another office');
    equal(await names({ 'Athar-Purpose': 'trace_request', 'Athar-Case': 'C-1/2026' }), 'names.not_own');
    const officer = new Client(server.port);
    await officer.signIn('reads', password);
    equal((await officer.post('/purpose', { purpose: 'trace_request', case: 'C-1/2026', firearm: ids.firearm })).status, 303);
    equal(await names({ 'Athar-Purpose': 'trace_request', 'Athar-Case': 'C-1/2026' }), 'names.open');
    const auditor = await linked(server, athar, data, 'machine-audit', 'auditor');
    check((await auditor.get(`/openings?subject=${ids.firearm}`)).text.includes('wide'), 'no entry of the machine');
  });
  await test('on its page a token is made, shown once, and ended; closing the account ends all', async () => {
    const keeper = await linked(server, athar, data, 'keeper', 'administrator');
    const id = JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts.find((a) => a.login === 'wide').id;
    equal((await keeper.post(`/accounts/${id}/token`, { name: 'nightly', days: '30' })).status, 400, 'no scope');
    equal((await keeper.post(`/accounts/${id}/token`, { name: 'nightly', days: '9999', scope_search: 'yes' })).status, 400, 'for ever');
    const made = await keeper.post(`/accounts/${id}/token`, { name: 'nightly', days: '30', scope_search: 'yes' });
    equal(made.status, 200);
    const text = made.text.match(/athar_[\w-]{43}/)[0];
    equal((await ask(text, '/api/v1/search?pattern=A1')).status, 200);
    check(forbidden(await ask(text, '/api/v1/marks/read?text=A1')), 'a scope that was not chosen');
    const page = (await keeper.get(`/accounts/${id}`)).text;
    check(page.includes('nightly') && !page.includes(text) && page.includes('search by marks'), 'its page');
    const row = page.match(/nightly[\s\S]*?name="token" value="([0-9a-f]{32})"/)[1];
    equal((await keeper.post(`/accounts/${id}/token/drop`, { token: row })).go, `/accounts/${id}`);
    equal((await ask(text, '/api/v1/search?pattern=A1')).status, 401);
    equal((await ask(wide, '/api/v1/search?pattern=A1')).status, 200);
    equal((await keeper.post(`/accounts/${id}/close`, {})).status, 400, 'closed by one press');
    equal((await ask(wide, '/api/v1/search?pattern=A1')).status, 200);
    equal((await keeper.post(`/accounts/${id}/close`, { sure: 'yes' })).status, 303);
    equal((await ask(wide, '/api/v1/search?pattern=A1')).status, 401);
    // the role peer is one that two must give
    equal((await keeper.post('/accounts', { login: 'asked', role: 'peer' })).go, '/approvals');
    const token2 = await run(athar, ['account', 'token', '--data', data, 'asked', '--name', 'x']);
    equal(token2.code, 1, 'a token before the second pair of eyes');
  });
}

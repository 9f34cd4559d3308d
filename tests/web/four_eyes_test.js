// Roles that two must give, those that one gives alone, and accounts made on the page.
import { forbidden, linked } from './accounts.js';
import { Client } from './client.js';
import { check, equal, run, test } from './lib.js';

export async function fourEyesTests(server, athar, data) {
  const one = await linked(server, athar, data, 'one', 'administrator');
  const two = await linked(server, athar, data, 'two', 'administrator');
  await linked(server, athar, data, 'rise', 'laboratory');
  const list = JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString());
  const id = (login) => list.accounts.find((a) => a.login === login).id;
  const roles = async () => JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts.find((a) => a.login === 'rise').roles.map((r) => r.role);
  await test('a role that two must give is asked for, not given', async () => {
    equal((await one.post(`/accounts/${id('rise')}/role`, { what: 'give', role: 'analyst', reason: 'joins the trace unit' })).go, '/approvals');
    equal((await roles()).join(), 'laboratory');
  });
  await test('who asked cannot approve; another can, and a refusal needs a reason', async () => {
    const waiting = (await two.get('/approvals')).text;
    check(waiting.includes('aria-label="Decide: analyst for rise"'), 'what is decided is not said');
    const request = waiting.match(/\/approvals\/([0-9a-f]{64})/)[1];
    equal((await one.post(`/approvals/${request}`, { what: 'approve' })).status, 403);
    equal((await two.post(`/approvals/${request}`, { what: 'refuse' })).status, 400);
    equal((await roles()).join(), 'laboratory');
    equal((await two.post(`/approvals/${request}`, { what: 'approve' })).go, '/approvals');
    equal((await roles()).join(), 'laboratory,analyst');
    equal((await two.post(`/approvals/${request}`, { what: 'approve' })).status, 404);
  });
  await test('other roles one administrator gives and takes alone, but not to himself', async () => {
    equal((await one.post(`/accounts/${id('rise')}/role`, { what: 'take', role: 'laboratory' })).go, '/accounts');
    equal((await roles()).join(), 'analyst');
    equal((await one.post(`/accounts/${id('one')}/role`, { what: 'give', role: 'laboratory' })).status, 403);
  });
  await test('who gives rights reads no names, whatever else he is', async () => {
    equal((await run(athar, ['account', 'role', '--data', data, 'two', '--give', 'licensing_officer'])).code, 0);
    for (let i = 0; i < 40 && (await two.get('/')).status !== 200; i++) await new Promise((r) => setTimeout(r, 50)); // the server looks at the roles once a second
    equal((await two.get('/')).status, 200);
    check(forbidden(await two.get('/purpose')), 'an administrator states a purpose');
  });
  await test('an account made on the page signs in by its link', async () => {
    const page = await one.post('/accounts', { login: 'fresh', name: 'Fresh Person', role: 'store_keeper' });
    const path = page.text.match(/\/sign-in\/[0-9A-Z]{26}/)[0];
    const fresh = new Client(server.port);
    equal((await fresh.post(path)).go, '/');
    equal((await one.post('/accounts', { login: 'fresh', role: 'store_keeper' })).status, 409);
  });
}

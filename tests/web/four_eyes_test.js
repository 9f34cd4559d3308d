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
  await test('approvals: what waits for the reader stands first, then what waits for others, then what is decided', async () => {
    equal((await one.post(`/accounts/${id('rise')}/role`, { what: 'give', role: 'auditor', reason: 'for the yearly audit' })).go, '/approvals');
    const parts = (text) => text.split(/<h2>/).map((part) => ({ title: part.slice(0, part.indexOf('<')), lines: part.split('<li>').length - 1, auditor: part.includes('for the yearly audit'), form: part.includes('value="approve"') }));
    const [asked, waits, decided] = parts((await one.get('/approvals')).text);
    check(!asked.auditor && waits.title === 'Waiting for others' && waits.auditor && !waits.form, JSON.stringify([asked, waits]));
    check(decided.title === 'Decided' && decided.lines > 0 && !decided.form, JSON.stringify(decided));
    const judged = (await two.get('/approvals')).text;
    const [mine] = parts(judged);
    check(mine.auditor && mine.form && /requests? waits? for you/.test(judged), JSON.stringify(mine));
    equal((await two.post(`/approvals/${judged.match(/\/approvals\/([0-9a-f]{64})/)[1]}`, { what: 'refuse', reason: 'not this year' })).status, 303);
  });
  await test('accounts are found by part of a name or office, closed ones last', async () => {
    const logins = (text) => [...text.matchAll(/<th scope="row"><a href="\/accounts\/[0-9a-f]{32}"><bdi[^>]*>([^<]*)/g)].map((m) => m[1]);
    const all = logins((await one.get('/accounts')).text);
    const found = await one.get('/accounts?find=RIS');
    check(logins(found.text).includes('rise') && logins(found.text).length < all.length && found.text.includes('value="RIS"') && found.text.includes('All accounts'), found.text.slice(-600));
    equal(logins((await one.get(`/accounts?find=${encodeURIComponent('لا أحد')}`)).text).length, 0);
    const closed = new Set(JSON.parse((await run(athar, ['account', 'list', '--data', data])).out.toString()).accounts.filter((a) => a.closed).map((a) => a.login));
    for (const part of [all.filter((l) => !closed.has(l)), all.filter((l) => closed.has(l))]) equal(part.join(), [...part].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(), 'by name');
    equal(all.findIndex((l) => closed.has(l)) < 0 || all.slice(all.findIndex((l) => closed.has(l))).every((l) => closed.has(l)), true, 'closed ones among the others');
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

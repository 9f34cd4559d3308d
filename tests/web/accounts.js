// Accounts as the console makes them, and what refusals look like.
import { Client } from './client.js';
import { check, equal, run } from './lib.js';

export const password = 'three otters carry a lantern';

export async function account(athar, data, login, role, office) {
  const args = ['account', 'add', '--data', data, login, '--role', role, '--password-stdin', ...(office ? ['--office', office] : [])];
  const got = await run(athar, args, password);
  equal(got.code, 0, got.err);
}

// Signed in by its one-time link: it has no password.
export async function linked(server, athar, data, login, role, office) {
  const got = await run(athar, ['account', 'add', '--data', data, login, '--role', role, ...(office ? ['--office', office] : [])]);
  equal(got.code, 0, got.err);
  const client = new Client(server.port);
  await client.signInBy(got.out.toString().match(/\/sign-in\/[0-9A-Z]{26}/)[0]);
  return client;
}

export async function token(athar, data, login, role, office, ...words) {
  equal((await run(athar, ['account', 'add', '--data', data, login, '--role', role, ...(office ? ['--office', office] : [])])).code, 0, login);
  const got = await run(athar, ['account', 'token', '--data', data, login, '--name', 'test', ...words]);
  equal(got.code, 0, got.err);
  check(/^athar_[\w-]{43}\n$/.test(got.out.toString()), got.out.toString());
  return got.out.toString().trim();
}

// Same status and sentence for what is there and what is not: only the addresses may differ.
export const bare = (got) => `${got.status} ${got.text.replaceAll(/[0-9a-f]{32,64}/g, 'ID')}`;

export const forbidden = (got) => got.status === 403 && got.text.includes('Your roles do not include this.');
export const turnedAway = (got) => got.status === 401 || (got.status === 303 && /^\/(sign-in|locked|second-factor)/.test(got.go) && !got.text);

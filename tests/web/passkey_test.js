// Passkeys with chromium's virtual authenticator: enrolment, signing in, second factor, unlocking, dropping; and what an answer is worth elsewhere or twice.
import { Client } from './client.js';
import { equal, run, test } from './lib.js';

const password = 'three otters carry a lantern';
const authenticator = { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };

async function withKey(browser, options, steps) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: authenticator });
  try {
    await steps(page, { cdp, authenticatorId, credentials: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials });
  } finally {
    await context.close();
  }
}

async function signIn(page, base, login) {
  await page.goto(`${base}/sign-in`);
  await page.fill('#login', login);
  await page.fill('#password', password);
  await page.click('#sign_in button');
}

async function addKey(page, base, name) {
  await page.goto(`${base}/me`);
  await page.fill('#passkey-name', name);
  await page.fill('#passkey-old', password);
  await page.click('#passkey button');
  await page.locator('#passkeys', { hasText: name }).waitFor();
}

async function add(athar, data, login, role) {
  equal((await run(athar, ['account', 'add', '--data', data, login, '--role', role, '--password-stdin'], password)).code, 0, login);
}

// What the page would send, kept instead of sent.
async function keepAnswer(page) {
  await page.evaluate(() => {
    HTMLFormElement.prototype.submit = function keep() {
      window.kept = Object.fromEntries(new FormData(this));
    };
  });
  await page.click('#passkey button');
  return page.waitForFunction(() => window.kept).then((h) => h.jsonValue());
}

export async function passkeyTests(browser, server, athar, data, looks) {
  const base = `http://localhost:${server.port}`;
  await add(athar, data, 'keyed', 'auditor');
  await add(athar, data, 'other', 'auditor');
  await test('a passkey is the second proof that a role wants; then it signs in alone, unlocks, and can be removed', () => withKey(browser, { bypassCSP: true }, async (page, key) => {
    const wrong = [];
    page.on('console', (m) => m.type() === 'error' && wrong.push(m.text()));
    await signIn(page, base, 'keyed');
    await page.waitForURL('**/me');
    await page.fill('#passkey-name', 'Stick <b>1</b>');
    await page.fill('#passkey-old', 'not the password');
    await page.click('#passkey button');
    await page.locator('.problem').waitFor();
    await addKey(page, base, 'Stick <b>2</b>');
    await looks(page, 'passkeys', 1280);
    equal((await page.goto(`${base}/openings`)).status(), 200, 'after enrolment');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    await page.click('#passkey button');
    await page.waitForURL(`${base}/openings`);
    equal((await page.goto(`${base}/openings`)).status(), 200, 'signed in by passkey alone');
    await page.goto(`${base}/me`);
    await page.getByRole('button', { name: 'Lock' }).click();
    await page.waitForURL('**/locked');
    await page.click('#passkey button');
    await page.waitForURL(`${base}/openings`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    await signIn(page, base, 'keyed');
    await page.waitForURL('**/second-factor');
    await page.click('#passkey button');
    await page.waitForURL(`${base}/openings`);
    await page.goto(`${base}/me`);
    const row = page.locator('#passkeys form', { hasText: 'Stick <b>2</b>' });
    await row.locator('input[type=password]').fill(password);
    await row.getByRole('button', { name: 'Remove' }).click();
    await page.waitForURL('**/me');
    equal(await page.locator('#passkeys form', { hasText: 'Stick' }).count(), 0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    await page.click('#passkey button');
    await page.locator('.problem').waitFor();
    equal(wrong.filter((w) => !/40[13]/.test(w)).join(), '', 'console');
  }));
  await test('an answer is worth nothing a second time, in another session, or to another origin', () => withKey(browser, {}, async (page, key) => {
    await signIn(page, base, 'other');
    await page.waitForURL('**/me');
    await addKey(page, base, 'One');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    const kept = await keepAnswer(page);
    const cookies = Object.fromEntries((await page.context().cookies(base)).map((c) => [c.name, c.value]));
    const send = (fields, jar, headers = {}) => new Client(server.port, jar).post('/sign-in/passkey', fields, { Host: `localhost:${server.port}`, ...headers });
    equal((await send(kept, { 'athar-door': 'A'.repeat(43) })).status, 403, 'in another browser');
    const client = JSON.parse(Buffer.from(kept.client_data, 'base64url'));
    const forged = (change) => ({ ...kept, client_data: Buffer.from(JSON.stringify({ ...client, ...change })).toString('base64url') });
    equal((await send(forged({ origin: 'http://localhost:1' }), cookies)).status, 403, 'another origin');
    const signature = Buffer.from(kept.signature, 'base64url');
    signature[signature.length - 1] ^= 1;
    equal((await send({ ...kept, signature: signature.toString('base64url') }, cookies)).status, 403, 'a wrong signature');
    await new Promise((r) => setTimeout(r, 1300)); // after three wrong tries one waits
    const good = await send(kept, cookies);
    equal(good.status, 303, `the answer itself: ${good.text.slice(0, 300)}`);
    equal((await send(kept, cookies)).status, 403, 'a second time');
  }));
  await test('who is not verified by his device is refused, and a key that was copied', () => withKey(browser, {}, async (page, key) => {
    await signIn(page, base, 'other');
    await page.waitForURL('**/second-factor');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await add(athar, data, 'third', 'auditor');
    await signIn(page, base, 'third');
    await page.waitForURL('**/me');
    await addKey(page, base, 'Two');
    const [made] = await key.credentials();
    for (let round = 0; round < 2; round++) { // the copy has an older counter
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL('**/sign-in');
      await page.click('#passkey button');
      await page.waitForURL(`${base}/openings`);
    }
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    await key.cdp.send('WebAuthn.removeCredential', { authenticatorId: key.authenticatorId, credentialId: made.credentialId });
    await key.cdp.send('WebAuthn.addCredential', { authenticatorId: key.authenticatorId, credential: { ...made, signCount: 1 } });
    await page.click('#passkey button');
    await page.locator('.problem').waitFor();
    await key.cdp.send('WebAuthn.setUserVerified', { authenticatorId: key.authenticatorId, isUserVerified: false });
    await page.goto(`${base}/sign-in`);
    await page.click('#passkey button');
    await page.locator('#passkey [role=alert]:not([hidden])').waitFor();
  }));
  await test('a device that holds a key already says so, and what was typed stays', () => withKey(browser, {}, async (page, key) => {
    await add(athar, data, 'fourth', 'auditor');
    await signIn(page, base, 'fourth');
    await page.waitForURL('**/me');
    await addKey(page, base, 'One');
    await page.fill('#passkey-name', 'One more');
    await page.fill('#passkey-old', password);
    await page.click('#passkey button');
    await page.locator('#passkey [data-error=InvalidStateError]:not([hidden])').waitFor();
    equal(await page.locator('#passkey [role=alert]:not([hidden])').count(), 1, 'sentences of what was wrong:');
    equal(await page.locator('#passkey [role=status]').isVisible(), false, 'it still asks');
    equal(await page.inputValue('#passkey-name'), 'One more');
    await key.cdp.send('WebAuthn.clearCredentials', { authenticatorId: key.authenticatorId });
    await page.fill('#passkey-old', 'not the password');
    await page.click('#passkey button');
    await page.locator('.problem').waitFor();
    equal(await page.inputValue('#passkey-name'), 'One more', 'after a wrong password');
  }));
  await test('where the address is a number, or without script, no passkey is offered', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`${base}/sign-in`);
    equal(await page.locator('#passkey').isVisible(), false);
    await page.goto(`http://127.0.0.1:${server.port}/sign-in`);
    equal(await page.locator('#passkey').count(), 0);
    await page.close();
  });
}

// HTTP as it stands on the wire: refusals of what could smuggle a second request (RFC 9112), headers, caching, sizes.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { check, equal, raw, test } from './lib.js';

const refusals = [
  ['Content-Length with Transfer-Encoding', 'POST /api/v1/marks/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['Content-Length twice', 'POST /api/v1/marks/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd', 400],
  ['Transfer-Encoding other than chunked', 'POST /api/v1/marks/read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 411],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n', 400],
  ['a Host that is not ours', 'GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n', 421],
  ['another method', 'PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n', 405],
  ['a body too long', 'POST /api/v1/marks/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n', 413],
];

const paths = ['/..', '/static/../x', '/%2e%2e/x', '/a%2Fb', '/a%00b', '/%zz', '/search?pattern=%ff', '/search?pattern=%00', '/search?pattern=a&pattern=b', '//'];

async function refuse(server) {
  for (const [name, bytes, status] of refusals)
    await test(`refuses ${name}`, async () => {
      const got = await raw(server.port, bytes);
      // The library itself drops some of these without a word; what counts is that the connection ends and nothing is served.
      check(got.closed, 'the connection stays open');
      check(got.status === status || got.status === 0 || got.status === 400, `status ${got.status}`);
      check(!got.text.includes('<html lang'), 'a page was served');
    });
  for (const path of paths)
    await test(`refuses the address ${path}`, async () => {
      const got = await raw(server.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      equal(got.status, 400);
      check(got.closed, 'the connection stays open');
    });
  await test('an address too long', async () => {
    const got = await raw(server.port, `GET /search?pattern=${'A'.repeat(100000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    check(got.closed && [0, 400, 414, 431].includes(got.status), `status ${got.status}`);
  });
  await test('after a refusal it still serves', async () => equal((await fetch(server.base)).status, 200));
}

async function headers(server) {
  await test('security headers', async () => {
    const got = await fetch(server.base);
    const policy = got.headers.get('content-security-policy');
    check(policy.includes("default-src 'none'") && policy.includes("script-src 'self'") && policy.includes("frame-ancestors 'none'"), policy);
    check(!policy.includes('unsafe'), 'unsafe');
    equal(got.headers.get('x-content-type-options'), 'nosniff');
    equal(got.headers.get('referrer-policy'), 'no-referrer');
    equal(got.headers.get('cache-control'), 'no-store');
  });
  await test('files are kept for ever, compressed, and answered 304', async () => {
    const page = await (await fetch(server.base)).text();
    for (const [, url] of page.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)) {
      const got = await fetch(server.base + url);
      equal(got.status, 200, url);
      check(got.headers.get('cache-control').includes('immutable'), 'cache');
      if (!url.endsWith('.svg')) equal(got.headers.get('content-encoding'), 'gzip', url);
      const again = await fetch(server.base + url, { headers: { 'If-None-Match': got.headers.get('etag') } });
      equal(again.status, 304, url);
      check(again.headers.get('content-security-policy'), 'policy');
    }
  });
  await test('HEAD is GET without the body', async () => {
    const got = await raw(server.port, 'HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    equal(got.status, 200);
    check(/content-length: [1-9]/i.test(got.text) && got.text.trimEnd().split('\r\n\r\n').length === 1, 'body');
  });
}

async function sizes(server) {
  await test('the first page is at most 60 KB compressed, the style sheet under 20 KiB', async () => {
    const page = Buffer.from(await (await fetch(server.base)).arrayBuffer());
    let sum = gzipSync(page).length;
    for (const [, url] of page.toString().matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)) {
      const bytes = Buffer.from(await (await fetch(server.base + url)).arrayBuffer());
      sum += gzipSync(bytes).length;
      if (url.endsWith('.css')) check(bytes.length < 20480, `style sheet ${bytes.length}`);
    }
    check(sum <= 60000, `${sum} bytes`);
    console.log(`first page: ${sum} bytes compressed`);
  });
  await test('logical properties only', () => {
    const css = ['athar', 'enter'].map((n) => readFileSync(new URL(`../../web/static/${n}.css`, import.meta.url), 'utf8')).join('');
    const bad = css.match(/(?<![-\w])(?:(?:margin|padding|border|inset)-(?:left|right|top|bottom)[\w-]*|left|right|top|bottom|width|height|(?:min|max)-(?:width|height)|text-align|float)\s*:\s*[^;}]*/g) ?? [];
    const left = bad.filter((b) => !/^(?:max-width|min-width): \d+rem\)?/.test(b) && !/^(?:text-align|float):\s*(?:start|end|center|inline-\w+)/.test(b));
    equal(left.join('; '), '');
  });
}

export async function httpTests(server) {
  await refuse(server);
  await headers(server);
  await sizes(server);
}

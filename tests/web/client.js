// A client with cookies and no browser: whole control over what is sent.
import { request } from 'node:http';
import { check } from './lib.js';

export class Client {
  constructor(port, cookies = {}) {
    this.port = port;
    this.cookies = { ...cookies };
    this.always = {}; // headers of every request
    this.from = undefined; // an address of the loopback network that it comes from
  }

  send(method, path, body, headers = {}) {
    return new Promise((resolve, reject) => {
      const cookie = Object.entries(this.cookies).map(([k, v]) => `${k}=${v}`).join('; ');
      const all = { ...(cookie ? { Cookie: cookie } : {}), ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }), ...this.always, ...headers };
      const sent = request({ host: '127.0.0.1', port: this.port, path, method, headers: all, agent: false, localAddress: this.from }, (got) => {
        const parts = [];
        got.on('data', (b) => parts.push(b));
        got.on('end', () => {
          for (const line of got.headers['set-cookie'] ?? []) this.keep(line);
          resolve({ status: got.statusCode, headers: got.headers, text: Buffer.concat(parts).toString(), go: got.headers.location });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  keep(line) {
    const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
    if (/Max-Age=0/.test(line)) delete this.cookies[name];
    else this.cookies[name] = value;
  }

  get(path, headers) {
    return this.send('GET', path, undefined, headers);
  }

  // As a form of a page would: with the token that the pages of this session carry.
  async post(path, fields = {}, headers = {}) {
    const body = new URLSearchParams({ ...(this.token ? { form_token: this.token } : {}), ...fields }).toString();
    return this.send('POST', path, body, { 'Content-Type': 'application/x-www-form-urlencoded', ...headers });
  }

  async readToken(path = '/me') {
    const got = await this.get(path);
    this.token = got.text.match(/name="form_token" value="([0-9a-f]{32})"/)?.[1];
    check(this.token, `no form token on ${path}: ${got.status} ${got.go ?? ''}`);
    return got;
  }

  // Password, and printed codes where the role asks for a second proof. Answers the codes that are left.
  async signIn(login, password, codes = []) {
    return this.secondStep(await this.post('/sign-in', { login, password }), login, password, codes);
  }

  // By a link that is used once: for whom no password is needed (hashing one costs the server 64 MiB).
  async signInBy(link) {
    return this.secondStep(await this.post(link), link, '', []);
  }

  async secondStep(got, login, password, codes) {
    check(got.status === 303, `sign in as ${login}: ${got.status}`);
    const asked = got.go === '/me' && (await this.readToken()).text.includes('asks for a second proof'); // where no page is for its role one begins there, too
    if (asked) {
      const page = await this.post('/me/codes', { old: password });
      codes = [...page.text.matchAll(/[0-9A-Z]{5}-[0-9A-Z]{5}/g)].map((m) => m[0]);
      check(codes.length === 10, `printed codes: ${page.status}`);
    } else if (got.go === '/second-factor') {
      await this.readToken('/second-factor');
      check((await this.post('/second-factor', { code: codes.shift() })).status === 303, 'second factor');
    }
    await this.readToken();
    return codes;
  }
}

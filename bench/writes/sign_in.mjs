// Signs in and writes the request that bench_writes repeats. usage: node sign_in.mjs PORT LOGIN PASSWORD REQUEST
import { writeFileSync } from 'node:fs';
import { Client } from '../../tests/web/client.js';

const [port, login, password, file] = process.argv.slice(2);
const client = new Client(+port);
await client.signIn(login, password);
const cookie = Object.entries(client.cookies).map(([k, v]) => `${k}=${v}`).join('; ');
const body = { form_token: client.token, key: '@K@', what: 'record', purpose: 'licensing', firearm: 'G0@N@', happened: '2026-11-01', by_who: 'unknown' };
writeFileSync(file, `POST /api/v1/enter/lost HTTP/1.1
Host: 127.0.0.1:${port}
Origin: http://127.0.0.1:${port}
Cookie: ${cookie}
Content-Type: application/json
Content-Length: @L@

${JSON.stringify(body)}`);

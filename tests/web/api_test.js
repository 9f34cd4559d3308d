// The API: the document under a validator, each answer under the document's own schemas, errors as RFC 9457.
import { Validator } from '@seriousme/openapi-schema-validator';
import { document, fits } from './document.js';
import { check, equal, test } from './lib.js';

async function get(server, path, status = 200, type = 'application/json') {
  const got = await fetch(server.base + path);
  equal(got.status, status, path);
  equal(got.headers.get('content-type'), type, path);
  return got.json();
}

async function problem(server, path, status, field) {
  const got = await get(server, path, status, 'application/problem+json');
  fits('Problem', got);
  equal(got.status, status);
  equal(got.field, field);
  check(got.detail.length > 10 && !/\b(?:want|err)\./.test(got.detail), got.detail);
}

export async function documentTests(server) {
  await test('the OpenAPI document is valid 3.1', async () => {
    const result = await new Validator().validate(structuredClone(document));
    check(result.valid, JSON.stringify(result.errors));
    equal(document.openapi, '3.1.0');
  });
  await test('it is served as it stands', async () => {
    const served = await get(server, '/api/v1/openapi.json');
    equal(JSON.stringify(served), JSON.stringify(document));
  });
}

// `names`: pattern that finds something, id of a firearm, id of a record.
export async function answerTests(server, names, label) {
  const id = encodeURIComponent(names.id);
  const answers = [
    ['SearchResult', `/api/v1/search?pattern=${encodeURIComponent(names.pattern)}&limit=3`],
    ['Trace', `/api/v1/firearms/${id}`],
    ['Record', `/api/v1/records/${names.record}`],
    ['Imports', '/api/v1/imports'],
    ['MarkReading', `/api/v1/marks/read?text=${encodeURIComponent('(ILEGIVEL)571752')}`],
    ['Health', '/api/v1/health'],
  ];
  if (label === 'fixture') answers.push(['Specimens', '/api/v1/ballistics'], ['Pair', '/api/v1/ballistics/compare?a=x&b=y'],
    ['Pair', '/api/v1/ballistics/compare?a=x&b=told.x3p']);
  for (const [schema, path] of answers) await test(`${label} ${path}`, async () => fits(schema, await get(server, path)));
  await test(`${label} a mark posted`, async () => {
    const got = await fetch(`${server.base}/api/v1/marks/read`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"text": "(ILEGIVEL)571752"}' });
    equal(got.status, 200);
    fits('MarkReading', await got.json());
  });
  await test(`${label} the PDF`, async () => {
    const got = await fetch(`${server.base}/api/v1/firearms/${id}/trace.pdf`);
    equal(got.headers.get('content-type'), 'application/pdf');
    check((await got.text()).startsWith('%PDF-'), 'no PDF');
  });
  await test(`${label} problems name field, value and what is wanted`, async () => {
    await problem(server, '/api/v1/search', 400, 'pattern');
    await problem(server, '/api/v1/search?pattern=A1&year=19x1', 400, 'year');
    await problem(server, '/api/v1/search?pattern=%5B0OQ', 400, 'pattern');
    await problem(server, `/api/v1/firearms/${id}?as_of=32`, 400, 'as_of');
    await problem(server, '/api/v1/firearms/absent', 404, 'id');
    await problem(server, '/api/v1/nothing', 404, 'page');
  });
  for (const body of ['', '{', '[]', '{"text": 1}', '{"text": "a", "text": "b"}'])
    await test(`${label} refuses the body ${body}`, async () => {
      const got = await fetch(`${server.base}/api/v1/marks/read`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      equal(got.status, 400);
      fits('Problem', await got.json());
    });
}

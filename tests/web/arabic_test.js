// Entering records in Arabic: each kind, each step, with mistakes, before it is sent, its receipt, its record. No word in Latin letters stands on them but what
// officers typed, makes and calibres as they are stamped, and identifiers.
import { officer } from './enter_test.js';
import { check, equal, run, test } from './lib.js';

// What a page says: texts, offered answers, labels that are heard. Identifiers and marks stand in elements of their own direction, or between signs of it;
// names in braces are for the script.
export function latinWords(html, data = []) {
  let text = html
    .replace(/<(script|style)[\s\S]*?<\/\1>/g, ' ')
    .replace(/<datalist id="(?:makes|calibres|offices)">[\s\S]*?<\/datalist>/g, ' ')
    .replace(/<(bdi|span|td|dd|kbd)\b[^>]*\bdir="ltr"[^>]*>[\s\S]*?<\/\1>/g, ' ')
    .replace(/\u2066[^\u2069]*\u2069/g, ' ')
    .replace(/<kbd>[\s\S]*?<\/kbd>/g, ' ')
    .replace(/<a [^>]*\blang="(?!ar)[^>]*>[\s\S]*?<\/a>/g, ' ');
  const heard = [...text.matchAll(/\b(?:placeholder|aria-label|title|alt|data-[a-z-]+)="([^"]*)"/g)].map((m) => m[1]);
  const offered = [...(text.match(/<datalist[\s\S]*?<\/datalist>/g) ?? [])].flatMap((d) => [...d.matchAll(/value="([^"]*)"/g)].map((m) => m[1]));
  text = [text.replace(/<[^>]*>/g, ' '), ...heard, ...offered].join('\n').replace(/&#?\w+;|\{\w+\}/g, ' ');
  for (const known of [...data].sort((a, b) => b.length - a.length)) text = text.replaceAll(known, ' ');
  return [...new Set(text.match(/[A-Za-z]{2,}(?:[ -][A-Za-z]+)*/g) ?? [])];
}

const choices = { make: 'Taurus', model: 'م-85', calibre: '9 mm', type: 'مسدس', country: 'البرازيل', abroad: 'لبنان', year: '1991', happened: '2022-02-02', discovered: '2022-02-03', until: '2030', mark_state: '',
  place: 'حي الميناء', circumstances: 'على قارعة الطريق', opinion: 'يبدو الأمر سهواً', note: 'لا شيء آخر', reason: 'دُوّن سهواً', class: 'حيازة', case: 'ق-7' };
const persons = ['سامي حداد', 'ليلى منصور', 'كريم ناصر', 'هدى سالم', 'نور عيسى'];
// What stands on the pages as data: typed above, names to sign in, and names of things that have no other.
const data = ['Taurus', 'Forjas', 'Browning', 'Parabellum', 'Luger', 'mm', 'x19', 'ATHAR1', 'AR-', 'ar-police', 'ar-lic', 'ar-lab', 'athar.invalid', 'PDF', 'JSON'];

function answers(fields, given, party) {
  const out = {};
  for (const f of fields) {
    if (f.is_party) {
      out[f.name] = persons[party % persons.length];
      out[`${f.name}_document`] = `د-${party}`;
      if (f.whos) out[`${f.name}_who`] = 'named';
      out[`${f.name}_class`] = 'PERSON';
      party++;
    } else if (f.is_choice || f.is_purpose) {
      out[f.name] = f.name === 'mark_state' ? '' : f.options[0].code;
    } else if (f.is_mark) {
      out[f.name] = given.mark;
    } else {
      out[f.name] = given[f.name] ?? choices[f.name] ?? 'نص';
    }
  }
  return out;
}

async function walk(client, kind, given, party) {
  const found = [];
  const look = (where, got) => {
    check(got.status < 500 && got.text.includes('<html lang="ar" dir="rtl">'), `${where}: ${got.status}`);
    found.push(...latinWords(got.text, data).map((w) => `${where}: ${w}`));
    return got;
  };
  const path = `/enter/${kind}`;
  const first = look(`${kind} 1`, await client.get(path));
  const draft = first.text.match(/name="draft" value="([0-9a-f]{32})"/)[1];
  const steps = JSON.parse((await client.get(`/api/v1${path}`)).text).steps;
  for (let step = 1; step <= steps; step++) {
    const { fields } = JSON.parse((await client.get(`/api/v1${path}?step=${step}`)).text);
    if (step > 1) look(`${kind} ${step}`, await client.get(`${path}?draft=${draft}&step=${step}`));
    const wrong = Object.fromEntries(fields.map((f) => [f.name, f.is_text || f.is_area || f.is_party || f.is_term ? '' : f.is_mark ? '؟' : 'ء']));
    const mistaken = await client.post(path, { draft, step: String(step), what: 'next', ...wrong });
    if (mistaken.status !== 303) look(`${kind} ${step} with mistakes`, mistaken); // where nothing must be answered, nothing is a mistake
    const sent = await client.post(path, { draft, step: String(step), what: 'next', ...answers(fields, given, party) });
    if (sent.status !== 303) {
      found.push(`${kind} ${step}: not taken: ${sent.text.match(/class="problem"[\s\S]*?<\/div>/)?.[0].replace(/<[^>]*>/g, ' ')}`);
      return found;
    }
  }
  const asked = look(`${kind} before it is sent`, await client.get(`${path}?draft=${draft}&step=check`));
  look(`${kind} in the list`, await client.get('/enter'));
  const warned = asked.text.match(/name="warned" value="([0-9a-f]{32})"/)?.[1];
  if (!warned) return [...found, `${kind}: cannot be sent`];
  const done = await client.post(path, { draft, what: 'record', warned });
  equal(done.status, 303, `${kind}: sent`);
  const receipt = look(`${kind} receipt`, await client.get(done.go));
  const record = done.go.match(/[0-9a-f]{64}/)[0];
  look(`${kind} record`, await client.get(`/records/${record}`));
  const gun = receipt.text.match(/href="\/firearms\/([0-9a-f]{32})"/)?.[1];
  if (gun) look(`${kind} firearm`, await client.get(`/firearms/${gun}`));
  return found;
}

export async function arabicTests(server, athar, dir) {
  const office = (await run(athar, ['account', 'list', '--data', dir])).out.toString().match(/"office":"([^"]+)"/)[1];
  data.push(office);
  const people = {};
  for (const [login, role] of [['ar-lic', 'licensing_officer'], ['ar-police', 'police_officer'], ['ar-lab', 'laboratory']]) {
    people[role] = await officer(server, athar, dir, login, role, office);
    await people[role].get('/enter?lang=ar');
  }
  const { licensing_officer: lic, police_officer: pol, laboratory: lab } = people;
  const kinds = async (client) => JSON.parse((await client.get('/api/v1/enter')).text).groups.flatMap((g) => g.kinds.map((k) => k.kind));
  let n = 0;
  for (const [client, who, mine] of [[lic, 'a licensing officer', await kinds(lic)], [pol, 'the police', await kinds(pol)], [lab, 'the laboratory', await kinds(lab)]]) {
    check(mine.length >= 5, 'few kinds');
    const gun = async (mark) => (await lic.record('registered', { mark, make: 'Taurus', happened: '2020', how: 'KNOWN', to: persons[0], to_document: 'د-0' })).subject;
    const [firearm, other] = [await gun(`AR-${n}A`), await gun(`AR-${n}B`)];
    const permit = async (number) => (await lic.record('permit_issued', { permit: number, to: persons[0], to_document: 'د-0', happened: '2021' }), number);
    const held = await permit(`ر-${n}`);
    for (const kind of mine) await test(`in Arabic: ${kind} as ${who}`, async () => {
      n++;
      const given = { firearm, other, mark: `AR-${n} O0`, permit: kind === 'permit_issued' ? `ر-${n}` : kind === 'permit_ended' ? await permit(`ر-${n}`) : held };
      if (kind === 'order_lifted') given.record = (await lic.record('protection_order', { party: persons[1], party_document: `د-${n}`, happened: '2021', case: 'ق' })).record;
      if (['corrected', 'cancelled'].includes(kind)) given.record = (await client.record('mark_observed', { firearm, mark: `AR-${n}X`, happened: '2021' })).record;
      equal([...new Set(await walk(client, kind, given, n))].join('; '), '');
    });
  }
  const boss = await officer(server, athar, dir, 'ar-boss', 'administrator', office);
  const auditor = await officer(server, athar, dir, 'ar-audit', 'auditor', office);
  const reviewer = await officer(server, athar, dir, 'ar-review', 'reviewer', office);
  for (const client of [boss, auditor, reviewer]) await client.get('/me?lang=ar');
  await boss.post('/accounts', { login: 'ar-new', role: 'analyst' });
  await pol.post('/purpose/emergency', { reason: 'إطلاق نار في السوق' });
  await pol.get('/search?pattern=AR-1');
  const machine = (await run(athar, ['account', 'add', '--data', dir, 'ar-machine', '--role', 'data_service', '--office', office])).code;
  equal(machine, 0, 'a machine');
  const accounts = JSON.parse((await run(athar, ['account', 'list', '--data', dir])).out.toString()).accounts;
  const account = (login) => `/accounts/${accounts.find((a) => a.login === login).id}`;
  const offices = [['an administrator', boss, ['/accounts', account('ar-lic'), account('ar-machine'), '/approvals', '/imports', '/me']],
    ['an auditor', auditor, ['/openings', '/openings?first=2020-13-01', '/openings/totals', '/approvals', '/imports', '/requests', '/nowhere']], ['a reviewer', reviewer, ['/review', '/me', '/openings']]];
  for (const [name, client, paths] of offices) await test(`in Arabic: the pages of ${name}`, async () => {
    const found = [];
    for (const path of paths) found.push(...latinWords((await client.get(path)).text, [...data, 'PIN', 'Authorization: Bearer', 'API', 'nowhere', 'another office']).map((w) => `${path}: ${w}`));
    equal(found.join('; '), '');
  });
  for (const [name, client] of [['a licensing officer', lic], ['the police', pol], ['the laboratory', lab]]) await test(`in Arabic: the pages around it, as ${name}`, async () => {
    const found = [];
    for (const path of ['/enter', '/', '/me', '/surrenders', '/requests', '/lists', '/purpose', `/enter/${encodeURIComponent('شيء')}`, '/enter/lost?draft=1']) {
      const got = await client.get(path);
      if (got.status !== 403) found.push(...latinWords(got.text, [...data, 'PIN']).map((w) => `${path}: ${w}`));
    }
    equal(found.join('; '), '');
  });
}

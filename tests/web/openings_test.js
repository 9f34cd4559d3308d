// The log of openings, looked through by an auditor: by officer, office, purpose, day, case and whose names; as page and by the API.
import { password } from './accounts.js';
import { Client } from './client.js';
import { fits } from './document.js';
import { check, equal, test } from './lib.js';

// After the tests of names: several officers have opened names of ids.firearm.
export async function openingsTests(server, ids, auditor, reviewer) {
  const api = async (query) => {
    const got = await auditor.get(`/api/v1/openings?${query}`);
    return { status: got.status, ...JSON.parse(got.text) };
  };
  const rows = async (query) => (await api(query)).openings;
  const all = await rows('');
  check(all.length > 20, `${all.length} openings`);
  await test('openings: each question gives those that fit, and all of them', async () => {
    const asks = {
      'who=reads': (o) => o.who === 'reads',
      'who=READS': (o) => o.who === 'reads',
      [`account=${all[0].account}`]: (o) => o.account === all[0].account,
      'office=another+office': (o) => o.office === 'another office',
      'purpose=criminal_investigation': (o) => o.purpose === 'criminal_investigation',
      'purpose=none': (o) => !o.purpose,
      'case=P-3%2F2026': (o) => o.case_no === 'P-3/2026',
      [`subject=${ids.firearm}`]: (o) => o.subject === ids.firearm,
      [`first=${all[0].at.slice(0, 4)}&last=${all[0].at.slice(0, 10)}`]: () => true,
      'last=2020': () => false,
      'first=2100-01-01': () => false,
      'who=reads&case=C-1%2F2026&purpose=criminal_investigation': (o) => o.who === 'reads' && o.case_no === 'C-1/2026' && o.purpose === 'criminal_investigation',
      'who=reads&case=P-3%2F2026': () => false,
    };
    for (const [query, fit] of Object.entries(asks)) {
      const got = await api(query);
      const want = all.filter(fit).map((o) => o.position);
      equal(got.openings.map((o) => o.position).join(), want.join(), query);
      equal(got.count, want.length, `${query}: count`);
      equal(got.filtered, true, query);
    }
    check(all.some((o) => o.who === 'patrol' && o.office === 'another office') && all.some((o) => o.case_no === 'P-3/2026'), 'nothing to tell apart');
  });
  await test('openings: a firearm is called by its mark, and leads to a record of it; what a reader may not see is not said', async () => {
    const shown = all.filter((o) => o.subject === ids.firearm);
    check(shown.length && shown.every((o) => o.firearm?.mark === ids.mark && o.firearm.make_label && !o.firearm.may_open), JSON.stringify(shown[0]));
    const page = (await auditor.get(`/openings?subject=${ids.firearm}`)).text;
    check(page.includes(`<a href="/records/${shown[0].firearm.record}"><span class="mark"><bdi dir="ltr">${ids.mark}</bdi>`), 'no mark on the page');
    check((await auditor.get(`/records/${shown[0].firearm.record}`)).text.includes(ids.mark), 'the record has no such mark');
    equal((await auditor.get(`/firearms/${ids.firearm}`)).status, 403);
    check(!(await reviewer.get('/review')).text.includes(ids.mark), 'a reviewer, who may open neither, reads a mark');
  });
  await test('openings: a firearm is asked for by its number in a register as by its id', async () => {
    const by = await api(`subject=${encodeURIComponent(ids.number.toLowerCase())}`);
    equal(by.count, all.filter((o) => o.subject === ids.firearm).length);
  });
  await test('openings: the answer fits the document', async () => {
    const { status, ...got } = await api('who=reads&purpose=trace_request');
    equal(status, 200);
    fits('Openings', got);
  });
  await test('openings: what is asked wrongly is named, and what was typed stays', async () => {
    for (const [field, value] of [['first', '2026-02-30'], ['first', 'yesterday'], ['last', '31/12/2026'], ['subject', 'REG-1'], ['account', 'reads'], ['who', 'nobody at all'], ['purpose', 'curiosity'], ['before', '12']]) {
      const query = `office=capital&${field}=${encodeURIComponent(value)}`;
      const told = await api(query);
      equal(told.status, field === 'who' ? 404 : 400, query);
      equal(told.field, field);
      equal(told.value, value);
      check(told.want.length > 5 && !told.want.startsWith('want.'), `${field}: ${told.want}`);
      const page = await auditor.get(`/openings?${query}`);
      equal(page.status, told.status, `page ${query}`);
      check(page.text.includes(`href="#${field}"`) && page.text.includes('value="capital"') && !page.text.includes('<table'), `page ${query}`);
      if (!['purpose', 'before', 'account'].includes(field)) check(page.text.includes(`value="${value}"`), `${field}: what was typed is gone`);
    }
    equal((await api('first=2026-05-02&last=2026-05-01')).field, 'last');
    equal((await auditor.get('/openings?first=x&last=y&subject=z')).status, 400, 'three wrong at once');
  });
  await test('openings: the form keeps what was asked, and a column leads to the rest of it', async () => {
    const page = (await auditor.get('/openings?who=reads&case=C-1%2F2026&purpose=criminal_investigation')).text;
    for (const kept of ['value="reads"', 'value="C-1/2026"', 'value="criminal_investigation" selected', '<option value="another office">']) check(page.includes(kept), `no ${kept}`);
    const link = page.match(/href="(\/openings\?account=[0-9a-f]{32})"/)[1];
    check((await auditor.get(link)).text.includes('value="reads"'), 'the officer of a link is not in the form');
  });
  await test('openings: a hundred a page, and each once', async () => {
    const officer = new Client(server.port);
    await officer.signIn('reads', password);
    equal((await officer.post('/purpose', { purpose: 'criminal_investigation', case: 'C-1/2026' })).status, 303);
    for (let i = 0; i < 12; i++) await Promise.all(Array.from({ length: 10 }, () => officer.get(`/api/v1/firearms/${ids.firearm}`)));
    const seen = [];
    let pages = 0;
    for (let more = ''; more !== undefined; pages++) {
      const got = await api(`who=reads${more && `&before=${more}`}`);
      equal(got.continued, more ? true : undefined);
      seen.push(...got.openings.map((o) => `${o.at} ${String(o.position).padStart(9)}`));
      more = got.older;
      if (!more) equal(got.count, seen.length);
      else equal(got.shown, 100);
    }
    check(pages > 1, 'one page');
    equal(new Set(seen).size, seen.length, 'twice');
    equal([...seen].sort().reverse().join(), seen.join(), 'not newest first');
    const first = (await auditor.get('/openings?who=reads')).text;
    const next = first.match(/href="(\/openings\?[^"]*before=[^"]*)" rel="next"/)[1].replaceAll('&amp;', '&');
    check(next.includes('who=reads'), next);
    const second = (await auditor.get(next)).text;
    check(second.includes('value="reads"') && second.includes('<a href="/openings?who=reads">'), 'the way back to the newest');
  });
}

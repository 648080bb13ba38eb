// The sandbox's page in a real browser: what people do with it, with the mouse and without one.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { browserOfFile, contacts, post, pushFromPython } from './support.mjs';

const { open, stranger } = browserOfFile();
const records = (page) => page.locator('#records tbody');
const requests = (page) => page.locator('#requests tbody');

test('a push from Python appears, a fault makes records unknown, a mended connection takes them', async () => {
  const { sandbox, page } = await open();
  await records(page).getByText('No contacts yet').waitFor();
  assert.equal(await pushFromPython(sandbox, 0, 150), '150 0 0 0');
  await records(page).getByText('p149@example.com').waitFor();
  assert.equal(await records(page).locator('tr').count(), 12);
  await page.getByText('150 contacts, newest first').waitFor();
  await requests(page).getByText('50 created').waitFor();

  // The first choice is the connection that closes after the CRM took the request.
  await page.getByRole('button', { name: 'Arm', exact: true }).click();
  await page.locator('#armed').getByText('Connection closes, no answer').waitFor();
  assert.equal(await pushFromPython(sandbox, 150, 50), '0 0 50 0');
  const unknown = requests(page).locator('tr').first();
  await unknown.getByText('no answer', { exact: true }).waitFor();
  await unknown.getByText('50 created').waitFor();
  await page.getByText('200 contacts, newest first').waitFor();
  assert.equal(await page.locator('#armed li').count(), 0);

  await page.getByLabel('Token expired').check({ force: true });
  await page.locator('.crm').getByText('token expired').waitFor();
  assert.equal(await pushFromPython(sandbox, 200, 10), '0 10 0 0');
  await requests(page).getByText('0 created, 10 refused').waitFor();
  await page.getByLabel('Connected', { exact: true }).check({ force: true });
  await page.getByText('HubSpot: connected').waitFor();
  assert.equal(await pushFromPython(sandbox, 200, 10), '10 0 0 0');
  await records(page).getByText('p209@example.com').waitFor();
});

test('all of it works by keyboard, and shows where one is', async () => {
  const { sandbox, page } = await open({ records: [['hubspot', 'contacts', contacts(30)]] });
  const focused = () =>
    page.evaluate(
      () => document.activeElement.getAttribute('name') ?? document.activeElement.textContent,
    );
  const tabTo = async (name) => {
    for (let steps = 0; steps < 80; steps += 1) {
      await page.keyboard.press('Tab');
      if ((await focused()) === name) return;
    }
    assert.fail(`no way to ${name} by Tab`);
  };
  await tabTo('crm');
  const outline = await page.evaluate(
    () => getComputedStyle(document.activeElement.closest('label')).outlineStyle,
  );
  assert.equal(outline, 'solid');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('heading', { name: 'Salesforce' }).waitFor();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('heading', { name: 'HubSpot' }).waitFor();
  await tabTo('connection');
  await page.keyboard.press('ArrowRight');
  await page.locator('.crm').getByText('token expired').waitFor();
  await page.keyboard.press('ArrowLeft');
  await page.getByText('HubSpot: connected').waitFor();
  await tabTo('Older');
  await page.keyboard.press('Enter');
  await records(page).getByText('person17@example.com').waitFor();
  assert.equal(await focused(), 'Older');
  await page.keyboard.press('Enter');
  await records(page).getByText('person0@example.com').waitFor();
  // There is no older page: the focus goes where there is a way on.
  assert.equal(await focused(), 'Newer');
  await tabTo('kind');
  await page.keyboard.press('r'); // Request is held
  await tabTo('Arm');
  await page.keyboard.press('Enter');
  await page.locator('#armed').getByText('Request is held').waitFor();
  const held = post(sandbox, 'hubspot', 'contacts', contacts(1, 100));
  await page.getByText('1 request is held').waitFor();
  await tabTo('Release');
  await page.keyboard.press('Enter');
  assert.equal((await held).pushed_count, 1);
  await page.keyboard.press('Home');
  await page.evaluate(() => document.getElementById('reset').focus());
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Reset the sandbox?' }).waitFor();
  assert.equal(await focused(), 'Cancel');
  await page.keyboard.press('Escape');
  assert.equal((await sandbox.records('hubspot', 'contacts')).length, 31);
  await page.keyboard.press('Enter');
  await tabTo('Reset');
  await page.keyboard.press('Enter');
  await records(page).getByText('No contacts yet').waitFor();
  assert.deepEqual(await sandbox.records('hubspot', 'contacts'), []);
});

test('a row that has the focus keeps it while records come', async () => {
  const { sandbox, page } = await open({ records: [['hubspot', 'contacts', contacts(3)]] });
  const row = records(page).getByRole('button').first();
  const id = await row.textContent();
  await row.focus();
  await post(sandbox, 'hubspot', 'contacts', contacts(2, 3));
  await records(page).getByText('person4@example.com').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), id);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('person2@example.com').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), id);
});

test('100,000 records are searched and gone through', async () => {
  const { sandbox, page } = await open();
  for (let start = 0; start < 100_000; start += 10_000) {
    await post(sandbox, 'hubspot', 'contacts', contacts(10_000, start));
  }
  await page.getByText('100,000 contacts, newest first').waitFor();
  assert.equal(await records(page).locator('tr').count(), 12);
  await page.getByLabel('Search records').fill('PERSON1234@');
  await page.keyboard.press('Enter');
  await records(page).getByText('person1234@example.com').waitFor();
  await page.getByText('Those with “PERSON1234@” among 100,000 contacts').waitFor();
  assert.equal(await records(page).locator('tr').count(), 1);
  await page.getByLabel('Search records').fill('person99');
  await page.keyboard.press('Enter');
  await records(page).getByText('person99999@example.com').waitFor();
  await page.locator('#records-pager').getByText('Older').click();
  await records(page).getByText('person99987@example.com').waitFor();
  await page.getByLabel('Search records').fill('');
  await records(page).getByText('person99999@example.com').waitFor();
  await page.getByLabel('Search records').fill('nobody at all');
  await page.keyboard.press('Enter');
  await records(page).getByText('No contact has “nobody at all”').waitFor();
});

test('what records and requests say stays text', async () => {
  const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>';
  const { sandbox, page } = await open({
    records: [
      ['hubspot', 'contacts', [{ email: 'a@example.com', firstname: evil }]],
      ['hubspot', 'companies', [{ name: evil, domain: 'a.example' }]],
      ['hubspot', 'contacts', [{ email: evil }]],
    ],
  });
  await sandbox.addList('hubspot', { name: evil });
  await sandbox.failNext('status', { status: 500, body: evil, operation: 'status' });
  await fetch(`${sandbox.url}/${encodeURIComponent(evil)}?${encodeURIComponent(evil)}=${evil}`);
  await records(page).getByText(evil).waitFor();
  await records(page).getByRole('button').first().click();
  await page.getByRole('dialog').getByText(evil).waitFor();
  await page.keyboard.press('Escape');
  for (const row of await requests(page).getByRole('button').all()) {
    await row.click();
    await page
      .getByRole('dialog')
      .getByText('Bearer ***')
      .or(page.getByRole('dialog').getByText('sec-fetch-mode'))
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
  }
  await page.getByText('Lists 3').click();
  await records(page).getByRole('button', { name: evil }).click();
  await page.getByText(`Members of ${evil}`).waitFor();
  assert.equal(await page.locator('img, main script').count(), 0);
});

test('lists are added, opened, and show their members', async () => {
  const { sandbox, page } = await open({
    records: [['hubspot', 'contacts', contacts(40)]],
    hash: '#hubspot/lists',
  });
  await page.getByLabel('Name of a new list').fill('Press');
  await page.getByRole('button', { name: 'Add list' }).click();
  await records(page).getByRole('button', { name: 'Press' }).waitFor();
  const list = (await sandbox.lists('hubspot')).find(({ name }) => name === 'Press');
  const ids = (await sandbox.records('hubspot', 'contacts')).map(({ id }) => id);
  const report = await sandbox
    .client()
    .pushLists('hubspot', [{ list_id: list.id, add_contact_ids: ids }]);
  assert.equal(report.failed, 0);
  await requests(page).getByText('40 added, 0 removed').waitFor();
  await records(page).getByText('40', { exact: true }).waitFor();
  await records(page).getByRole('button', { name: 'Press' }).click();
  await page.getByText('40 members, by id').waitFor();
  await records(page).getByText('person0@example.com').waitFor();
  await page.locator('#records-pager').getByText('Next').click();
  await records(page).getByText('person12@example.com').waitFor();
  await page.getByText('← All lists').click();
  await records(page).getByText('Newsletter').waitFor();
});

test('limits are set, fill, refuse, and are removed', async () => {
  const { sandbox, page } = await open();
  await page.getByText('No limit.').waitFor();
  await page.getByLabel('Per second').fill('50');
  await page.getByLabel('Per minute').fill('3');
  await page.getByLabel('Windows').selectOption('sliding');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await page.getByText('0 of 3').waitFor();
  for (let number = 0; number < 5; number += 1) await post(sandbox, 'hubspot', 'contacts', []);
  await page.getByText('3 of 3').waitFor();
  await page.getByText('2 requests refused with 429').waitFor();
  await requests(page).getByText('Rate limit exceeded').first().waitFor();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No limit.').waitFor();
  assert.deepEqual(await post(sandbox, 'hubspot', 'contacts', []), {
    pushed_count: 0,
    failed_count: 0,
    errors: [],
  });
});

test('every fault that there is can be armed and disarmed', async () => {
  const { sandbox, page } = await open();
  const kinds = await page
    .locator('select[name=kind] option')
    .evaluateAll((options) => options.map(({ value }) => value));
  for (const kind of kinds) {
    await page.locator('select[name=kind]').selectOption(kind);
    await page.getByRole('button', { name: 'Arm', exact: true }).click();
    await page.getByText('Fault armed').waitFor();
    await page.locator('#armed li').nth(kinds.indexOf(kind)).waitFor();
  }
  const armed = await sandbox.command({ do: 'faults' });
  assert.deepEqual(
    armed.map(({ fault }) => fault.kind),
    kinds,
  );
  assert.ok(armed.every(({ operation, count }) => operation === 'push_contacts' && count === 1));
  // All that the sandbox knows: it names them when it is asked for another.
  const unknown = await sandbox.command({ do: 'fail_next', fault: { kind: 'none' } }).catch(String);
  const known = unknown.split('expected one of')[1].match(/[a-z_]+(?=`)/g);
  assert.deepEqual([...known].sort(), [...kinds].sort());
  const status = armed.find(({ fault }) => fault.kind === 'status').fault;
  assert.deepEqual(status.body, { detail: 'Service Unavailable' });
  await page.locator('#armed').getByRole('button').first().click();
  await page.getByText('Disarmed', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Disarm all' }).click();
  await page.getByText('All faults disarmed').waitFor();
  assert.deepEqual(await sandbox.command({ do: 'faults' }), []);
});

test('a sandbox that has stopped is said to be gone', async () => {
  const { sandbox, page, wrong } = await open();
  await sandbox.stop();
  await page.getByText('Not reachable: has the sandbox stopped?').waitFor();
  // The browser's own line on the console.
  wrong.splice(
    0,
    wrong.length,
    ...wrong.filter((text) => !text.includes('ERR_CONNECTION_REFUSED')),
  );
});

test('a page of another origin drives nothing, nor does a name that leads here', async () => {
  const { sandbox } = await open({ records: [['hubspot', 'contacts', contacts(3)]] });
  const port = new URL(sandbox.url).port;
  const server = createServer((_, answer) =>
    answer.setHeader('content-type', 'text/html').end('<p>Nice page'),
  );
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const attack = (url) =>
      Promise.allSettled([
        fetch(url, { method: 'POST', mode: 'no-cors', body: '{"do": "reset"}' }).then((answer) =>
          answer.text(),
        ),
        fetch(url, { method: 'POST', body: '{"do": "reset"}' }).then((answer) => answer.text()),
        fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"do": "reset"}',
        }).then((answer) => answer.text()),
        navigator.sendBeacon(url, '{"do": "reset"}'),
      ]).then((all) => all.map(({ value }) => value ?? '').join(' '));
    const own = `http://127.0.0.1:${server.address().port}/`;
    const { page } = await stranger(own);
    for (const host of [sandbox.url, `http://localhost:${port}`]) {
      const read = await page.evaluate(attack, `${host}/_sandbox`);
      assert.doesNotMatch(read, /null|error/, 'a stranger reads answers');
    }
    await page.evaluate((url) => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'POST', enctype: 'text/plain', action: url });
      const input = document.createElement('input');
      Object.assign(input, { name: '{"do": "reset", "x": "', value: '"}' });
      form.append(input);
      document.body.append(form);
      form.submit();
    }, `${sandbox.url}/_sandbox`);
    await page.waitForURL('**/_sandbox');
    assert.match(await page.content(), /no commands from pages of other origins/);

    const rebound = await stranger(`http://rebound.example:${port}/`);
    assert.equal(rebound.answer.status(), 403);
    const told = await rebound.page.evaluate(attack, `http://rebound.example:${port}/_sandbox`);
    assert.match(told, /under no other name or port/);
    assert.equal((await sandbox.records('hubspot', 'contacts')).length, 3);

    // Nor is it shown inside another's page.
    const framing = await stranger(own);
    await framing.page.evaluate((url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
      return new Promise((loaded) => frame.addEventListener('load', loaded));
    }, sandbox.url);
    const [, frame] = framing.page.frames();
    assert.doesNotMatch(await frame.content(), /graph8/);
  } finally {
    server.close();
  }
});

// The fields of a CRM's entity: looked up, kept, made a schema, and compared with a table's columns.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Client, ConfigError, Field, Fields, Suggestions, startSandbox } from 'graph8-crm';

const PROVIDERS = ['hubspot', 'salesforce', 'pipedrive', 'zoho', 'sugarcrm'];
const HEADERS = new URL('../contract/suggestions/headers.json', import.meta.url);
const { cases } = JSON.parse(await readFile(HEADERS, 'utf8'));

let sandbox;
let client;
before(async () => {
  sandbox = await startSandbox();
  client = new Client({ apiKey: sandbox.apiKey, baseUrl: sandbox.url });
});
after(() => sandbox.stop());

for (const provider of PROVIDERS) {
  test(`each column of a real export goes where ${provider} keeps it`, async () => {
    const live = {
      contacts: await client.fields(provider),
      companies: await client.fields(provider, 'companies'),
    };
    assert.ok(cases.length >= 30);
    for (const { source, entity_type: entityType, names, expected, reasons } of cases) {
      const suggestions = live[entityType].suggest(names);
      assert.deepEqual(
        suggestions.map(({ name }) => name),
        names,
      );
      const found = suggestions.filter(({ field }) => field !== null);
      assert.deepEqual(
        Object.fromEntries(found.map(({ name, field }) => [name, field]).reverse()),
        expected[provider],
        source,
      );
      for (const [name, reason] of Object.entries(reasons?.[provider] ?? {})) {
        assert.equal(suggestions.find((one) => one.name === name).reason, reason, source);
      }
    }
  });
}

test("suggestions are a push's options", async () => {
  const fields = await client.fields('hubspot');
  const found = fields.suggest(new Set(['email', 'First Name', 'Shoe size']));
  assert.ok(found instanceof Suggestions);
  assert.deepEqual(found.rename, { 'First Name': 'firstname' });
  assert.deepEqual(found.columns, ['email', 'First Name']);
  assert.deepEqual(found[0], {
    name: 'email',
    field: 'email',
    label: 'Email',
    reason: 'same name',
  });
  assert.throws(() => {
    found[0].field = 'x';
  }, TypeError);
  const records = [{ email: 'a@example.com', 'First Name': 'Ada', 'Shoe size': 38 }];
  const { rename, columns } = found;
  const report = await client.pushContacts('hubspot', records, { rename, columns });
  assert.equal(report.pushed, 1);
});

test('suggest says what it needs', async () => {
  const fields = await client.fields('hubspot');
  assert.throws(() => fields.suggest('Email'), { name: 'ConfigError', message: /list of texts/ });
  assert.throws(() => fields.suggest([1]), ConfigError);
  assert.throws(() => new Fields(fields).suggest(['Email']), /client\.fields\(provider, entity/);
});

test('fields are looked up by name, and a slice is fields', async () => {
  const fields = await client.fields('hubspot');
  assert.equal(fields.get('email'), fields[0]);
  assert.ok(fields.has('email'));
  assert.ok(!fields.has('Email'));
  assert.equal(fields.get('emial'), undefined);
  const part = fields.slice(1, 3);
  assert.ok(part instanceof Fields);
  assert.deepEqual([part.length, part.provider, part.entityType], [2, 'hubspot', 'contacts']);
  assert.ok(!part.has('email'));
  assert.ok(!(fields.map((field) => field) instanceof Fields));
  assert.equal(Fields.from(fields).length, fields.length);
  assert.equal(Fields.of(fields[0]).provider, null);
  assert.deepEqual([...new Fields()], []);
});

test("only Salesforce's names are the same in any letter case", async () => {
  const fields = await client.fields('salesforce');
  assert.equal(fields.get('LASTNAME'), fields.get('LastName'));
  assert.ok(!(await client.fields('zoho')).has('email'));
});

test('fields are kept as JSON', async () => {
  const fields = await client.fields('pipedrive', 'companies');
  const text = JSON.stringify(fields);
  assert.deepEqual(Fields.fromJSON(text), fields);
  assert.deepEqual(Fields.fromJSON(JSON.parse(text)), fields);
  const answer = { data: { fields: [{ slug: 'a', type: 'text', length: 5 }] } };
  const read = Fields.fromJSON(answer);
  assert.ok(read[0] instanceof Field);
  assert.deepEqual([read.provider, read.get('a').extra.length], [null, 5]);
  for (const wrong of ['', '[1]', {}, undefined, 5]) {
    assert.throws(() => Fields.fromJSON(wrong), { message: /no saved answer of fields/ });
  }
});

test('a schema has what the CRM tells', async () => {
  const fields = await client.fields('salesforce');
  const schema = fields.toSchema({ additionalProperties: false });
  assert.equal(schema.additionalProperties, false);
  assert.equal(fields.toSchema().additionalProperties, undefined);
  const { LastName, Id, Email, Salutation } = schema.properties;
  assert.deepEqual([LastName.maxLength, Id.readOnly, Email.readOnly], [80, true, undefined]);
  assert.deepEqual([Salutation.enum[0], Salutation.enum.at(-1)], ['Mr.', null]);
});

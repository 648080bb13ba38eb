// The contract cases that all languages run.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Client, Graph8Error, PushReport, reportOf } from 'graph8-crm';
import { checkShown } from './canary.mjs';
import { mismatch } from './contract-pattern.mjs';
import { ROOT, sandboxOfFile } from './support.mjs';

const KEYS = [
  'name',
  'operation',
  'arguments',
  'client',
  'setup',
  'answers',
  'earlier',
  'expect',
  'outcomes',
  'requests',
  'held',
];
const LETTERS = 'pfuns';
/** What is in there is not ours to rename. */
const FOREIGN = new Set(['extra', 'record', 'detail']);

// JSON.parse would round integers beyond 2^53; as texts they get to the sandbox as they stand, and to
// the client as the bigints that a caller would use.
const LARGE_INTEGER = /(?<=[[:,]\s*)-?\d{16,}(?=\s*[,\]}])/g;
const MARK = '$integer:';

function parseCases(json) {
  return JSON.parse(json.replace(LARGE_INTEGER, `"${MARK}$&"`)).cases;
}

function withIntegers(value, make) {
  if (typeof value === 'string') {
    return value.startsWith(MARK) ? make(value.slice(MARK.length)) : value;
  }
  if (Array.isArray(value)) return value.map((inner) => withIntegers(inner, make));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, withIntegers(inner, make)]);
  return Object.fromEntries(entries);
}

/** As a caller would write it. */
function integer(digits) {
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
}

/** A command to the sandbox with its integers as they stand in the file. */
async function command(value) {
  const body = JSON.stringify(value).replace(/"\$integer:(-?\d+)"/g, '$1');
  const answer = await fetch(`${sandbox.url}/_sandbox`, { method: 'POST', body });
  assert.equal(answer.status, 200, await answer.text());
}

const cases = [];
const folder = join(ROOT, 'tests/contract');
for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()) {
  cases.push(...parseCases(await readFile(join(folder, file), 'utf8')));
}
const passed = new Set();
/** With the files that were pushed. */
const folders = [];
const sandbox = await sandboxOfFile();

function camel(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

/** How much longer a case's time-out is, try by try: on a busy machine it may be over too soon. */
const LONGER = [1, 4, 16, 64];

function hasTimeout({ client = {} }) {
  return Object.keys(client).some((name) => name.endsWith('timeout_seconds'));
}

/** Options of the face for those of a case: camelCase, milliseconds for seconds. */
function optionsOf(given, longer = 1) {
  const entries = Object.entries(given).map(([name, value]) =>
    name.endsWith('_seconds')
      ? [camel(name.replace(/_seconds$/, '_ms')), value * 1_000 * longer]
      : [camel(name), value],
  );
  return Object.fromEntries(entries);
}

function snakeKeys(value) {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    FOREIGN.has(name) ? inner : snakeKeys(inner),
  ]);
  return Object.fromEntries(entries);
}

const SCHEMA = JSON.parse(await readFile(join(folder, 'schema/cases.schema.json'), 'utf8'));
/** The core's names of options by JavaScript's, which messages about options have. */
const OPTIONS = new Map(
  ['arguments', 'settings']
    .flatMap((of) => Object.keys(SCHEMA.$defs[of].properties))
    .map((name) => name.replace(/_seconds$/, '_ms'))
    .concat('list_id', 'list_name', 'add_emails', 'remove_emails')
    .map((name) => [camel(name), name.replace(/_ms$/, '')]),
);

function inTheCoresSpelling(message) {
  return message.replace(/[a-z]+(?:[A-Z][a-z0-9]*)+/g, (name) => OPTIONS.get(name) ?? name);
}

/** Texts to read: what names options in JavaScript's spelling. */
const TEXTS = new Set(['message', 'ended_early', 'summary']);

function inTheCoresWords(value) {
  if (Array.isArray(value)) return value.map(inTheCoresWords);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    if (FOREIGN.has(name)) return [name, inner];
    const isText = TEXTS.has(name) && typeof inner === 'string';
    return [name, isText ? inTheCoresSpelling(inner) : inTheCoresWords(inner)];
  });
  return Object.fromEntries(entries);
}

function errorAsJson(error) {
  const { retry_after: retry_after_seconds, ...fields } = snakeKeys(error.toJSON());
  const report = error.report && snakeKeys(error.report.toJSON({ records: true }));
  return inTheCoresWords({ ...fields, retry_after_seconds, report });
}

/** The URL of a file with that content, in place of records. */
async function written({ name, text, bytes }) {
  const folder = await mkdtemp(join(tmpdir(), 'graph8-contract-'));
  folders.push(folder);
  const path = join(folder, name);
  await writeFile(path, text ?? Uint8Array.from(bytes, Number));
  return pathToFileURL(path);
}

async function call({ operation, arguments: given = {}, client: settings = {} }, longer) {
  const { base_url_suffix: suffix = '', ...options } = settings;
  const client = new Client({
    apiKey: sandbox.apiKey,
    baseUrl: sandbox.url + suffix,
    ...optionsOf(options, longer),
  });
  const {
    provider,
    entity_type: entityType,
    records: listed,
    file,
    emails,
    ...rest
  } = withIntegers(given, integer);
  const records = file ? await written(file) : listed;
  const method = camel(operation);
  if (operation === 'list_syncs') return client.listSyncs(optionsOf(rest));
  if (operation === 'status') return client.status(provider, optionsOf(rest));
  if (operation === 'fields') {
    return [...(await client.fields(provider, entityType, optionsOf(rest)))];
  }
  if (operation === 'find_contacts') return client.findContacts(provider, emails, optionsOf(rest));
  if (['checkContacts', 'checkCompanies'].includes(method)) {
    return client[method](provider, records, optionsOf(rest));
  }
  assert.ok(['pushContacts', 'pushCompanies', 'pushLists'].includes(method), operation);
  // Answers are scripted in the order of the batches.
  return client[method](provider, records, { concurrency: 1, ...optionsOf(rest) });
}

async function run(contractCase) {
  for (const longer of LONGER) {
    try {
      await check(contractCase, longer);
      break;
    } catch (error) {
      if (longer === LONGER.at(-1) || !hasTimeout(contractCase)) throw error;
      await sandbox.reset();
    }
  }
  passed.add(contractCase.name);
}

async function check(contractCase, longer) {
  const unknown = Object.keys(contractCase).filter((key) => !KEYS.includes(key));
  assert.deepEqual(unknown, [], 'the runner does not know these keys of the case');
  for (const given of contractCase.setup ?? []) await command(given);
  const script = async (answers = []) => {
    for (const fault of answers) {
      const { operation } = contractCase;
      await command({ do: 'fail_next', operation, count: 1, fault });
    }
  };
  const folder = contractCase.earlier && (await mkdtemp(join(tmpdir(), 'graph8-contract-')));
  const journal = folder && { journal: join(folder, 'case.journal') };
  const ofRun = (own = {}) => ({
    ...contractCase,
    arguments: { ...contractCase.arguments, ...own, ...journal },
  });
  for (const earlier of contractCase.earlier ?? []) {
    await script(earlier.answers);
    await call(ofRun(earlier.arguments), longer).catch((error) => {
      // Its end may well be an error.
      if (!(error instanceof Graph8Error)) throw error;
    });
  }
  await script(contractCase.answers);

  let actual;
  let report;
  try {
    const result = await call(ofRun(), longer);
    report = result;
    const plain = result instanceof PushReport ? result.toJSON({ records: true }) : result;
    actual = { result: inTheCoresWords(snakeKeys(JSON.parse(JSON.stringify(plain)))) };
  } catch (error) {
    if (!(error instanceof Graph8Error)) throw error;
    checkShown(error);
    report = reportOf(error);
    actual = { error: errorAsJson(error) };
  }
  if (folder) await rm(folder, { recursive: true });

  checkShown(report);
  assert.equal(mismatch(withIntegers(contractCase.expect, Number), actual), undefined);
  if ('outcomes' in contractCase) {
    const letters = [...report.outcomes].map((outcome) => LETTERS[outcome]).join('');
    assert.equal(letters, contractCase.outcomes);
    assert.equal(report.records, letters.length);
  }
  if ('requests' in contractCase) {
    const requests = await sandbox.command({ do: 'requests' });
    assert.equal(mismatch(withIntegers(contractCase.requests, Number), requests), undefined);
  }
  for (const [place, count] of Object.entries(contractCase.held ?? {})) {
    const held = await sandbox.records(...place.split('/'));
    assert.equal(held.length, count, place);
  }
}

for (const contractCase of cases) {
  test(contractCase.name, () => run(contractCase));
}

test('no case was left out', () => {
  const names = cases.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, 'two cases have the same name');
  assert.ok(names.length >= 80, `only ${names.length} cases`);
  assert.deepEqual([...passed], names);
});

after(async () => {
  for (const made of folders) await rm(made, { recursive: true });
  if (passed.size === cases.length) console.log(`contract: ${passed.size} cases passed (node)`);
});

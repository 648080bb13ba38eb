// What the package repeats of the core by name: compared both ways, so that nothing is forgotten.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import * as graph8 from 'graph8-crm';
import { ROOT } from './support.mjs';

const dist = join(ROOT, 'bindings-node/dist');
const require = createRequire(import.meta.url);
const { native } = require(join(dist, 'native.js'));
const { SHAPES } = require(join(dist, 'options.js'));
const { errorFromWire } = require(join(dist, 'errors.js'));
const CORE = JSON.parse(native.coreNames());

const camel = (name) => name.replace(/_[a-z]/g, (part) => part[1].toUpperCase());
const sorted = (names) => [...names].sort();
const declarations = readdirSync(dist)
  .filter((file) => file.endsWith('.d.ts') && file !== 'binding.d.ts')
  .map((file) => readFileSync(join(dist, file), 'utf8'))
  .join('');

/** The texts of a union type. */
function union(name) {
  const [, texts] = declarations.match(new RegExp(`type ${name} = ([^;]+);`));
  return [...texts.matchAll(/'([^']+)'/g)].map(([, text]) => text);
}

/** The members of an interface, or the public fields and getters of a class, as they are declared. */
function members(name) {
  const [, body] = declarations.match(
    new RegExp(`(?:interface|class) ${name}\\b[^{]*\\{([\\s\\S]*?)\\n\\}`),
  );
  const found = body.matchAll(/^ {4}(?:readonly |get )([a-zA-Z]\w*)(?:\?|\(\))?:/gm);
  return [...new Set([...found].map(([, member]) => member))];
}

for (const [names, type] of [
  ['providers', 'Provider'],
  ['entity_types', 'EntityType'],
  ['push_kinds', 'PushKind'],
  ['outcomes', 'Outcome'],
  ['finding_codes', 'FindingCode'],
  ['severities', 'Severity'],
  ['fix_kinds', 'FixKind'],
]) {
  test(`the type ${type} has the names of the core and no others`, () => {
    assert.deepEqual(sorted(union(type)), sorted(CORE[names]));
  });
}

test('names from outside can be compared with those of the core', () => {
  assert.deepEqual(sorted(graph8.PROVIDERS), sorted(CORE.providers));
  assert.deepEqual(sorted(graph8.ENTITY_TYPES), sorted(CORE.entity_types));
  assert.ok(CORE.providers.every(graph8.isProvider));
  for (const other of ['HubSpot', '', undefined, 7]) assert.equal(graph8.isProvider(other), false);
});

test('the options of a push are those of the core', () => {
  const inSeconds = ['deadline', 'grace', 'resolveUnknownAfter', 'nan'];
  const ofCore = CORE.push_options.map(camel).filter((name) => !inSeconds.includes(name));
  const own = ['onProgress', 'progress', 'signal', 'stopSignal', 'headers'];
  assert.deepEqual(sorted(Object.keys(SHAPES.push)), sorted([...ofCore, ...own]));
  const types = ['CallOptions', 'ListPushOptions', 'RecordOptions', 'PushOptions'];
  const typed = new Set(types.flatMap((name) => members(name)));
  assert.deepEqual(sorted([...typed]), sorted(Object.keys(SHAPES.push)));
});

test('the options of a check are those of the core', () => {
  const ofCore = CORE.check_options.map(camel).filter((name) => name !== 'nan');
  assert.deepEqual(sorted(Object.keys(SHAPES.check)), sorted([...ofCore, 'signal', 'headers']));
  const typed = ['CallOptions', 'RecordOptions'].flatMap((name) => members(name));
  assert.deepEqual(sorted(typed), sorted(Object.keys(SHAPES.check)));
});

for (const kind of ['contacts', 'companies']) {
  test(`what graph8's ${kind} are asked for by is that of the core`, () => {
    const ofCore = CORE[`graph8_${kind}_query`].map(camel);
    const shapes = SHAPES[camel(`graph8_${kind}`)];
    assert.deepEqual(sorted(Object.keys(shapes)), sorted([...ofCore, 'signal', 'headers']));
    const own = kind === 'contacts' ? 'Graph8ContactsQuery' : 'Graph8CompaniesQuery';
    const typed = ['CallOptions', 'Graph8RowsQuery', own].flatMap((name) => members(name));
    assert.deepEqual(sorted(typed), sorted(Object.keys(shapes)));
  });
}

test('the settings of a client are those of the core', () => {
  const ofCore = CORE.client_settings.map((name) =>
    name.endsWith('timeout') ? `${camel(name)}Ms` : camel(name),
  );
  assert.deepEqual(sorted(Object.keys(SHAPES.client)), sorted(ofCore));
  assert.deepEqual(sorted(members('ClientOptions')), sorted(ofCore));
});

test('each kind of error has a class of its own, which is exported', () => {
  const classes = CORE.error_kinds.map((kind) => {
    const wire = { kind, message: 'm', status: null, code: null, detail: null };
    return errorFromWire({ ...wire, request_id: null, retryable: false }).constructor;
  });
  assert.equal(new Set(classes).size, CORE.error_kinds.length);
  const exported = Object.values(graph8).filter(
    (it) => typeof it === 'function' && it.prototype instanceof graph8.Graph8Error,
  );
  assert.deepEqual(
    sorted(exported.map(({ name }) => name)),
    sorted(classes.map(({ name }) => name)),
  );
});

for (const [names, type, own, apart] of [
  // Its unsent records are had by recordsOf(); outcomes travel apart, and the others are of problems.
  ['report', 'PushReport', ['outcomes', 'failures', 'unknowns'], ['unsent', 'changes']],
  ['skip', 'Skip', [], []],
  ['problem', 'Problem', [], []],
  ['progress', 'PushProgress', [], []],
  ['check_report', 'CheckReport', ['ok', 'errors', 'warnings'], []],
]) {
  test(`a ${type} has the fields of the core and no others`, () => {
    const ofCore = CORE[names].filter((name) => !apart.includes(name)).map(camel);
    assert.deepEqual(sorted(members(type)), sorted([...ofCore, ...own]));
  });
}

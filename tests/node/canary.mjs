// Looks for an API key in what the suite makes: errors, reports and files.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { serialize } from 'node:v8';

/** Any of the keys that the tests use. */
const KEY = /g8_(sbx|test|live)_[a-z]/;

/** Fails when an error, a report or anything else shows a key in one of its forms. */
export function checkShown(value) {
  const forms = {
    inspected: inspect(value, { depth: 20, showHidden: true, maxArrayLength: null }),
    text: String(value),
    stack: String(value?.stack),
    json: String(JSON.stringify(value)),
    report: String(JSON.stringify(value?.report)),
    cloned: serialize(JSON.parse(JSON.stringify(value) ?? 'null')).toString('latin1'),
  };
  for (const [form, text] of Object.entries(forms)) {
    assert.ok(!KEY.test(text), `a key stands in the ${form} form: ${text}`);
  }
}

/** Journals, dead letters and whatever else a push has written there. */
export function checkFiles(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    assert.ok(!KEY.test(readFileSync(path, 'latin1')), `a key stands in ${path}`);
  }
}

/** Objects that are no records, by their names, and what to do instead. */

import { types } from 'node:util';

/** The name of an object's class; empty where it has none. */
export function classOf(value: object): string {
  try {
    const { constructor: made } = value;
    return typeof made === 'function' ? made.name : '';
  } catch {
    return '';
  }
}

function isThenable(value: object): boolean {
  try {
    return types.isPromise(value) || typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}

const DUCKDB: Readonly<Record<string, string>> = {
  DuckDBResult: 'await result.getRowObjectsJson()',
  DuckDBMaterializedResult: 'await result.getRowObjectsJson()',
  DuckDBPendingResult: 'await (await result.getResult()).getRowObjectsJson()',
  DuckDBResultReader: 'reader.getRowObjectsJson()',
  DuckDBConnection: 'await (await connection.run(sql)).getRowObjectsJson()',
  DuckDBPreparedStatement: 'await (await statement.run()).getRowObjectsJson()',
  DuckDBDataChunk: 'await result.getRowObjectsJson()',
};

/** What is wrong with an object as a source or a record, if it is a kind that is known; begins with 'is'. */
export function wrongKind(value: object): string | undefined {
  if (types.isPromise(value)) return 'is a promise: await it';
  const name = classOf(value);
  const call = DUCKDB[name];
  if (call) return `is a ${name} of DuckDB: pass its rows, ${call}`;
  if (name === 'Response' || name === 'Request') {
    return `is a ${name}: pass its body, a stream of NDJSON, or what await response.json() gives`;
  }
  if (name === 'Blob' || name === 'File') return `is a ${name}: pass its stream()`;
  if (isThenable(value) && !(Symbol.iterator in value) && !(Symbol.asyncIterator in value)) {
    return 'is a promise, or a query that was not run: await it';
  }
  return undefined;
}

/** Why an object's JSON would lose what it holds, if it would; begins with 'is'. */
export function lossOf(value: object): string | undefined {
  if (Array.isArray(value) || types.isProxy(value)) return undefined;
  const wrong = wrongKind(value);
  if (wrong) return wrong;
  if (types.isNativeError(value)) return 'is an Error: pass an object of its fields';
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return undefined;
  if (types.isBoxedPrimitive(value) || Object.keys(value).length > 0) return undefined;
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (isPlain) {
    return Object.getOwnPropertySymbols(value).length > 0
      ? 'is an object with symbols as its keys alone: use strings'
      : undefined;
  }
  const name = classOf(value) || 'class without a name';
  return `is a ${name}, of which JSON has no fields: pass a plain object, or give it a toJSON`;
}

/** Tables of `apache-arrow`, which is nothing of ours: recognised by its own marks, handed over as buffers. */

import { types } from 'node:util';
import type { NativeTable } from './binding.js';
import { configError } from './errors.js';

/** Rows handed over at a time. */
const ROWS = 16 * 1024;

/** A vector's part, as `apache-arrow` has it. */
interface Data {
  readonly type: Type;
  readonly length: number;
  readonly offset: number;
  readonly stride: number;
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
  readonly values?: ArrayBufferView & { subarray(from: number, to: number): ArrayBufferView };
  readonly valueOffsets?: Int32Array | BigInt64Array;
  readonly variadicBuffers?: readonly Uint8Array[];
  readonly children: readonly Data[];
  readonly dictionary?: { readonly data: readonly Data[] };
}

interface Type {
  readonly typeId: number;
  readonly children?: readonly Field[];
  readonly indices?: Type;
  readonly isSigned?: boolean;
  readonly bitWidth?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly unit?: number;
  readonly timezone?: string | null;
  readonly byteWidth?: number;
  readonly listSize?: number;
  readonly keysSorted?: boolean;
}

interface Field {
  readonly name: string;
  readonly type: Type;
  readonly metadata?: ReadonlyMap<string, string>;
}

/** A batch of `apache-arrow`. */
interface Batch {
  readonly schema: { readonly fields: readonly Field[] };
  readonly numRows: number;
  readonly data: Data;
  slice(from: number, to: number): Batch;
}

const TABLE = Symbol.for('apache-arrow/Table');
const RECORD_BATCH = Symbol.for('apache-arrow/RecordBatch');

/** What is asked: the mark of newer versions, which all copies of the library share, or the class's own. */
function tableKind(value: unknown): 'Table' | 'RecordBatch' | undefined {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return undefined;
  const marked = value as Record<symbol, unknown>;
  if (marked[TABLE] === true) return 'Table';
  if (marked[RECORD_BATCH] === true) return 'RecordBatch';
  const made = (value as { constructor?: unknown }).constructor;
  if (typeof made !== 'function') return undefined;
  const name = (made as unknown as Record<symbol, unknown>)[Symbol.toStringTag];
  if (name !== 'Table' && name !== 'RecordBatch') return undefined;
  const { schema } = value as { schema?: unknown };
  return Object.prototype.toString.call(schema) === '[object Schema]' ? name : undefined;
}

/** Whether it is a `Table` or `RecordBatch`. */
export function isTable(value: unknown): value is object {
  return tableKind(value) !== undefined;
}

/** The rows of a table, some at a time; a table without rows gives its columns once. */
export function* tablesOf(table: object): Generator<NativeTable> {
  const batches =
    tableKind(table) === 'Table' ? (table as { batches: Batch[] }).batches : [table as Batch];
  for (const batch of batches) {
    for (let at = 0; at === 0 || at < batch.numRows; at += ROWS) {
      const isWhole = at === 0 && batch.numRows <= ROWS;
      yield handedOver(isWhole ? batch : batch.slice(at, Math.min(at + ROWS, batch.numRows)));
    }
  }
}

function handedOver(batch: Batch): NativeTable {
  const buffers: Uint8Array[] = [];
  const columns = columnsOf(batch.schema.fields, batch.data.children, buffers);
  return { layout: JSON.stringify({ rows: batch.numRows, columns }), buffers };
}

function columnsOf(
  fields: readonly Field[],
  children: readonly Data[],
  buffers: Uint8Array[],
): object[] {
  return fields.map(({ name, metadata }, place) => {
    const child = children[place];
    if (!child) throw configError(`the Arrow table has no data of its column '${name}'`);
    return {
      name,
      metadata: Object.fromEntries(metadata ?? []),
      ...layoutOf(child, child.type, name, buffers),
    };
  });
}

const UNITS = ['s', 'ms', 'us', 'ns'];

/** What the addon calls the type. */
function kindOf(type: Type, name: string): { is: string } & Record<string, unknown> {
  const unit = UNITS[type.unit ?? 0];
  switch (type.typeId) {
    case 1:
      return { is: 'null' };
    case 2:
      return { is: 'int', bits: type.bitWidth, signed: type.isSigned };
    case 3:
      return { is: 'float', bits: [16, 32, 64][type.precision ?? 2] };
    case 5:
      return { is: 'utf8' };
    case 6:
      return { is: 'bool' };
    case 7:
      return {
        is: 'decimal',
        bits: type.bitWidth ?? 128,
        precision: type.precision,
        scale: type.scale,
      };
    case 8:
      return { is: 'date', bits: type.unit === 0 ? 32 : 64 };
    case 9:
      return { is: 'time', unit };
    case 10:
      return { is: 'timestamp', unit, timezone: type.timezone ?? null };
    case 12:
      return { is: 'list' };
    case 13:
      return { is: 'struct' };
    case 15:
      return { is: 'fixedSizeBinary', size: type.byteWidth };
    case 16:
      return { is: 'fixedSizeList', size: type.listSize };
    case 17:
      return { is: 'map', sorted: type.keysSorted === true };
    case 18:
      return { is: 'duration', unit };
    case 20:
      return { is: 'largeUtf8' };
    case 21:
      return { is: 'largeList' };
    case 24:
      return { is: 'utf8View' };
    case 4:
    case 19:
    case 23:
      return { is: 'binary' };
    case 11:
      return { is: 'interval' };
    case 14:
      return { is: 'union' };
    case -1:
      return { is: 'dictionary' };
    default:
      throw configError(
        `column '${name}' has an Arrow type that is not known (${String(type)}): cast it, or leave it out of the table`,
      );
  }
}

/** The array's layout; its buffers come to the others. */
function layoutOf(data: Data, type: Type, name: string, buffers: Uint8Array[]): object {
  const kind = kindOf(type, name);
  const { length } = data;
  if (kind.is === 'binary' || kind.is === 'interval' || kind.is === 'union')
    return { type: kind, length };
  if (type.indices) {
    const parts = data.dictionary?.data ?? [];
    const values = parts.map((part) => layoutOf(part, part.type, name, buffers));
    const keys = layoutOf(data, type.indices, name, buffers);
    return { type: kind, length, dictionary: [keys, ...values] };
  }
  const add = (view: ArrayBufferView) => {
    buffers.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return buffers.length - 1;
  };
  const { nullBitmap, values, valueOffsets } = data;
  const hasNulls = data.nullCount > 0 && nullBitmap !== undefined && nullBitmap.length > 0;
  const own: number[] = [];
  let { children } = data;
  if (valueOffsets) {
    const begin = valueOffsets[0] ?? 0;
    const end = valueOffsets[length] ?? begin;
    own.push(add(rebased(valueOffsets.subarray(0, length + 1), begin)));
    if (values) own.push(add(values.subarray(Number(begin), Number(end))));
    else children = children.map((child) => sliced(child, Number(begin), Number(end)));
  } else if (kind.is === 'bool' && values) {
    own.push(add(values));
  } else if (values) {
    // A view has as its stride what the type's own values have.
    const stride = kind.is === 'utf8View' ? 16 : data.stride;
    own.push(add(values.subarray(0, length * stride)));
    for (const buffer of data.variadicBuffers ?? []) own.push(add(buffer));
  }
  return {
    type: kind,
    length,
    offset: data.offset,
    nulls: hasNulls ? add(nullBitmap) : null,
    buffers: own,
    // The children of a dictionary's keys are those of its values.
    children: type.children ? columnsOf(type.children, children, buffers) : [],
  };
}

function rebased(offsets: Int32Array | BigInt64Array, begin: number | bigint): ArrayBufferView {
  if (offsets.length === 0) return new Int32Array(1);
  if (begin === 0 || begin === 0n) return offsets;
  return offsets instanceof Int32Array
    ? offsets.map((offset) => offset - Number(begin))
    : offsets.map((offset) => offset - BigInt(begin));
}

function sliced(data: Data, from: number, to: number): Data {
  return (data as Data & { slice(from: number, length: number): Data }).slice(from, to - from);
}

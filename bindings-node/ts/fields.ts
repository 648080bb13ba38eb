/** The fields of a CRM's entity. */

import type { Data, Extra } from './data.js';
import { configError } from './errors.js';
import { native } from './native.js';

/** A field of a CRM's entity, custom ones included. */
export class Field {
  /** The name that people read. */
  readonly name: string;
  /** The key to use in records. */
  readonly slug: string;
  /** The CRM's own type name. */
  readonly type: string | null;
  /** Whether a create must have it; null when the CRM does not say. */
  readonly required: boolean | null;
  /** The label in the CRM's interface. */
  readonly label: string | null;
  /** Keys of the answer that this version does not know. */
  readonly extra: Extra;

  /** @internal */
  constructor(wire: WireField) {
    this.name = wire.name;
    this.slug = wire.slug;
    this.type = wire.type;
    this.required = wire.required;
    this.label = wire.label;
    this.extra = Object.freeze(wire.extra);
    Object.freeze(this);
  }

  /** The kind of value that it takes, as far as the CRM's type name tells. */
  get kind(): FieldKind {
    return native.fieldKind(this.type ?? '') as FieldKind;
  }

  /** The matching TypeScript type, for example `string` or `Date | string`. */
  get tsType(): string {
    return TS_TYPES[this.kind];
  }

  /** The fields as a plain object. */
  toJSON(): Omit<Data<Field>, 'kind' | 'tsType'> {
    return { ...this };
  }
}

/** The kind of value that a field takes. */
export type FieldKind =
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'list'
  | 'object'
  | 'any';

const TS_TYPES: Record<FieldKind, string> = {
  text: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  date: 'Date | string',
  datetime: 'Date | string',
  list: 'unknown[]',
  object: 'object',
  any: 'unknown',
};

/** The fields of an entity, as the customer's CRM has them. */
export class Fields extends Array<Field> {
  /** What is made of them, as by `map` or `filter`, is a plain array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /**
   * A JSON Schema (draft 2020-12) of a record, custom fields included. Null is allowed where a field
   * is not required, and so are fields beside these; a type that the CRM's type name does not tell
   * is left open.
   */
  toSchema(): Record<string, unknown> {
    const fields = this.map(({ name, slug, type, required, label, extra }) => {
      return { name, slug, type, required, label, extra };
    });
    const { result, error } = native.fieldsSchema(JSON.stringify(fields));
    if (result === undefined) throw configError(String(error));
    return JSON.parse(result) as Record<string, unknown>;
  }
}

/** Fields as the addon tells them. */
export function fieldsOf(wire: readonly WireField[]): Fields {
  const fields = new Fields();
  for (const field of wire) fields.push(new Field(field));
  return fields;
}

/** A field as the addon tells it. */
export interface WireField {
  name: string;
  slug: string;
  type: string | null;
  required: boolean | null;
  label: string | null;
  extra: Record<string, unknown>;
}

/** The fields of a CRM's entity. */

import type { PlainData } from './data.js';
import { configError } from './errors.js';
import type { EntityType, Provider } from './names.js';
import { native } from './native.js';
import { resultOf } from './reply.js';
import { callSite } from './stack.js';

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
  readonly extra: Readonly<Record<string, unknown>>;

  /** @internal */
  static of(wire: WireField): Field {
    return new Field(wire);
  }

  private constructor(wire: WireField) {
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
  toJSON(): Omit<PlainData<Field>, 'kind' | 'tsType'> {
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

/**
 * The fields of an entity, as the customer's CRM has them: an array whose elements are also looked up
 * by name.
 */
export class Fields extends Array<Field> {
  /** What is made of them, as by `map` or `filter`, is a plain array; `slice` gives fields. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** The CRM; null when these were made without saying it. */
  readonly provider: Provider | null;
  /** What the fields are of; null when these were made without saying it. */
  readonly entityType: EntityType | null;

  /**
   * @param fields - The fields; a number is what `Array.from` and `Array.of` give, and makes none.
   * @param provider - The CRM that they are of.
   * @param entityType - What they are fields of.
   */
  constructor(
    fields: Iterable<Field> | number = [],
    provider: Provider | null = null,
    entityType: EntityType | null = null,
  ) {
    super();
    if (typeof fields !== 'number') for (const field of fields) this.push(field);
    this.provider = provider;
    this.entityType = entityType;
  }

  /** The field that records have under this name; Salesforce's in any letter case. */
  get(name: string): Field | undefined {
    const exact = this.find((field) => field.slug === name);
    if (exact || this.provider !== 'salesforce') return exact;
    const lowered = name.toLowerCase();
    return this.find((field) => field.slug.toLowerCase() === lowered);
  }

  /** Whether there is a field of that name. */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Some of them, as fields of the same entity. */
  override slice(start?: number, end?: number): Fields {
    return new Fields(super.slice(start, end), this.provider, this.entityType);
  }

  /**
   * The field that each of a table's columns belongs to, with the reason, or why it belongs to none.
   * No field is given to two names, and none that a create cannot set. The names alone decide: look at
   * the result before a push.
   *
   * @param names - The columns' names.
   * @throws ConfigError when these fields do not say whose they are, or a name is no text.
   */
  suggest(names: Iterable<string>): Suggestions {
    const given = typeof names === 'string' ? [] : [...names];
    if (typeof names === 'string' || !given.every((name) => typeof name === 'string')) {
      throw configError('suggest takes the names of columns: a list of texts');
    }
    const site = callSite(this.suggest);
    const found = resultOf(native.suggestFields(JSON.stringify(this), given), site);
    return new Suggestions(found as Suggestion[]);
  }

  /**
   * A JSON Schema (draft 2020-12) of a record, custom fields included. It has the options and lengths
   * that the CRM tells, and which fields are read-only. Null is allowed where a field is not required;
   * a type that the CRM's type name does not tell is left open.
   *
   * @param options - `additionalProperties`: whether fields beside these are allowed. Default: true.
   */
  toSchema(options: SchemaOptions = {}): Record<string, unknown> {
    const { additionalProperties = true } = options;
    const site = callSite(this.toSchema);
    const schema = native.fieldsSchema(JSON.stringify(this), additionalProperties);
    return resultOf(schema, site) as Record<string, unknown>;
  }

  /** What {@link Fields.fromJSON} reads, in Node, Python or Rust. */
  toJSON(): object {
    const fields = this.map(({ name, slug, type, required, label, extra }) => {
      return { name, slug, type, required, label, extra };
    });
    return { provider: this.provider, entity_type: this.entityType, fields };
  }

  /**
   * Fields that were kept as JSON, or an answer of the service.
   *
   * @param json - The text, or what `JSON.parse` made of it.
   * @throws ConfigError when it is neither.
   */
  static fromJSON(json: unknown): Fields {
    const text = typeof json === 'string' ? json : (JSON.stringify(json) ?? '');
    return fieldsOf(resultOf(native.readFields(text), callSite(Fields.fromJSON)) as WireFields);
  }
}

/** Options of {@link Fields.toSchema}. */
export interface SchemaOptions {
  /** Whether fields beside these are allowed. Default: true. */
  readonly additionalProperties?: boolean | undefined;
}

/** Where one column belongs. */
export interface Suggestion {
  /** The column's name, as it was given. */
  readonly name: string;
  /** The slug of the field to send it as; null when there is none. */
  readonly field: string | null;
  /** That field's label, when it has one. */
  readonly label: string | null;
  /** Why this field, or why none. */
  readonly reason: string;
}

/** Where the columns of a table belong, in their order. */
export class Suggestions extends Array<Suggestion> {
  /** What is made of them, as by `map` or `filter`, is a plain array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** @internal */
  constructor(suggestions: Iterable<Suggestion> | number = []) {
    super();
    if (typeof suggestions === 'number') return;
    for (const suggestion of suggestions) this.push(Object.freeze(suggestion));
  }

  /** The option `rename` of a push: the field of each name that is spelled otherwise. */
  get rename(): Record<string, string> {
    const found = this.filter(({ name, field }) => field !== null && field !== name);
    return Object.fromEntries(found.map(({ name, field }) => [name, field as string]));
  }

  /** The option `columns` of a push: the names that have a field. */
  get columns(): string[] {
    return this.filter(({ field }) => field !== null).map(({ name }) => name);
  }
}

/** Fields as the addon tells them. */
export function fieldsOf(wire: WireFields): Fields {
  const fields = wire.fields.map((field) => Field.of(field));
  return new Fields(fields, wire.provider, wire.entity_type);
}

/** Fields as the addon tells them. */
export interface WireFields {
  provider: Provider | null;
  entity_type: EntityType | null;
  fields: WireField[];
}

/** A field as the addon tells it. */
interface WireField {
  name: string;
  slug: string;
  type: string | null;
  required: boolean | null;
  label: string | null;
  extra: Record<string, unknown>;
}

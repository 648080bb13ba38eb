/** Numbers with digits that JavaScript's do not have. */

import { randomUUID } from 'node:crypto';
import { configError } from './errors.js';

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Stands in front of a number's digits in a text, where no text of a record's can be. */
const MARK = `graph8-crm:${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"\\\\]*)"`, 'g');

/** The text that is being written, if it is ours. */
let written: { hasMarks: boolean } | undefined;

/**
 * A number by its digits: an integer beyond 2^53, a decimal of twenty digits, or `250.0`, of which a JavaScript number
 * would become `250`. In records that come out of a report or a dead-letter file such numbers are of this class, so
 * that pushing them again sends what was sent before. In records that are pushed it is written as it stands.
 *
 * Arithmetic and comparisons take the nearest JavaScript number. `JSON.stringify` writes the digits where JavaScript
 * can (Node 22), else the nearest number.
 */
export class ExactNumber {
  /** The digits, as JSON has them. */
  readonly digits: string;

  /**
   * @param digits - A number as in JSON, or a `bigint`.
   * @throws ConfigError when it is not.
   */
  constructor(digits: string | bigint) {
    const text = String(digits);
    if (!NUMBER.test(text)) {
      throw configError(`'${text.slice(0, 80)}' is no number as JSON has them: use digits`);
    }
    this.digits = text;
    Object.freeze(this);
  }

  /** The digits. */
  toString(): string {
    return this.digits;
  }

  /** The nearest number. */
  valueOf(): number {
    return Number(this.digits);
  }

  /** For `JSON.stringify`. */
  toJSON(): unknown {
    if (written) {
      written.hasMarks = true;
      return MARK + this.digits;
    }
    const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
    return rawJSON ? rawJSON(this.digits) : Number(this.digits);
  }
}

/** As `JSON.stringify`, with all digits. */
export function stringify(
  value: unknown,
  replacer?: (this: unknown, key: string, value: unknown) => unknown,
): string | undefined {
  // A toJSON may push records of its own.
  const before = written;
  const mine = { hasMarks: false };
  written = mine;
  try {
    const text = JSON.stringify(value, replacer) as string | undefined;
    return mine.hasMarks ? text?.replace(MARKED, '$1') : text;
  } finally {
    written = before;
  }
}

/** What JavaScript's numbers may not have; also within texts, where it only costs time. */
const SUSPECT = /[\d.]{16}|\.\d*0(?!\d)|\.0{6}|\d[eE]|-0(?![.\d])/;

const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** As `JSON.parse`, of JSON in which there are records. */
export function parseRecords(json: string): unknown {
  if (!SUSPECT.test(json)) return JSON.parse(json);
  let hasMarks = false;
  const marked = json.replace(TEXT_OR_NUMBER, (token) => {
    if (token.startsWith('"') || String(Number(token)) === token) return token;
    hasMarks = true;
    return `"${MARK}${token}"`;
  });
  if (!hasMarks) return JSON.parse(json);
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK)
      ? new ExactNumber(value.slice(MARK.length))
      : value,
  );
}

/** What a check found in records before they are sent. */

import type { PlainData } from './data.js';
import type { FindingCode, FixKind, Provider, Severity } from './names.js';

/** A record that has a finding. */
export interface Example {
  /** Its place in the input, from 0. */
  readonly index: number;
  /** The value, shortened; null where there is none. */
  readonly value: string | null;
}

/** One kind of finding in one field. */
export interface Finding {
  /** What is wrong. */
  readonly code: FindingCode;
  /** What it means for its records. */
  readonly severity: Severity;
  /** The field, by its name on the way; null where it is about a record or the source. */
  readonly field: string | null;
  /** How many records have it; of a finding about the source, all that were read. */
  readonly count: number;
  /** What is wrong and what to do, with the value of the first example. */
  readonly message: string;
  /** The field that was probably meant. */
  readonly hint: string | null;
  /** The first records that have it, at most five. */
  readonly examples: readonly Example[];
}

/** A finding in one record. */
export interface CheckProblem {
  /** The record's place in the input, from 0. */
  readonly index: number;
  /** What is wrong. */
  readonly code: FindingCode;
  /** What it means for the record. */
  readonly severity: Severity;
  /** The field, by its name on the way. */
  readonly field: string | null;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** What the records hold in one field. */
export interface FieldProfile {
  /** The field, by its name on the way. */
  readonly field: string;
  /** Whether the CRM has it. */
  readonly isKnown: boolean;
  /** Records that have a value in it which is neither null nor empty text. */
  readonly filled: number;
  /** How many values of each kind it has. */
  readonly kinds: Readonly<Partial<Record<ValueKind, number>>>;
  /** The longest text, in characters. */
  readonly longest: number;
}

/** The kind of a value in a {@link FieldProfile}. */
export type ValueKind =
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'null'
  | 'empty'
  | 'list'
  | 'object';

/** What records would meet if they were pushed. */
export class CheckReport {
  /** The CRM that they were checked for. */
  readonly provider: Provider;
  /** What they are. */
  readonly kind: 'contacts' | 'companies';
  /** Records that were checked. */
  readonly records: number;
  /** Records that the CRM would refuse. */
  readonly recordsWithErrors: number;
  /** Records that the CRM would take, though not quite as they are meant. */
  readonly recordsWithWarnings: number;
  /** What was found, by kind and field: errors first, then the most frequent. */
  readonly findings: readonly Finding[];
  /** What was found, record by record in the order of the input; see `problemsOmitted`. */
  readonly problems: readonly CheckProblem[];
  /** Findings that are not among `problems`, which holds 100,000. */
  readonly problemsOmitted: number;
  /** What the records hold, field by field, in the order in which the fields were met. */
  readonly profile: readonly FieldProfile[];
  /** How many values `fix` made right, by kind. */
  readonly fixed: Readonly<Partial<Record<FixKind, number>>>;
  /** Requests that a push of the records without errors would take. */
  readonly requests: number;
  /** Seconds that the client's rate limit would give those requests, as far as it is known. */
  readonly seconds: number;
  /** The counts and the first findings, in one line. */
  readonly summary: string;

  /** @internal */
  static of(wire: WireCheckReport): CheckReport {
    return new CheckReport(wire);
  }

  private constructor(wire: WireCheckReport) {
    this.provider = wire.provider;
    this.kind = wire.kind;
    this.records = wire.records;
    this.recordsWithErrors = wire.records_with_errors;
    this.recordsWithWarnings = wire.records_with_warnings;
    this.findings = findingsOf(wire.findings);
    this.problems = Object.freeze(wire.problems.map((problem) => Object.freeze(problem)));
    this.problemsOmitted = wire.problems_omitted;
    this.profile = Object.freeze(
      wire.profile.map(({ is_known, ...rest }) => Object.freeze({ ...rest, isKnown: is_known })),
    );
    this.fixed = Object.freeze(wire.fixed);
    this.requests = wire.requests;
    this.seconds = wire.seconds;
    this.summary = wire.summary;
    Object.freeze(this);
  }

  /** Whether no record has an error, and the source as a whole has none. */
  get ok(): boolean {
    return this.errors.length === 0;
  }

  /** The findings for which the CRM would refuse records. */
  get errors(): readonly Finding[] {
    return this.findings.filter(({ severity }) => severity === 'error');
  }

  /** The findings with which the CRM would take the records, though not as they are meant. */
  get warnings(): readonly Finding[] {
    return this.findings.filter(({ severity }) => severity === 'warning');
  }

  /** The report as a plain object. */
  toJSON(): Omit<PlainData<CheckReport>, 'ok' | 'errors' | 'warnings'> {
    return { ...this };
  }

  /** For `console.log`: counts alone, since values are customers' data. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    const { provider, kind, records, recordsWithErrors, recordsWithWarnings, fixed } = this;
    const findings = this.findings.map(({ severity, code, field, count }) => {
      return { severity, code, field, count };
    });
    const counts = { provider, kind, records, recordsWithErrors, recordsWithWarnings };
    return `CheckReport ${inspect({ ...counts, findings, fixed }, options)}`;
  }
}

/** Findings as they come, for good. */
export function findingsOf(wire: readonly Finding[]): readonly Finding[] {
  for (const finding of wire) {
    finding.examples.forEach(Object.freeze);
    Object.freeze(finding.examples);
  }
  return Object.freeze(wire.map((finding) => Object.freeze(finding)));
}

/** A check's report as the addon tells it. */
export interface WireCheckReport {
  provider: Provider;
  kind: 'contacts' | 'companies';
  records: number;
  records_with_errors: number;
  records_with_warnings: number;
  findings: Finding[];
  problems: CheckProblem[];
  problems_omitted: number;
  profile: (Omit<FieldProfile, 'isKnown'> & { is_known: boolean })[];
  fixed: Partial<Record<FixKind, number>>;
  requests: number;
  seconds: number;
  summary: string;
}

/** Progress that shows itself on stderr: a line that is rewritten on a terminal, else a line now and then. */

import type { PushProgress, Wait } from './progress.js';

const LOG_INTERVAL_MS = 5_000;
const USUAL_COLUMNS = 80;

const WAITS: Record<Wait['reason'], string> = {
  rate_limit: 'rate limit',
  retry: 'another try',
  crm_rate_limit: "the CRM's own limit",
  in_doubt: 'records in doubt',
  search_lag: "the CRM's search",
};

/** What the view needs of `process.stderr`. */
interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows the snapshots of one push. */
export class ProgressView {
  #unseen: PushProgress | undefined;
  #shownAt = performance.now();
  /** Of the line on the terminal. */
  #length = 0;
  #isOver = false;
  readonly #isTerminal: boolean;

  constructor(
    private readonly label: string,
    private readonly output: Output = process.stderr,
  ) {
    const { TERM } = process.env;
    this.#isTerminal = output.isTTY === true && TERM !== 'dumb';
  }

  /** Takes in a snapshot. */
  show(snapshot: PushProgress): void {
    this.#unseen = snapshot;
    if (this.#isTerminal || performance.now() - this.#shownAt >= LOG_INTERVAL_MS)
      this.#showUnseen();
  }

  /** Shows the last snapshot; the push is over. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#showUnseen();
    if (this.#length > 0) this.output.write('\n');
  }

  #showUnseen(): void {
    const snapshot = this.#unseen;
    if (!snapshot) return;
    this.#unseen = undefined;
    this.#shownAt = performance.now();
    if (!this.#isTerminal) {
      this.output.write(`graph8-crm: ${lineOf(this.label, snapshot)}\n`);
      return;
    }
    const columns = (this.output.columns || USUAL_COLUMNS) - 1;
    const line = lineOf(this.label, snapshot, columns);
    this.output.write(`\r${line.padEnd(this.#length)}`);
    this.#length = line.length;
  }
}

/** All of a snapshot in one line, or as much as has room. */
export function lineOf(label: string, progress: PushProgress, width = Infinity): string {
  const { pushed, skipped, failed, unknown, total, recordsPerSecond, secondsLeft } = progress;
  const done = pushed + skipped + failed + unknown;
  const counts = { pushed, skipped, failed, unknown };
  const outcomes = Object.entries(counts).filter(([name, count]) => count || name === 'pushed');
  const parts = [
    `${label}: ${total === null ? `${grouped(done)} records` : `${percentOf(done, total)}% ${grouped(done)}/${grouped(total)}`}`,
    outcomes.map(([name, count]) => `${grouped(count)} ${name}`).join(', '),
  ];
  if (secondsLeft !== null && done !== total) parts.push(`${timeOf(secondsLeft)} left`);
  if (progress.waiting) parts.push(waitOf(progress.waiting));
  parts.push(`${recordsPerSecond.toFixed(1)} records/s`);
  while (parts.length > 1 && parts.join(' | ').length > width) parts.pop();
  return parts.join(' | ').slice(0, width);
}

function waitOf({ reason, seconds }: Wait): string {
  const text = WAITS[reason] ?? reason;
  return seconds === null ? `waits: ${text}` : `waits ${timeOf(seconds)}: ${text}`;
}

function timeOf(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${grouped(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

function percentOf(done: number, total: number): number {
  return done >= total ? 100 : Math.floor((100 * done) / total);
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

// Turns, and the form in which a scenario hands its figures to run.py.
import { parseArgs } from 'node:util';

/** The numbers of the command line, and the sink's `url`. */
export function given(defaults) {
  const options = { url: { type: 'string' } };
  for (const name of Object.keys(defaults)) options[name] = { type: 'string' };
  const { url, ...numbers } = parseArgs({ options }).values;
  for (const name of Object.keys(numbers)) numbers[name] = Number(numbers[name]);
  return { url, ...defaults, ...numbers };
}

/** Everyone once a round, each round beginning with another. */
export function* inTurns(contestants, rounds) {
  for (let first = 0; first < rounds; first += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      yield contestants[(first + turn) % contestants.length];
    }
  }
}

export function column(name, { moreIsBetter = false, digits = 0 } = {}) {
  return { name, more_is_better: moreIsBetter, digits };
}

/** `rows` from names to samples, the first of them ours: what the others are compared with. */
export function table(title, columns, rows, note = '') {
  const [ours] = rows.keys();
  return {
    title,
    columns,
    rows: Array.from(rows, ([name, samples]) => ({
      name,
      against: name === ours ? null : ours,
      samples,
    })),
    note,
  };
}

export function expect(name, pushed, count) {
  if (pushed !== count) throw new Error(`${name}: ${pushed} of ${count} records were pushed`);
}

/**
 * What `run` gives the second time after a full collection: nobody pays for the garbage of another, nor
 * for code that V8 forgets in a full collection and compiles again.
 */
export async function inSteadyState(run) {
  // Only with --expose-gc.
  globalThis.gc?.();
  await run();
  globalThis.gc?.({ type: 'minor' });
  return run();
}

export function handOver(tables) {
  process.stdout.write(JSON.stringify(tables));
}

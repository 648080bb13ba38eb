/** Keys of plain objects, and names in messages, in JavaScript's spelling and in the addon's. */

import { SHAPES } from './options.generated.js';

/** A plain object of the addon under JavaScript's names. */
export function camelKeys(wire: Record<string, unknown>): Record<string, unknown> {
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(wire).map(([name, value]) => [camel(name), value]));
}

/** An option's name as the core and the sandbox spell it. */
export function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const OF_A_CHANGE = ['listId', 'listName', 'addEmails', 'removeEmails'];
const IN_TEXTS = new Map(
  [...Object.values(SHAPES).flatMap((shape) => Object.keys(shape)), ...OF_A_CHANGE]
    // The core names some of milliseconds by their seconds.
    .flatMap((name) =>
      [name, name.replace(/Ms$/, '')].map((core) => [snakeName(core), name] as const),
    )
    .filter(([snake]) => snake.includes('_')),
);
/** A core's name that stands by itself: in quotes, or in a path, it is the caller's. */
const NAME = /(?<![\w'"/\\.-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w'"/\\-])/g;

/** A message about options, which the core spells in its own way. */
export function inJavaScript(message: string): string {
  return message.replace(NAME, (name) => IN_TEXTS.get(name) ?? name);
}

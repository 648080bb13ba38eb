/** Keys of plain objects, in JavaScript's spelling and in the addon's. */

/** A plain object of the addon under JavaScript's names. */
export function camelKeys(wire: Record<string, unknown>): Record<string, unknown> {
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(wire).map(([name, value]) => [camel(name), value]));
}

/** An option's name as the core and the sandbox spell it. */
export function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

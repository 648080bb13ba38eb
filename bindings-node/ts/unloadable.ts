/** Why no addon could be loaded, and what to do about it. */

/** An addon that was tried, and what came of it. */
export interface Try {
  /** What was asked for: a file beside us, or a package. */
  readonly name: string;
  readonly reason: unknown;
}

/** The first line of a message. */
export function lineOf(reason: unknown): string {
  return String(reason instanceof Error ? reason.message : reason).split('\n')[0] ?? '';
}

/** Whether it is not installed, as against there and not to be loaded. */
export function isMissing({ name, reason }: Try): boolean {
  const { code } = (reason ?? {}) as { code?: unknown };
  const message = lineOf(reason);
  if (IS_BUNDLED.test(message)) return true;
  const isNotFound = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  // A package whose own file is not there names that.
  const namesIt = [`'${name}'`, `"${name}"`].some((quoted) => message.includes(quoted));
  return (isNotFound || /^cannot find (module|package)/i.test(message)) && namesIt;
}

/** What a bundle's stand-in for `require` says. */
const IS_BUNDLED = /dynamic require of|require is not defined|could not dynamically require/i;

/** What to do about an addon that is there and does not load, where that is known. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /ERR_DLOPEN_DISABLED|loading of addons is disabled|native addons is disabled/i,
    "Node runs without addons: start it with --allow-addons beside --permission, or without --no-addons. They are beyond the permission model's control",
  ],
  [
    /ERR_ACCESS_DENIED|access to this API has been restricted/i,
    'Node runs with --permission: start it with --allow-addons, and with --allow-fs-read for the folder of the package',
  ],
  [
    /--allow-ffi|requires ffi access/i,
    'Start Deno with --allow-ffi and --allow-read; G8_API_KEY and other settings need --allow-env',
  ],
  [
    /GLIBC_[\d.]+['’]? not found/,
    "This system's C library is older than the addon needs: use a newer system or image; docs/platforms.md says which",
  ],
  [
    /ld-linux|libc\.musl|ld-musl|symbol not found|__register_atfork|fcntl64|Error relocating/i,
    'It was built for another C library: run npm install again on this very system, Alpine or not, without a copied node_modules folder',
  ],
  [
    /invalid ELF header|wrong ELF class|incompatible architecture|not a valid Win32|mach-o|file too short|Exec format/i,
    'The file was built for another platform, or is cut off: delete node_modules and run npm install again on this machine',
  ],
  [
    /of version .*, this package/,
    'Both must be of one version: delete node_modules and run npm install again, or make the lock file anew',
  ],
  [
    /noexec|failed to map segment|operation not permitted/i,
    'The folder of the package is mounted so that nothing in it may run (noexec): install it elsewhere, or name a copy of the addon in GRAPH8_CRM_NATIVE',
  ],
];

/** What to do about it; undefined where that is not known. */
export function hintOf(reason: unknown): string | undefined {
  const { code } = (reason ?? {}) as { code?: unknown };
  const text = `${String(code)} ${String(reason instanceof Error ? reason.message : reason)}`;
  return HINTS.find(([pattern]) => pattern.test(text))?.[1];
}

/** The name and version of what runs us. */
function runtime(): string {
  const { bun, deno } = process.versions as { bun?: string; deno?: string };
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node ${process.version}` : `Deno ${deno}`;
}

/** The error that says why no addon could be loaded: first of all, one that is there and does not load. */
export function refusal(here: string, targets: readonly string[], tries: readonly Try[]): Error {
  const reasons = tries.map(({ reason }) => reason);
  const there = tries.find((one) => !isMissing(one) && !isOfOtherLibc(one, tries));
  if (there) {
    const { name, reason } = there;
    const why = lineOf(reason).replace(/\.$/, '');
    const what = `graph8-crm can't load its addon for ${here} (${runtime()}). ${name} is there, but: ${why}`;
    return new AggregateError(reasons, [what, hintOf(reason)].filter(Boolean).join('. '));
  }
  const packages = targets.map((target) => `graph8-crm-${target}`).join(' or ');
  return new AggregateError(
    reasons,
    `graph8-crm can't find its addon for ${here} (${runtime()}). Install the package ${packages}: run ` +
      'npm install again on this machine, with optional dependencies and without a node_modules folder ' +
      'copied from another platform. If this is a bundle, mark graph8-crm as external, so that it is ' +
      `loaded from node_modules. The reasons: ${reasons.map(lineOf).join(' | ')}`,
  );
}

/** Where both C libraries' addons are there, that of the other one never loads: it is not what is wrong. */
function isOfOtherLibc(one: Try, tries: readonly Try[]): boolean {
  const others = tries.filter((other) => other !== one && !isMissing(other));
  const isForeign = /ld-linux|libc\.musl|ld-musl/.test(lineOf(one.reason));
  return (
    isForeign && others.some((other) => !/ld-linux|libc\.musl|ld-musl/.test(lineOf(other.reason)))
  );
}

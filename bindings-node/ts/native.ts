/** Finds and loads the addon of this platform. */

import type * as Binding from './binding.js';
import { hintOf, lineOf, refusal, type Try } from './unloadable.js';
import { VERSION } from './version.js';

/** Suffixes of the addons by platform and architecture; Linux has one for each C library. */
const TARGETS: Record<string, readonly string[] | undefined> = {
  'linux-x64': ['linux-x64-gnu', 'linux-x64-musl'],
  'linux-arm64': ['linux-arm64-gnu', 'linux-arm64-musl'],
  'darwin-x64': ['darwin-x64'],
  'darwin-arm64': ['darwin-arm64'],
  'win32-x64': ['win32-x64-msvc'],
};

// Bundlers and tracers find the addons by these calls alone: the names must be literal, and within a `try`,
// where a module that is not there is no error to them.

/** The addon beside this file, as the repository builds it and as bundlers copy it. */
function fileFor(target: string): unknown {
  try {
    switch (target) {
      case 'linux-x64-gnu':
        return require('./graph8-crm.linux-x64-gnu.node');
      case 'linux-x64-musl':
        return require('./graph8-crm.linux-x64-musl.node');
      case 'linux-arm64-gnu':
        return require('./graph8-crm.linux-arm64-gnu.node');
      case 'linux-arm64-musl':
        return require('./graph8-crm.linux-arm64-musl.node');
      case 'darwin-x64':
        return require('./graph8-crm.darwin-x64.node');
      case 'darwin-arm64':
        return require('./graph8-crm.darwin-arm64.node');
      default:
        return require('./graph8-crm.win32-x64-msvc.node');
    }
  } catch (reason) {
    return thrown(reason);
  }
}

/** The addon in the package of its platform, which npm installs as an optional dependency. */
function packageFor(target: string): unknown {
  try {
    switch (target) {
      case 'linux-x64-gnu':
        return require('graph8-crm-linux-x64-gnu');
      case 'linux-x64-musl':
        return require('graph8-crm-linux-x64-musl');
      case 'linux-arm64-gnu':
        return require('graph8-crm-linux-arm64-gnu');
      case 'linux-arm64-musl':
        return require('graph8-crm-linux-arm64-musl');
      case 'darwin-x64':
        return require('graph8-crm-darwin-x64');
      case 'darwin-arm64':
        return require('graph8-crm-darwin-arm64');
      default:
        return require('graph8-crm-win32-x64-msvc');
    }
  } catch (reason) {
    return thrown(reason);
  }
}

/** What a `require` threw. */
class Thrown {
  constructor(readonly reason: unknown) {}
}

function thrown(reason: unknown): Thrown {
  return new Thrown(reason);
}

/** The path in `GRAPH8_CRM_NATIVE`; undefined also where a runtime does not let us read it. */
function givenPath(): string | undefined {
  try {
    // biome-ignore lint/complexity/useLiteralKeys: TypeScript asks for it
    return process.env['GRAPH8_CRM_NATIVE'] || undefined;
  } catch {
    return undefined;
  }
}

/** Not by `require`, which bundlers would want to follow. */
function openFile(path: string): unknown {
  const holder = { exports: {} };
  try {
    // Not at the top: where a bundle has no `require`, this file is to say so.
    const { resolve } = require('node:path') as typeof import('node:path');
    process.dlopen(holder, resolve(path));
    return holder.exports;
  } catch (reason) {
    return thrown(reason);
  }
}

/** The addon, if it is one and of our version; else why not. */
function checked(name: string, found: unknown): typeof Binding | Try {
  if (found instanceof Thrown) return { name, reason: found.reason };
  const { version } = (found ?? {}) as Partial<typeof Binding>;
  const ofAddon = typeof version === 'function' ? version() : undefined;
  if (ofAddon === VERSION) return found as typeof Binding;
  const reason =
    ofAddon === undefined
      ? 'it is no addon of graph8-crm, or a bundler put something else in its place'
      : `it is of version ${ofAddon}, this package of version ${VERSION}`;
  return { name, reason: new Error(reason) };
}

function isTry(found: typeof Binding | Try): found is Try {
  return 'reason' in found;
}

function loadBinding(): typeof Binding {
  const path = givenPath();
  if (path !== undefined) {
    const found = checked(path, openFile(path));
    if (!isTry(found)) return found;
    const message = `GRAPH8_CRM_NATIVE names an addon that does not load, ${path}: ${lineOf(found.reason)}`;
    throw new Error([message, hintOf(found.reason)].filter(Boolean).join('. '), {
      cause: found.reason,
    });
  }
  const here = `${process.platform}-${process.arch}`;
  const targets = TARGETS[here];
  if (!targets) {
    throw new Error(
      `graph8-crm has no addon for ${here}: it runs on ${Object.keys(TARGETS).join(', ')}`,
    );
  }
  const tries: Try[] = [];
  for (const target of targets) {
    const places = [
      [`./graph8-crm.${target}.node`, fileFor],
      [`graph8-crm-${target}`, packageFor],
    ] as const;
    for (const [name, load] of places) {
      const found = checked(name, load(target));
      if (!isTry(found)) return found;
      tries.push(found);
    }
  }
  throw refusal(here, targets, tries);
}

/** The addon; what it offers is private to this package. */
export const native: typeof Binding = loadBinding();

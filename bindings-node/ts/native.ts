/** Finds and loads the addon of this platform. */

import { createRequire } from 'node:module';
import type * as Binding from './binding.js';

const load = createRequire(__filename);

/** Suffixes of the addons by platform and architecture; Linux has one for each C library. */
const TARGETS: Record<string, readonly string[] | undefined> = {
  'linux-x64': ['linux-x64-gnu', 'linux-x64-musl'],
  'linux-arm64': ['linux-arm64-gnu', 'linux-arm64-musl'],
  'darwin-x64': ['darwin-x64'],
  'darwin-arm64': ['darwin-arm64'],
  'win32-x64': ['win32-x64-msvc'],
};

function loadBinding(): typeof Binding {
  const here = `${process.platform}-${process.arch}`;
  const targets = TARGETS[here];
  if (!targets) {
    throw new Error(
      `graph8-crm has no addon for ${here}: it runs on ${Object.keys(TARGETS).join(', ')}`,
    );
  }
  const reasons: unknown[] = [];
  for (const target of targets) {
    // The file beside us, or the package of the platform that npm installs as an optional one.
    for (const name of [`./graph8-crm.${target}.node`, `graph8-crm-${target}`]) {
      try {
        return load(name) as typeof Binding;
      } catch (reason) {
        reasons.push(reason);
      }
    }
  }
  const packages = targets.map((target) => `graph8-crm-${target}`).join(' or ');
  throw new AggregateError(
    reasons,
    `graph8-crm can't load its addon for ${here} (Node ${process.version}). Install the package ` +
      `${packages}: run npm install again on this machine, with optional dependencies and without ` +
      `a node_modules folder copied from another platform. The reasons: ${reasons.map(firstLine).join(' | ')}`,
  );
}

function firstLine(reason: unknown): string {
  return String(reason instanceof Error ? reason.message : reason).split('\n')[0] ?? '';
}

/** The addon; what it offers is private to this package. */
export const native: typeof Binding = loadBinding();

#!/usr/bin/env node
/** `graph8-sandbox`: starts a sandbox, says where it is, and runs until it is told to stop. */

import { native } from './native.js';
import { resultOf } from './reply.js';
import { callSite } from './stack.js';

interface Done {
  readonly text: string;
  /** Of a command that is done. */
  readonly code?: number;
  readonly until_stdin_closes?: boolean;
}

async function main(): Promise<void> {
  const server = new native.NativeSandbox();
  const asked = server.runCommand('graph8-sandbox', process.argv.slice(2));
  const done = resultOf(await asked, callSite(main)) as Done;
  if (done.code !== undefined) {
    (done.code ? process.stderr : process.stdout).write(done.text);
    process.exitCode = done.code;
    return;
  }
  // The sandbox's own thread does not keep the process alive.
  const alive = setInterval(() => {}, 2 ** 30);
  const stop = async (): Promise<void> => {
    clearInterval(alive);
    process.stdin.destroy();
    await server.stop();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Who reads it may send a signal at once.
  process.stdout.write(done.text);
  if (done.until_stdin_closes) {
    process.stdin.once('end', stop);
    process.stdin.resume();
  }
}

void main();

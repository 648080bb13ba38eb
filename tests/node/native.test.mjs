// How the addon is found, and what is said where it can't be loaded: each in a copy of the built package.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { hintOf } from '../../bindings-node/dist/unloadable.js';
import { ROOT } from './support.mjs';

const DIST = join(ROOT, 'bindings-node/dist');
const ADDON = (await readdir(DIST)).find((name) => name.endsWith('.node'));
const PLATFORM = /^graph8-crm\.(.*)\.node$/.exec(ADDON)[1];
const PACKAGE = `graph8-crm-${PLATFORM}`;
const folder = await mkdtemp(join(tmpdir(), 'graph8-native-'));
after(() => rm(folder, { recursive: true }));
/** Other runtimes have other flags and messages. */
const OF_NODE = { skip: Boolean(process.versions.bun ?? process.versions.deno) };
let copies = 0;

/** The parts of the package that load the addon, without the addon. */
async function copyOfLoader() {
  copies += 1;
  const copy = join(folder, String(copies));
  await mkdir(copy);
  for (const name of ['native.js', 'unloadable.js', 'version.js']) {
    await cp(join(DIST, name), join(copy, name));
  }
  return copy;
}

const LOAD = `
  try {
    process.stdout.write('loaded ' + require('./native.js').native.version());
  } catch (error) {
    process.stdout.write(error.message);
  }
`;

/** What loading the addon says, in a process of its own. */
async function load(copy, { flags = [], env = {} } = {}) {
  const { GRAPH8_CRM_NATIVE: _ours, ...rest } = process.env;
  await writeFile(join(copy, 'load.js'), LOAD);
  const options = { cwd: copy, env: { ...rest, ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, 'load.js'], options);
  return stdout;
}

async function withPackage(copy, name = PACKAGE) {
  const place = join(copy, 'node_modules', name);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'package.json'), JSON.stringify({ name, main: ADDON }));
  return place;
}

test('the addon beside the package, or in the package of its platform, is loaded', async () => {
  const beside = await copyOfLoader();
  await cp(join(DIST, ADDON), join(beside, ADDON));
  assert.match(await load(beside), /^loaded \d+\.\d+\.\d+/);
  const apart = await copyOfLoader();
  await cp(join(DIST, ADDON), join(await withPackage(apart), ADDON));
  assert.match(await load(apart), /^loaded /);
});

test('GRAPH8_CRM_NATIVE names the addon, and nothing takes its place', async () => {
  const copy = await copyOfLoader();
  const native = { GRAPH8_CRM_NATIVE: join(DIST, ADDON) };
  assert.match(await load(copy, { env: native }), /^loaded /);
  await cp(join(DIST, ADDON), join(copy, ADDON));
  const said = await load(copy, { env: { GRAPH8_CRM_NATIVE: 'not-there.node' } });
  assert.match(said, /^GRAPH8_CRM_NATIVE names an addon that does not load, not-there\.node: /);
});

test('where nothing is installed, the package to install is named, and bundles', async () => {
  const said = await load(await copyOfLoader());
  assert.match(said, /^graph8-crm can't find its addon for /);
  assert.ok(said.includes(PACKAGE), said);
  assert.match(said, /If this is a bundle, mark graph8-crm as external/);
});

test('an addon that is there and does not load is the headline', async () => {
  const copy = await copyOfLoader();
  await writeFile(
    join(await withPackage(copy), ADDON),
    'no addon at all, but long enough for a header '.repeat(9),
  );
  const said = await load(copy);
  assert.ok(said.includes(`${PACKAGE} is there, but: `), said);
  assert.match(said, /built for another platform, or is cut off/);
  assert.doesNotMatch(said, /Cannot find module|external/);
});

test('a package whose file is gone is there and does not load', OF_NODE, async () => {
  const copy = await copyOfLoader();
  await withPackage(copy);
  assert.ok((await load(copy)).includes(`${PACKAGE} is there, but: Cannot find module`));
});

test('package and addon of two versions are told from each other', async () => {
  const copy = await copyOfLoader();
  await cp(join(DIST, ADDON), join(copy, ADDON));
  await writeFile(join(copy, 'version.js'), "exports.VERSION = '99.0.0';");
  const said = await load(copy);
  assert.match(said, /is there, but: it is of version \d.*, this package of version 99\.0\.0\./);
  assert.match(said, /Both must be of one version/);
});

test('where Node forbids addons, its flag is named', OF_NODE, async () => {
  const copy = await copyOfLoader();
  await cp(join(DIST, ADDON), join(copy, ADDON));
  assert.match(await load(copy, { flags: ['--no-addons'] }), /is there, but: .*--no-addons/);
  const permission = ['--permission', '--experimental-permission'].find((flag) =>
    process.allowedNodeEnvironmentFlags.has(flag),
  );
  const flags = [permission, `--allow-fs-read=${folder}/*`, '--no-warnings'];
  assert.match(await load(copy, { flags }), /is there, but: .*--allow-addons/);
  assert.match(await load(copy, { flags: [...flags, '--allow-addons'] }), /^loaded /);
});

test('what systems and runtimes say has its advice', () => {
  const said = [
    [
      "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by a.node)",
      /older/,
    ],
    ['Error loading shared library ld-linux-x86-64.so.2: No such file or directory', /C library/],
    ['libc.musl-x86_64.so.1: cannot open shared object file: No such file', /C library/],
    [
      "dlopen(a.node, 0x0001): tried: 'a.node' (mach-o file, but is an incompatible architecture)",
      /platform/,
    ],
    ['a.node is not a valid Win32 application.', /platform/],
    ['Requires ffi access to "a.node", run again with the --allow-ffi flag', /--allow-ffi/],
    ['a.node: failed to map segment from shared object', /noexec/],
  ];
  for (const [message, advice] of said) assert.match(hintOf(new Error(message)) ?? '', advice);
  assert.equal(hintOf(new Error('something else')), undefined);
});

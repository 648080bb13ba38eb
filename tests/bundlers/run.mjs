// Builds an app with each bundler and runs what came out, away from everything else: run by `make test-bundlers` after
// `make npm-pack`. Each project says in its package.json, under "variants", how it is built, what is taken elsewhere
// ("output"), whether node_modules has graph8-crm there ("external"), how it is started, and what it says where it
// can't run ("says").
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../..');
const WORK = join(ROOT, '.bundlers');
const PUSHED = 'pushed 3, there 3';
/** Minutes that only what hangs takes. */
const HANGS_MS = 900_000;

/** Both packages as npm would put them there. */
function installPackages(folder) {
  const packed = readdirSync(join(ROOT, 'dist')).filter((name) => name.endsWith('.tgz'));
  if (packed.length < 2) throw new Error('there are no packages in dist/: run make npm-pack');
  for (const file of packed) {
    const target = join(folder, 'node_modules', file.replace(/-\d+\.\d+\.\d+.*$/, ''));
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    execFileSync('tar', [
      '-xzf',
      join(ROOT, 'dist', file),
      '--strip-components',
      '1',
      '-C',
      target,
    ]);
  }
}

function shell(command, folder) {
  const hidden = /^(NODE_PATH|NODE_OPTIONS|G8_|GRAPH8_|npm_)/;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !hidden.test(name)),
  );
  env.PATH = [join(folder, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  env.NEXT_TELEMETRY_DISABLED = '1';
  const options = { cwd: folder, env, encoding: 'utf8', timeout: HANGS_MS };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], options);
  return { status, text: `${stdout}${stderr}` };
}

/** Installs a project's bundler, unless that is there already. */
function prepare(name) {
  const folder = join(WORK, name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(HERE, name), folder, { recursive: true });
  if (name !== 'next') cpSync(join(HERE, 'app.mjs'), join(folder, 'app.mjs'));
  const wanted = readFileSync(join(HERE, name, 'package.json'), 'utf8');
  const stamp = join(folder, 'installed');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    const { status, text } = shell(
      'npm install --no-save --ignore-scripts --silent --no-audit --no-fund',
      folder,
    );
    if (status !== 0) throw new Error(`${name} can't be installed:\n${text}`);
    writeFileSync(stamp, wanted);
  }
  installPackages(folder);
  return { folder, ...JSON.parse(wanted) };
}

/** What is wrong with a variant; undefined where it does what it should. */
function failure(folder, { build, output, external, start, says, beside = [] }) {
  rmSync(join(folder, output), { recursive: true, force: true });
  const built = shell(build, folder);
  if (built.status !== 0) {
    // A bundler may refuse addons itself.
    return says && built.text.includes(says) ? undefined : `its build failed:\n${built.text}`;
  }
  const elsewhere = mkdtempSync(join(tmpdir(), 'graph8-bundle-'));
  try {
    cpSync(join(folder, output), elsewhere, { recursive: true, verbatimSymlinks: true });
    for (const file of beside) cpSync(join(folder, file), join(elsewhere, file));
    if (external) installPackages(elsewhere);
    const { text } = shell(start, elsewhere);
    return text.includes(says ?? PUSHED) ? undefined : `it said:\n${text}`;
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
}

const asked = process.argv.slice(2);
const names = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && (asked.length === 0 || asked.includes(entry.name)))
  .map(({ name }) => name);
let failed = 0;
let ran = 0;
for (const name of names) {
  const { folder, variants, devDependencies, dependencies } = prepare(name);
  const [version] = Object.entries({ ...devDependencies, ...dependencies })
    .filter(([tool]) => tool.endsWith(name))
    .map(([, number]) => number);
  for (const [variant, how] of Object.entries(variants)) {
    const wrong = failure(folder, how);
    ran += 1;
    if (wrong) failed += 1;
    const good = how.says ? 'says what to do' : 'pushed';
    console.log(`${name} ${version}, ${variant}: ${wrong ? `FAILED: ${wrong}` : good}`);
  }
}
console.log(`test-bundlers: ${ran - failed} of ${ran} builds did what they should`);
process.exitCode = failed === 0 ? 0 : 1;

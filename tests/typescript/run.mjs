// What users' type checkers see, by versions of TypeScript: run by `make test-typescript`.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const ROOT = join(HERE, '../..');
const WORK = join(ROOT, '.typescript');

function output(command, flags, folder) {
  const { status, stdout, stderr } = spawnSync(command, flags, { cwd: folder, encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

const wanted = readFileSync(join(HERE, 'package.json'), 'utf8');
const stamp = join(WORK, 'installed');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK);
  for (const file of ['package.json', 'package-lock.json'])
    cpSync(join(HERE, file), join(WORK, file));
  const quietly = ['--no-save', '--ignore-scripts', '--silent', '--no-audit', '--no-fund'];
  const { status, text } = output('npm', ['install', ...quietly], WORK);
  if (status !== 0) throw new Error(`TypeScript can't be installed:\n${text}`);
  writeFileSync(stamp, wanted);
}

for (const name of Object.keys(JSON.parse(wanted).devDependencies)) {
  const folder = join(WORK, 'node_modules', name);
  const { bin, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const checked = output(process.execPath, [join(folder, bin.tsc), '-p', HERE], ROOT);
  const errors = checked.text.split('\n').filter((line) => /error TS/.test(line));
  // Declarations of other packages may need a newer one.
  const ours = errors.filter((line) => !line.startsWith('node_modules/'));
  const isGood = ours.length === 0 && (checked.status === 0 || errors.length > 0);
  console.log(`TypeScript ${version}: ${isGood ? 'ours compile' : `FAILED\n${checked.text}`}`);
  if (!isGood) process.exitCode = 1;
}

// Starts the standalone server and asks for the page that pushes.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const probe = createServer().listen(0, '127.0.0.1');
await new Promise((resolve) => probe.once('listening', resolve));
const { port } = probe.address();
await new Promise((resolve) => probe.close(resolve));

const env = { ...process.env, PORT: String(port), HOSTNAME: '127.0.0.1' };
const server = spawn(process.execPath, ['server.js'], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
server.on('exit', (code) => {
  if (code !== null) process.exitCode = code;
});
for await (const text of server.stdout) if (/ready/i.test(String(text))) break;
const answer = await fetch(`http://127.0.0.1:${port}/push`);
console.log(await answer.text());
server.kill();

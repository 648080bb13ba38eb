// Copies what the tracer says that the app needs, and nothing else.
import { cpSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';

const { fileList } = await nodeFileTrace(['app.mjs']);
for (const file of fileList) {
  cpSync(realpathSync(file), join('out', file), { recursive: true });
}

// The published declarations compile in projects of any kind: with those of browsers, and without any but the language's.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const tsc = join(here, '../node_modules/typescript/bin/tsc');

/** What the compiler says about the application. */
async function complaints(compilerOptions) {
  const directory = await mkdtemp(join(here, 'declarations/.project-'));
  try {
    const strict = { noEmit: true, strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, types: [], target: 'ES2022' };
    const config = { compilerOptions: { ...strict, ...compilerOptions }, files: [join(here, 'declarations/app.ts')] };
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config));
    return await promisify(execFile)(process.execPath, [tsc, '-p', directory]).then(
      () => '',
      (error) => error.stdout,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const KINDS = {
  'the language alone': { lib: ['ES2022'], module: 'NodeNext', moduleResolution: 'NodeNext' },
  'Node': { lib: ['ES2022'], module: 'NodeNext', moduleResolution: 'NodeNext', types: ['node'] },
  'a browser and a bundler': { lib: ['ES2022', 'DOM', 'DOM.Iterable'], module: 'ESNext', moduleResolution: 'bundler' },
};

for (const [kind, compilerOptions] of Object.entries(KINDS)) {
  test(`the declarations compile with those of ${kind}`, async () => assert.equal(await complaints(compilerOptions), ''));
}

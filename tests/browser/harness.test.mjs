// The harness itself: both browsers start and are driven, wasm and workers load from the server, what a page stores
// outlives a browser that was killed.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { kill, startChromium, until, watchErrors, withChromium, withFirefox, withProfile, withServer } from './harness.mjs';

// A page whose worker instantiates a wasm module with a v128 instruction while it downloads, and reports.
const WASM = Buffer.from(
  '0061736d010000000105016000017f030201000707010372756e00000a190117' +
    '00fd0c01000000020000000300000004000000fd1b010b',
  'hex',
);
const PAGE = `<!doctype html><meta charset="utf-8"><title>starting</title><link rel="icon" href="data:,">
<script type="module">
  const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => { document.title = data; };
</script>`;
const WORKER = `try {
  const { instance } = await WebAssembly.instantiateStreaming(fetch('lane.wasm'));
  const opfs = typeof navigator.storage.getDirectory;
  postMessage('lane ' + instance.exports.run() + ' ' + opfs + ' ' + self.crossOriginIsolated);
} catch (error) { postMessage(String(error)); }`;

async function withPage(use) {
  await withProfile(async (directory) => {
    await mkdir(join(directory, 'deep'));
    await writeFile(join(directory, 'index.html'), PAGE);
    await writeFile(join(directory, 'worker.js'), WORKER);
    await writeFile(join(directory, 'lane.wasm'), WASM);
    await withServer(directory, use);
  });
}

for (const [name, withBrowser] of [['Chromium', withChromium], ['Firefox', withFirefox]]) {
  test(`${name} runs SIMD wasm in a module worker, without cross-origin isolation`, async () => {
    await withPage((url) =>
      withBrowser(async (browser) => {
        const page = await browser.newPage();
        const errors = watchErrors(page);
        await page.goto(`${url}/`);
        const title = await until(async () => (await page.title()) !== 'starting' && page.title());
        assert.equal(title, 'lane 2 function false');
        assert.deepEqual(errors, []);
      }),
    );
  });
}

test('a Chromium that is killed leaves its profile to the next one', async () => {
  await withPage((url) =>
    withProfile(async (profileDir) => {
      const first = await startChromium({ profileDir });
      const page = await first.newPage();
      await page.goto(`${url}/`);
      await page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const file = await (await root.getFileHandle('kept', { create: true })).createWritable();
        await file.write('still here');
        await file.close();
      });
      await kill(first);
      const kept = await withChromium(
        async (second) => {
          const again = await second.newPage();
          await again.goto(`${url}/`);
          return again.evaluate(async () => {
            const root = await navigator.storage.getDirectory();
            return (await (await root.getFileHandle('kept')).getFile()).text();
          });
        },
        { profileDir },
      );
      assert.equal(kept, 'still here');
    }),
  );
});

test('the server sends a file again only if it has changed', async () => {
  await withPage(async (url) => {
    const first = await fetch(`${url}/lane.wasm`);
    const etag = first.headers.get('etag');
    assert.ok(etag);
    assert.equal((await fetch(`${url}/lane.wasm`, { headers: { 'if-none-match': etag } })).status, 304);
    assert.equal((await fetch(`${url}/lane.wasm`, { headers: { 'if-none-match': '"other"' } })).status, 200);
  });
});

test('the server stays inside its directory', async () => {
  await withPage(async (url) => {
    assert.equal((await fetch(`${url}/lane.wasm`)).headers.get('content-type'), 'application/wasm');
    assert.equal((await fetch(`${url}/deep`)).status, 404);
    assert.equal((await fetch(`${url}/..%2f..%2f..%2fetc%2fhostname`)).status, 404);
    assert.equal((await fetch(`${url}/%00`)).status, 404);
    assert.equal((await fetch(`${url}/%`)).status, 404);
    assert.equal((await fetch(`${url}/lane.wasm`, { method: 'POST' })).status, 404);
  });
});

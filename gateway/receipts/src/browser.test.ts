// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { disclose, documentHash } from '@thingledger/protocol';
import { build } from 'esbuild';
import { realBundle, realReceipt } from './testing/edit.js';
import type { FileOptions, FileReport } from './verify.js';

test('X2: the library runs bundled for a browser, where there is nothing of Node', async () => {
  const entry = fileURLToPath(new URL('index.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'receipts',
    target: 'es2022',
    resolveExtensions: ['.ts', '.js'],
  });
  const web = {
    crypto,
    atob,
    btoa,
    TextDecoder,
    TextEncoder,
    Blob,
    DecompressionStream,
    JSON,
    Uint8Array,
    ArrayBuffer,
  };
  const context: Record<string, unknown> = { ...web, self: web };
  const code = outputFiles[0]?.text ?? '';
  runInNewContext(`${code}; globalThis.verify = receipts.verifyFile;`, context);
  const verify = context['verify'] as (receipt: unknown, options?: FileOptions) => Promise<FileReport>;
  const report = await verify(realReceipt());
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(report).toMatchObject({ proved: { operations: [{ operation: 'traceability:registerThing' }] } });
  expect(await verify(realBundle())).toMatchObject({ kind: 'bundle', ok: true });
  const document = { thing: 'urn:x:1', salt: 'A'.repeat(22) };
  const hash = documentHash(document);
  expect(await verify(disclose(document, []), { hash })).toMatchObject({
    ok: true,
    compared: true,
    hidden: 1,
  });
}, 30_000);

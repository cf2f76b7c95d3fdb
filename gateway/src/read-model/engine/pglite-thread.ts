// SPDX-License-Identifier: Apache-2.0
/** The thread that PGlite runs in: it computes without a pause, and nobody else may wait for that. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import type { ThreadAnswer, ThreadRequest } from './pglite-messages.js';

const port = parentPort;
if (!port) throw new Error('this file is the entry of a thread');

const { dir } = workerData as { readonly dir: string };
const database = await PGlite.create(dir, { parsers: { [types.INT8]: Number } });

port.on('message', (request: ThreadRequest) => {
  void answer(request).then((message) => {
    port.postMessage(message);
    if (request.close) port.close();
  });
});
port.postMessage({ id: 0, ok: true, result: { command: '', rowCount: 0, rows: [] } } satisfies ThreadAnswer);

async function answer({ id, sql, parameters, close }: ThreadRequest): Promise<ThreadAnswer> {
  try {
    if (close) {
      await database.close();
      return { id, ok: true, result: { command: '', rowCount: 0, rows: [] } };
    }
    const { command = '', rowCount = 0, rows } = await database.query<object>(sql, [...parameters]);
    return { id, ok: true, result: { command, rowCount, rows } };
  } catch (error) {
    const { message = String(error), code } = error as { message?: string; code?: string };
    return { id, ok: false, message, code };
  }
}

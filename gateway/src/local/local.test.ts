// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeBasePort } from '@thingledger/network';
import { QUIET } from '../testing/consortium.js';
import { startLocal, type LocalOptions } from './local.js';
import type { Identities } from './identities.js';

describe('X10: a local consortium taken up again', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'local-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function identitiesAfter(options: Partial<LocalOptions>): Promise<Identities> {
    const network = await startLocal({ network: 'embedded', dir, variables: QUIET, ...options });
    await network.close();
    return network.identities;
  }

  test('has the ports it was given at its first start, and the same keys', async () => {
    const first = await identitiesAfter({ basePort: await freeBasePort() });
    const lines: string[] = [];
    const onProgress = (line: string): number => lines.push(line);
    const second = await identitiesAfter({ onProgress });
    expect(second).toEqual(first);
    expect(lines.join('\n')).not.toContain('other ports');
    const other = await freeBasePort();
    const moved = await identitiesAfter({ basePort: other, onProgress });
    expect(lines).toContainEqual(expect.stringContaining('on other ports than before'));
    expect(moved.basePort).toBe(other);
    expect(moved.members).not.toEqual(first.members);
    expect(moved.participants).toEqual(first.participants);
  }, 120_000);
});

// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs';
import { Vault } from '../vault.js';

/** A process that stores documents until it is killed, and says the hash of each once it is stored. */
const vault = await Vault.open({ dir: process.argv[2] ?? '', maxBytes: 100_000 });
const facts = { kind: 'bytes', thing: 'urn:x:1', owner: 'farm@maker' } as const;
for (let number = 0; ; number += 8) {
  const some = [0, 1, 2, 3, 4, 5, 6, 7].map((more) =>
    Buffer.from(JSON.stringify({ number: number + more, pad: 'x'.repeat(20_000) })),
  );
  const hashes = await Promise.all(some.slice(0, 4).map((bytes) => vault.put(bytes, facts)));
  const packed = await vault.putAll(some.slice(4).map((bytes) => ({ bytes, facts })));
  writeSync(1, `${[...hashes, ...packed].map(String).join('\n')}\n`);
}

// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { packageChaincode } from './package.js';

describe('chaincode package', () => {
  const made = packageChaincode({ name: 'traceability', version: '1.2.3' });

  it('has one id on every machine', () => {
    expect(packageChaincode({ name: 'traceability', version: '1.2.3' }).id).toBe(made.id);
    expect(made.id).toMatchInlineSnapshot(
      `"traceability_1.2.3:5ced9ed939007971fb6ccbe2dbb4e12d96ffaac927f4141cd68bfc9f213adf5c"`,
    );
    expect(made.id).toBe(`traceability_1.2.3:${createHash('sha256').update(made.bytes).digest('hex')}`);
  });

  it('differs from version to version', () => {
    expect(packageChaincode({ name: 'traceability', version: '1.2.4' }).id.split(':')[1]).not.toBe(
      made.id.split(':')[1],
    );
  });

  it('is an archive that tar reads', () => {
    const tar = (args: string[], input: Buffer) => execFileSync('tar', args, { input });
    expect(tar(['-tzf', '-'], made.bytes).toString()).toBe('metadata.json\ncode.tar.gz\n');
    expect(tar(['-xzOf', '-', 'metadata.json'], made.bytes).toString()).toBe(
      '{"type":"thingledger-service","label":"traceability_1.2.3","path":""}',
    );
    const code = tar(['-xzOf', '-', 'code.tar.gz'], made.bytes);
    expect(tar(['-xzOf', '-', 'chaincode'], code).toString()).toBe('traceability');
  });
});

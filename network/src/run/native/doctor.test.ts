// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planNetwork } from '../../plan/plan.js';
import { severalConsortia } from '../../testing/topologies.js';
import { prepareFolder } from '../fabric/prepare.js';
import { BinariesError, findBinaries } from './binaries.js';
import { doctor, type Finding } from './doctor.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});
const about = (findings: Finding[], text: RegExp) => findings.find(({ message }) => text.test(message));

describe('doctor', () => {
  it('names a fix with everything that is wrong', async () => {
    const findings = await doctor(planNetwork(severalConsortia(), { basePort: 23_500 }), dir);
    expect(about(findings, /no network yet/)?.level).toBe('ok');
    expect(about(findings, /chaincode money/)).toMatchObject({
      level: 'problem',
      fix: 'run `npm run build`',
    });
    expect(about(findings, /0 of 12 processes run/)?.level).toBe('ok');
    for (const finding of findings) expect(finding.fix === undefined).toBe(finding.level === 'ok');
  });

  it('finds a port that another program took', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const findings = await doctor(planNetwork(severalConsortia(), { basePort: port - 51 }), dir);
    server.close();
    expect(about(findings, new RegExp(`port ${String(port)} of peer\\.maker is taken`))?.level).toBe(
      'problem',
    );
  });

  it("does not take another network's folder", async () => {
    await prepareFolder(planNetwork(severalConsortia(), { basePort: 23_500 }), dir, 'loopback');
    const findings = await doctor(planNetwork(severalConsortia(), { basePort: 23_600 }), dir);
    expect(about(findings, /other organisations, channels or ports/)).toMatchObject({ level: 'problem' });
  });
});

describe('Fabric executables', () => {
  it('are not looked for elsewhere when a folder is named', async () => {
    writeFileSync(join(dir, 'peer'), '', { mode: 0o755 });
    await expect(findBinaries({ FABRIC_BIN: dir, PATH: process.env['PATH'] })).rejects.toBeInstanceOf(
      BinariesError,
    );
  });
});

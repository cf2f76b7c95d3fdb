// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultTopologyFile, loadTopology, TopologyError } from './topology.js';

describe('topology file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'topology-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const load = (text: string) => {
    const file = join(folder, 'topology.yaml');
    writeFileSync(file, text);
    return loadTopology(file);
  };

  it('of this repository loads, with chaincode versions from their packages', () => {
    const topology = loadTopology(defaultTopologyFile);
    expect(topology.organisations.map((o) => o.name)).toEqual([
      'maker',
      'carrier',
      'bank',
      'inspection',
      'customs',
    ]);
    expect(topology.consortia[0]?.chaincodes[0]?.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('fills in what is left out', () => {
    const topology = load(
      'name: n\norganisations: [{name: a}]\nconsortia: [{channel: c, members: [a], orderers: [a]}]',
    );
    expect(topology.consensus).toMatchObject({
      batchMessages: 500,
      batchInterval: 10,
      complainTimeout: 3000,
    });
    expect(topology.limits).toEqual({ gatewayConcurrency: 2500, transactionWindow: 900 });
    expect(topology.organisations[0]).toEqual({
      name: 'a',
      regulator: false,
      peer: true,
      orderer: false,
      participants: [],
    });
  });

  it('resolves a chaincode file against the topology and reads the version beside it', () => {
    writeFileSync(join(folder, 'package.json'), '{"version":"4.5.6"}');
    const topology = load(
      'name: n\norganisations: [{name: a}]\nconsortia: [{channel: c, members: [a], orderers: [a], chaincodes: [{name: x, entry: ./x.js, policy: a}]}]',
    );
    expect(topology.consortia[0]?.chaincodes[0]).toMatchObject({
      entry: join(folder, 'x.js'),
      version: '4.5.6',
    });
  });

  it.each([
    ['no YAML', 'name: [', /topology\.yaml: is no YAML/],
    [
      'an unknown field',
      'name: n\norganisations: [{name: a, pear: true}]\nconsortia: []',
      /organisations\.0: .*pear/,
    ],
    [
      'a bad name',
      'name: n\norganisations: [{name: A!}]\nconsortia: []',
      /organisations\.0\.name: must be lower-case/,
    ],
    ['a missing list', 'name: n\norganisations: [{name: a}]', /consortia: /],
    [
      'a policy of no known form',
      'name: n\norganisations: [{name: a}]\nconsortia: [{channel: c, members: [a], orderers: [a], chaincodes: [{name: x, entry: x, policy: {all: [a]}}]}]',
      /policy: must be a member, /,
    ],
    [
      'a chaincode that is not installed',
      'name: n\norganisations: [{name: a}]\nconsortia: [{channel: c, members: [a], orderers: [a], chaincodes: [{name: x, entry: nowhere, policy: a}]}]',
      /chaincode x: no package\.json found for nowhere/,
    ],
  ])('refuses %s in one line', (_, text, message) => {
    const refusal = (() => {
      try {
        return load(text);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(TopologyError);
    expect((refusal as Error).message).toMatch(message);
    expect((refusal as Error).message).not.toContain('\n');
  });

  it('says which file is missing', () => {
    expect(() => loadTopology(join(folder, 'none.yaml'))).toThrow(/none\.yaml: cannot be read/);
  });
});

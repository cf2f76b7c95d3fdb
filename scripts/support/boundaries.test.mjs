// SPDX-License-Identifier: Apache-2.0
/**
 * The boundary rules prove themselves on a house in miniature: each file below makes one import, and the rules it must
 * break are written beside it (none for a permitted import).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const libraries = [
  'fabric-contract-api',
  'fabric-shim',
  '@hyperledger/fabric-gateway',
  'undeclared',
  'developer-tool',
];

/** [file, import, rules broken] */
const imports = [
  ['chaincode/protocol/src/a.ts', '@thingledger/kernel', ['protocol-stands-alone']],
  ['chaincode/protocol/src/b.ts', 'node:crypto', []],
  ['chaincode/kernel/src/c.ts', '@thingledger/protocol', []],
  ['chaincode/kernel/src/d.ts', '@thingledger/traceability', ['kernel-knows-protocol-only']],
  ['chaincode/kernel/src/e.ts', 'fabric-shim', ['one-room-names-the-stub']],
  ['chaincode/kernel/src/fabric/f.ts', 'fabric-shim', []],
  ['chaincode/kernel/src/governance/domain.ts', 'node:crypto', ['domain-without-built-ins']],
  ['chaincode/traceability/src/contracts/g.ts', 'fabric-contract-api', ['one-room-names-the-stub']],
  ['chaincode/traceability/src/contracts/h.ts', '../domain/i', []],
  ['chaincode/traceability/src/domain/i.ts', '@thingledger/kernel', []],
  ['chaincode/traceability/src/domain/j.ts', '../contracts/h', ['domain-is-pure']],
  ['chaincode/traceability/src/domain/k.ts', 'node:fs', ['domain-without-built-ins']],
  ['chaincode/traceability/src/l.ts', '../../kernel/src/c', ['front-door-of-chaincode/kernel']],
  ['chaincode/traceability/src/m.ts', '@thingledger/network', ['areas-are-apart']],
  ['network/src/n.ts', '@thingledger/traceability', []],
  ['network/src/o.ts', '@thingledger/gateway', ['network-knows-no-gateway']],
  ['network/src/p.ts', '@thingledger/client', ['network-knows-no-client']],
  ['gateway/client/src/q.ts', '@thingledger/protocol', []],
  ['gateway/client/src/r.ts', '@thingledger/gateway', ['client-knows-protocol-only']],
  ['gateway/receipts/src/ll.ts', '@thingledger/protocol', []],
  ['gateway/receipts/src/mm.ts', '@thingledger/gateway', ['receipts-know-protocol-only']],
  ['gateway/receipts/src/nn.ts', 'node:fs', ['receipts-need-no-machine']],
  ['gateway/receipts/src/cli.ts', 'node:fs', []],
  ['gateway/src/http/s.ts', '../ledger/port.js', []],
  ['gateway/src/http/t.ts', '../ledger/fabric/v.js', ['adapters-behind-the-port']],
  ['gateway/src/http/u.ts', '@hyperledger/fabric-gateway', ['one-adapter-names-the-sdk']],
  ['gateway/src/ledger/fabric/v.ts', '@hyperledger/fabric-gateway', []],
  ['gateway/src/ledger/fabric/w.ts', '../embedded/x.js', ['adapters-are-apart']],
  ['gateway/src/ledger/embedded/x.ts', '@thingledger/network', []],
  ['gateway/src/ledger/embedded/y.ts', '../fabric/v.js', ['adapters-are-apart-too']],
  ['gateway/src/ledger/port.ts', '@thingledger/protocol', []],
  ['gateway/src/vault/z.ts', '../http/s.js', ['http-is-the-edge']],
  ['gateway/src/vault/aa.ts', '@thingledger/network', ['one-adapter-names-the-network']],
  ['gateway/src/vault/bb.ts', '@thingledger/kernel', ['gateway-knows-no-chaincode']],
  ['gateway/src/agents/verifier/cc.ts', '../../http/s.js', ['agents-take-ports', 'http-is-the-edge']],
  ['gateway/src/agents/verifier/dd.ts', 'undeclared', ['no-unlisted-packages']],
  ['gateway/src/agents/verifier/ee.ts', 'developer-tool', ['no-development-packages']],
  ['gateway/src/agents/verifier/ff.ts', './missing.js', ['no-unresolvable']],
  ['gateway/src/start.ts', './ledger/fabric/v.js', []],
  ['gateway/src/gg.ts', '@thingledger/test', ['only-tests-know-tests']],
  ['gateway/src/loop.ts', './pool.js', ['no-cycles']],
  // A cycle is told once, at its first file.
  ['gateway/src/pool.ts', './loop.js', []],
  ['test/scenarios/hh.ts', '@thingledger/client', []],
  ['test/scenarios/ii.ts', '../../gateway/src/start.js', ['front-door-of-gateway']],
  [
    'test/scenarios/jj.ts',
    '../support/behaviour-chaincode/src/kk',
    ['front-door-of-test/support/behaviour-chaincode'],
  ],
  ['test/support/behaviour-chaincode/src/kk.ts', 'fabric-contract-api', []],
];

const house = mkdtempSync(join(tmpdir(), 'thingledger-boundaries-'));
const write = (path, text) => {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
};

function build() {
  const names = workspaces.map(
    (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).name,
  );
  const dependencies = Object.fromEntries(
    [...names, ...libraries.slice(0, 3)].map((name) => [name, '1.0.0']),
  );
  write('package.json', JSON.stringify({ devDependencies: { 'developer-tool': '1.0.0' } }));
  write('tsconfig.test.json', '{"compilerOptions":{"module":"NodeNext","moduleResolution":"NodeNext"}}');
  workspaces.forEach((folder, index) => {
    const name = names[index];
    write(`${folder}/package.json`, JSON.stringify({ name, exports: './dist/index.js', dependencies }));
    write(`${folder}/dist/index.js`, '');
    mkdirSync(join(house, 'node_modules/@thingledger'), { recursive: true });
    symlinkSync(join(house, folder), join(house, 'node_modules', name));
  });
  for (const name of libraries) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, '');
  }
  for (const [file, specifier] of imports) write(file, `import '${specifier}';\nexport {};\n`);
}

/** What dependency-cruiser says of the house: file → rules broken, sorted. */
function cruise() {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const args = [
    program,
    '--config',
    config,
    '--output-type',
    'json',
    'chaincode',
    'gateway',
    'network',
    'test',
  ];
  const { summary } = JSON.parse(execFileSync(process.execPath, args, { cwd: house, encoding: 'utf8' }));
  const broken = new Map();
  for (const { from, rule } of summary.violations)
    broken.set(from, [...(broken.get(from) ?? []), rule.name].sort());
  return broken;
}

describe('boundaries', () => {
  let broken;
  beforeAll(() => {
    build();
    broken = cruise();
  });
  afterAll(() => rmSync(house, { recursive: true, force: true }));

  test.each(imports)('%s importing %s breaks %j', (file, _specifier, rules) => {
    expect(broken.get(file) ?? []).toEqual(rules);
  });
});

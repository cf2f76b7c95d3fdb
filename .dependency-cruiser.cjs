// SPDX-License-Identifier: Apache-2.0
/**
 * Rooms and doors: who may import whom. Rules name what is forbidden and why; the reasons are the table in
 * CONTRIBUTING.md. `npm run boundaries` runs them, scripts/support/boundaries.test.mjs proves that each one bites.
 */
const FABRIC = '(^|/)node_modules/(fabric-[a-z-]+|@hyperledger|@grpc)/';
const UNIT_TEST = '\\.test\\.(ts|mjs)$|/testing/';
/** A package of ours, by its folder. */
const workspaces = {
  protocol: '^chaincode/protocol/',
  kernel: '^chaincode/kernel/',
  area: '^chaincode/(?!protocol/|kernel/)[^/]+/',
  network: '^network/',
  client: '^gateway/client/',
  gateway: '^gateway/(?!client/|receipts/)',
  receipts: '^gateway/receipts/',
  test: '^test/',
};
const DOMAIN = '^chaincode/.*/domain(/|\\.ts$)';
const OURS = '^(?!.*node_modules/)(chaincode/[^/]+|network|gateway|test)/';

/** Production code in `from` may not import `to`. */
const forbid = (name, comment, from, to, { except, but } = {}) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: [UNIT_TEST, ...(except ? [except] : [])] },
  to: { path: to, ...(but ? { pathNot: but } : {}) },
});

const rooms = [
  forbid(
    'protocol-stands-alone',
    'protocol says what can be asked; it knows nothing of ours',
    workspaces.protocol,
    OURS,
    {
      but: workspaces.protocol,
    },
  ),
  forbid(
    'kernel-knows-protocol-only',
    'areas build on the kernel, never the other way',
    workspaces.kernel,
    OURS,
    {
      but: [workspaces.kernel, workspaces.protocol],
    },
  ),
  {
    ...forbid(
      'areas-are-apart',
      'an area knows the kernel and the protocol, not another area',
      workspaces.area,
      OURS,
    ),
    from: { path: '^chaincode/(?!protocol/|kernel/)([^/]+)/', pathNot: UNIT_TEST },
    to: { path: OURS, pathNot: ['^chaincode/$1/', workspaces.kernel, workspaces.protocol] },
  },
  forbid(
    'one-room-names-the-stub',
    'only kernel/src/fabric may know Fabric’s chaincode libraries',
    '^chaincode/',
    FABRIC,
    {
      except: '^chaincode/kernel/src/fabric/',
    },
  ),
  forbid(
    'domain-is-pure',
    'a domain function takes state and returns changes',
    DOMAIN,
    '^chaincode/[^/]+/src/(contracts|fabric)/',
  ),
  {
    ...forbid('domain-without-built-ins', 'nothing a domain decides may come from the machine', '', ''),
    from: { path: '^chaincode/.*/domain(/|\\.ts$)', pathNot: UNIT_TEST },
    to: { dependencyTypes: ['core'] },
  },
  forbid(
    'client-knows-protocol-only',
    'the client runs in browsers and other people’s programs',
    workspaces.client,
    OURS,
    {
      but: [workspaces.client, workspaces.protocol],
    },
  ),
  forbid(
    'receipts-know-protocol-only',
    'who verifies a receipt trusts no part of the network, and may do it in a browser',
    workspaces.receipts,
    OURS,
    {
      but: [workspaces.receipts, workspaces.protocol],
    },
  ),
  {
    ...forbid('receipts-need-no-machine', '', '', ''),
    comment: 'verifying runs in browsers: only the command line knows files',
    from: { path: workspaces.receipts, pathNot: [UNIT_TEST, '^gateway/receipts/src/cli\\.ts$'] },
    to: { dependencyTypes: ['core'] },
  },
  forbid(
    'network-knows-no-gateway',
    'the network stands without any gateway',
    workspaces.network,
    workspaces.gateway,
  ),
  forbid(
    'network-knows-no-client',
    'the network stands without any client',
    workspaces.network,
    workspaces.client,
  ),
  forbid(
    'gateway-knows-no-chaincode',
    'a gateway reaches contracts through the ledger port',
    workspaces.gateway,
    '^chaincode/(?!protocol/)',
  ),
  forbid(
    'only-tests-know-tests',
    'no product code depends on the tests',
    '^(chaincode|network|gateway)/',
    '^test/',
    {},
  ),
  forbid(
    'one-adapter-names-the-sdk',
    'the SDK is known to ledger/fabric alone',
    workspaces.gateway,
    '@hyperledger/|@grpc/',
    {
      except: '^gateway/src/ledger/fabric/',
    },
  ),
  forbid(
    'one-adapter-names-the-network',
    'the network’s public entry serves the embedded adapter, and keys and processes to the files that put a gateway together',
    workspaces.gateway,
    workspaces.network,
    {
      except: '^gateway/src/(ledger/embedded/|local/|[^/]+\\.ts$)',
    },
  ),
  forbid(
    'adapters-behind-the-port',
    'rooms take the ledger port; only the composition root picks an adapter',
    '^gateway/src/[^/]+/',
    '^gateway/src/ledger/(fabric|embedded)/',
    {
      except: '^gateway/src/(ledger/(fabric|embedded)/|local/)',
    },
  ),
  forbid(
    'adapters-are-apart',
    'what one adapter needs from the other belongs to the port',
    '^gateway/src/ledger/fabric/',
    '^gateway/src/ledger/embedded/',
  ),
  forbid(
    'adapters-are-apart-too',
    'what one adapter needs from the other belongs to the port',
    '^gateway/src/ledger/embedded/',
    '^gateway/src/ledger/fabric/',
  ),
  forbid(
    'http-is-the-edge',
    'nothing behind the edge knows HTTP routes',
    '^gateway/src/(ledger|vault|agents|wallet|idempotency|config)/',
    '^gateway/src/http/',
  ),
  forbid(
    'agents-take-ports',
    'an agent can run in a process of its own',
    '^gateway/src/agents/',
    '^gateway/src/(http|information-server/server)',
  ),
];

const packages = require('./package.json').workspaces;
/** A package's own files, without those of packages nested in its folder. */
const inside = (folder) => {
  const nested = packages
    .filter((other) => other.startsWith(`${folder}/`))
    .map((other) => other.slice(folder.length + 1));
  return nested.length === 0 ? `^${folder}/` : `^${folder}/(?!${nested.map((path) => `${path}/`).join('|')})`;
};

const doors = [
  ...packages.map((folder) => ({
    name: `front-door-of-${folder}`,
    comment: 'another package is imported by its name, through its public entry',
    severity: 'error',
    from: { pathNot: inside(folder) },
    to: { path: inside(folder), pathNot: `^${folder}/(dist|node_modules)/` },
  })),
  {
    name: 'no-cycles',
    comment: 'files that need each other are one file, or lack a third',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-unlisted-packages',
    comment: 'npm hoists, so an undeclared package still resolves: declare it in the package that imports it',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-unresolvable',
    comment: 'the import resolves to nothing (build first: npm run build)',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-development-packages',
    comment: 'what ships may not need a package that only developers install',
    severity: 'error',
    from: { path: '^(chaincode|network|gateway)/', pathNot: UNIT_TEST },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
  },
];

module.exports = {
  forbidden: [...rooms, ...doors],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '\\.thingledger/|/bench/results/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.d.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};

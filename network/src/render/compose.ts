// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { OrganisationPlan, Plan } from '../plan/types.js';
import { connectionsFolder } from './chaincode.js';
import { nodeFlags } from './flags.js';
import { folders } from './site.js';

/** The release of the official images, the same as network/fabric/go.mod. */
const fabricImage = (node: 'peer' | 'orderer'): string => `hyperledger/fabric-${node}:3.1.1`;
/** Where the network's data folder is in every container. */
const root = '/network';
const dockerfile = 'network/compose/Dockerfile';
/** Longer than a gateway takes to finish what is in flight; Compose would kill it after ten seconds. */
const gatewayPatience = '45s';

const head = `# SPDX-License-Identifier: Apache-2.0
# Generated from network/topology.yaml by \`npm run generate\`. Do not edit.
#
# docker compose up --build --wait   starts the whole network; gateways listen on loopback only.
# docker compose exec gateway.maker cat /network/identities.json   says who may call, with which API keys.
# docker compose down                stops it; with --volumes its state goes too.
`;

/**
 * `docker-compose.yaml`: the plan as containers. Official peer and orderer images; one image of our own for chaincode
 * hosts and gateways; \`prepare\` writes keys and configuration first, \`setup\` joins channels and commits chaincode,
 * \`seed\` registers the sample participants and gives them API keys.
 */
export function renderCompose(plan: Plan): string {
  const services: Record<string, object> = {
    prepare: { ...built('setup'), ...oneShot('prepare') },
    setup: { ...oneShot('agree'), depends_on: nodesOf(plan) },
    seed: seedService,
  };
  const volumes: Record<string, object> = { network: {} };
  for (const organisation of plan.organisations) {
    const { peer, orderer, chaincodeHost, gateway } = organisation;
    if (orderer !== undefined) {
      services[orderer.name] = fabricNode('orderer', orderer.name, ['orderer', 'start']);
      volumes[orderer.name] = {};
    }
    if (peer !== undefined) {
      services[peer.name] = fabricNode('peer', peer.name, ['peer', 'node', 'start'], {
        THINGLEDGER_CONNECTIONS: `${root}/${connectionsFolder(organisation)}`,
      });
      volumes[peer.name] = {};
      services[gateway.name] = gatewayService(plan, organisation);
    }
    if (chaincodeHost !== undefined) services[chaincodeHost.name] = chaincodeService(organisation);
  }
  return `${head}${stringify({ name: plan.name, services, volumes }, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

type OwnImage = 'app' | 'setup';

/** An image of ours: no registry has it. */
function own(target: OwnImage): object {
  return { image: `thingledger-${target}`, pull_policy: 'never' };
}

/** What one service says of each image of ours, so that it is built once. */
function built(target: OwnImage): object {
  return { build: { context: '.', dockerfile, target } };
}

function oneShot(step: 'prepare' | 'agree'): object {
  return {
    ...own('setup'),
    command: ['node', 'network/dist/run/compose/setup.js', step, root],
    volumes: [`network:${root}`],
  };
}

function nodesOf(plan: Plan): object {
  const names = plan.organisations.flatMap(({ peer, orderer, chaincodeHost }) =>
    [orderer?.name, peer?.name, chaincodeHost?.name].filter((name) => name !== undefined),
  );
  return Object.fromEntries(names.map((name) => [name, { condition: 'service_started' }]));
}

function fabricNode(
  node: 'peer' | 'orderer',
  name: string,
  command: string[],
  environment: object = {},
): object {
  const config = `${root}/${folders.config(name)}`;
  return {
    image: fabricImage(node),
    command,
    working_dir: config,
    environment: { FABRIC_CFG_PATH: config, FABRIC_LOGGING_SPEC: 'warn', ...environment },
    volumes: [
      // All containers are made before `prepare` runs. Without nocopy these would hand it a volume of root's: the image
      // has no such folder, so making the working directory creates one, and an empty volume takes its owner.
      { type: 'volume', source: 'network', target: root, volume: { nocopy: true } },
      `${name}:${root}/${folders.data(name)}`,
    ],
    depends_on: prepared,
    // The images declare volumes here that nothing uses: every `down` would leave a nameless pair a node behind.
    tmpfs: ['/etc/hyperledger/fabric', '/var/hyperledger'],
    restart: 'unless-stopped',
  };
}

function chaincodeService({ name: member }: OrganisationPlan): object {
  return {
    ...own('app'),
    command: ['node', ...nodeFlags, 'network/dist/run/fabric/chaincode-host.js', root, member],
    environment: { CORE_CHAINCODE_LOGGING_LEVEL: 'WARNING' },
    volumes: [`network:${root}:ro`],
    depends_on: prepared,
    restart: 'unless-stopped',
  };
}

function gatewayService(plan: Plan, { name: member, peer, gateway, participants }: OrganisationPlan): object {
  const consortium = plan.consortia.find(({ members }) => members.includes(member));
  const informationServer = `information.${member}`;
  const health = `fetch('http://127.0.0.1:${String(gateway.port)}/ready').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))`;
  return {
    ...own('app'),
    command: ['node', ...nodeFlags, 'gateway/dist/main.js'],
    environment: {
      THINGLEDGER_MEMBER: member,
      // As on one machine: seed writes the key files of all gateways before they start.
      THINGLEDGER_DATA_DIR: `${root}/gateways/${member}`,
      THINGLEDGER_CRYPTO_DIR: root,
      THINGLEDGER_HOST: '0.0.0.0',
      THINGLEDGER_PORT: String(gateway.port),
      ...(peer && { THINGLEDGER_PEER_ADDRESS: `${peer.name}:${String(peer.port)}` }),
      ...(consortium && {
        THINGLEDGER_CHANNEL: consortium.channel,
        THINGLEDGER_CHAINCODE: consortium.chaincodes[0]?.name ?? consortium.channel,
      }),
      THINGLEDGER_INFORMATION_SERVER_HOST: '0.0.0.0',
      THINGLEDGER_INFORMATION_SERVER_PORT: String(gateway.informationServerPort),
      THINGLEDGER_INFORMATION_SERVER_ADDRESS: `https://${informationServer}:${String(gateway.informationServerPort)}`,
      // The containers' own network is a private one.
      THINGLEDGER_ALLOW_PRIVATE_ADDRESSES: 'true',
      ...(participants.some(({ name }) => name === 'agent') && { THINGLEDGER_VERIFIER_AGENT: 'agent' }),
    },
    volumes: [`network:${root}`],
    networks: { default: { aliases: [informationServer] } },
    ports: [gateway.port, gateway.informationServerPort].map(
      (port) => `127.0.0.1:${String(port)}:${String(port)}`,
    ),
    healthcheck: { test: ['CMD', 'node', '-e', health], interval: '5s', timeout: '3s', retries: 24 },
    depends_on: { seed: { condition: 'service_completed_successfully' } },
    stop_grace_period: gatewayPatience,
    restart: 'unless-stopped',
  };
}

const seedService = {
  ...built('app'),
  ...own('app'),
  command: ['node', 'gateway/dist/seed-main.js', root],
  volumes: [`network:${root}`],
  depends_on: { setup: { condition: 'service_completed_successfully' } },
};
const prepared = { prepare: { condition: 'service_completed_successfully' } };

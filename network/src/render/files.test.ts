// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { planNetwork } from '../plan/plan.js';
import { severalConsortia } from '../testing/topologies.js';
import { loadTopology } from '../topology.js';
import { renderCompose } from './compose.js';
import { renderAll } from './files.js';

const plan = planNetwork(severalConsortia());
const digest = (files: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      createHash('sha256').update(text).digest('hex').slice(0, 16),
    ]),
  );
interface Configtx {
  Profiles: Record<
    string,
    {
      Orderer: {
        OrdererType: string;
        BatchSize: Record<string, number>;
        SmartBFT: Record<string, unknown>;
        ConsenterMapping: { ID: number; Host: string; Port: number; MSPID: string }[];
      };
      Application: { Organizations: { ID: string; AnchorPeers: unknown[] }[] };
    }
  >;
}

describe('rendered configuration', () => {
  it('is the same bytes for the same plan', () => {
    expect(digest(renderAll(planNetwork(severalConsortia())))).toEqual(digest(renderAll(plan)));
    expect(renderCompose(planNetwork(loadTopology()))).toBe(renderCompose(planNetwork(loadTopology())));
  });

  it('has a file for every node, and names none by an absolute path', () => {
    const files = renderAll(plan);
    expect(Object.keys(files)).toMatchSnapshot();
    for (const [path, text] of Object.entries(files)) {
      expect({
        path,
        absolute: /(^|[\s"'])\/(?!bin\/sh)[a-z]+\/[a-z]/m.exec(path.endsWith('host.json') ? '' : text)?.[0],
      }).toEqual({
        path,
        absolute: undefined,
      });
    }
  });

  it('orders with SmartBFT, with the batch and the time-outs of the topology', () => {
    const { Profiles } = parse(renderAll(plan)['config/configtx.yaml'] ?? '') as Configtx;
    expect(Object.keys(Profiles)).toEqual(['traceability', 'finance', 'empty']);
    const { Orderer, Application } = Profiles['finance'] ?? Profiles['traceability']!;
    expect(Orderer.OrdererType).toBe('BFT');
    expect(Orderer.BatchSize['MaxMessageCount']).toBe(500);
    expect(Orderer.SmartBFT).toMatchObject({
      RequestBatchMaxInterval: '10ms',
      RequestForwardTimeout: '1000ms',
      RequestComplainTimeout: '3000ms',
      ViewChangeResendInterval: '1000ms',
      ViewChangeTimeout: '2000ms',
      LeaderHeartbeatTimeout: '10000ms',
    });
    expect(Orderer.ConsenterMapping.map(({ ID, MSPID }) => [ID, MSPID])).toEqual([
      [1, 'maker'],
      [2, 'carrier'],
      [3, 'bank'],
      [4, 'customs'],
    ]);
    expect(Application.Organizations.map((o) => o.ID)).toEqual(['maker', 'bank', 'customs']);
  });

  it('speaks TLS everywhere and listens on loopback only', () => {
    const core = parse(renderAll(plan)['config/peer.maker/core.yaml'] ?? '') as {
      peer: {
        tls: { enabled: boolean };
        listenAddress: string;
        limits: { concurrency: { gatewayService: number } };
      };
      operations: { listenAddress: string };
      ledger: { state: { stateDatabase: string }; history: { enableHistoryDatabase: boolean } };
    };
    expect(core.peer.tls.enabled).toBe(true);
    expect(core.peer.listenAddress).toMatch(/^127\.0\.0\.1:/);
    expect(core.operations.listenAddress).toMatch(/^127\.0\.0\.1:/);
    expect(core.peer.limits.concurrency.gatewayService).toBe(2500);
    expect(core.ledger).toMatchObject({
      state: { stateDatabase: 'goleveldb' },
      history: { enableHistoryDatabase: false },
    });
    const orderer = parse(renderAll(plan)['config/orderer.maker/orderer.yaml'] ?? '') as {
      General: { TLS: { Enabled: boolean }; ListenAddress: string; Backoff: { MaxDelay: string } };
      Admin: { TLS: { Enabled: boolean; ClientAuthRequired: boolean } };
    };
    expect(orderer.General).toMatchObject({
      TLS: { Enabled: true },
      ListenAddress: '127.0.0.1',
      Backoff: { MaxDelay: '3000ms' },
    });
    expect(orderer.Admin.TLS).toMatchObject({ Enabled: true, ClientAuthRequired: true });
  });

  it('addresses containers by name', () => {
    const files = renderAll(plan, 'containers');
    const { Profiles } = parse(files['config/configtx.yaml'] ?? '') as Configtx;
    expect(Profiles['traceability']?.Orderer.ConsenterMapping[0]?.Host).toBe('orderer.maker');
    expect(files['config/peer.maker/core.yaml']).toContain('address: peer.maker:');
    expect(Object.values(files).join('\n')).not.toContain('address: 127.0.0.1');
  });
});

describe('docker-compose.yaml', () => {
  interface Mount {
    source: string;
    target: string;
    volume?: { nocopy: boolean };
  }
  interface Service {
    image: string;
    build?: { target: string };
    ports?: string[];
    depends_on?: Record<string, unknown>;
    volumes: (string | Mount)[];
  }
  const compose = parse(renderCompose(planNetwork(loadTopology()))) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const mountsOf = ({ volumes }: Service): Mount[] =>
    volumes.map((mount) => {
      if (typeof mount !== 'string') return mount;
      const [source = '', target = ''] = mount.split(':');
      return { source, target };
    });

  it('has every node, in the official images, and our own for chaincode and gateways', () => {
    const of = (kind: string) => Object.entries(compose.services).filter(([name]) => name.startsWith(kind));
    expect(of('peer.').map(([, s]) => s.image)).toEqual(Array(5).fill('hyperledger/fabric-peer:3.1.1'));
    expect(of('orderer.').map(([, s]) => s.image)).toEqual(Array(4).fill('hyperledger/fabric-orderer:3.1.1'));
    expect([...of('chaincode.'), ...of('gateway.')].map(([, s]) => s.image)).toEqual(
      Array(10).fill('thingledger-app'),
    );
  });

  it('names only services and volumes that exist', () => {
    for (const service of Object.values(compose.services)) {
      for (const name of Object.keys(service.depends_on ?? {}))
        expect(Object.keys(compose.services)).toContain(name);
      for (const { source } of mountsOf(service)) expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it('builds each image of ours once', () => {
    const built = Object.values(compose.services).filter(({ build }) => build !== undefined);
    expect(built.map(({ image, build }) => [image, build?.target])).toEqual([
      ['thingledger-setup', 'setup'],
      ['thingledger-app', 'app'],
    ]);
  });

  it('lets only our own images fill the shared volume, whose user then owns it', () => {
    for (const service of Object.values(compose.services)) {
      const shared = mountsOf(service).find(({ source }) => source === 'network');
      expect(shared?.volume?.nocopy ?? false).toBe(service.image.startsWith('hyperledger/'));
    }
  });

  it('publishes on loopback only, and nothing twice', () => {
    const published = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(published).toHaveLength(10);
    expect(new Set(published).size).toBe(10);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
  });
});

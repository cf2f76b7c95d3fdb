// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { OrganisationPlan, PeerPlan, Plan } from '../plan/types.js';
import { folders, hostOf, listenOn, type Site } from './site.js';

/**
 * A peer's `core.yaml`. LevelDB, chaincode only as a service through our builder; everything left out
 * is Fabric's own default.
 */
export function renderCore(plan: Plan, organisation: OrganisationPlan, peer: PeerPlan, site: Site): string {
  const crypto = `${folders.up}/crypto/${organisation.name}/peer`;
  const address = `${hostOf(site, peer.name)}:${String(peer.port)}`;
  return stringify(
    {
      peer: {
        id: peer.name,
        networkId: plan.name,
        listenAddress: `${listenOn(site)}:${String(peer.port)}`,
        address,
        chaincodeListenAddress: `127.0.0.1:${String(peer.chaincodePort)}`,
        chaincodeAddress: `127.0.0.1:${String(peer.chaincodePort)}`,
        localMspId: organisation.mspId,
        mspConfigPath: `${crypto}/msp`,
        fileSystemPath: `${folders.up}/${folders.data(peer.name)}`,
        gateway: { enabled: true, endorsementTimeout: '30s', broadcastTimeout: '30s', dialTimeout: '10s' },
        tls: {
          enabled: true,
          clientAuthRequired: false,
          cert: { file: `${crypto}/tls/server.crt` },
          key: { file: `${crypto}/tls/server.key` },
          rootcert: { file: `${crypto}/tls/ca.crt` },
        },
        authentication: { timewindow: `${String(plan.limits.transactionWindow)}s` },
        // Intervals shorter than Fabric's, so that a peer that starts or comes back is known to the others within
        // seconds, not half a minute: until then no gateway asks it to endorse.
        gossip: {
          bootstrap: address,
          endpoint: address,
          externalEndpoint: address,
          useLeaderElection: false,
          orgLeader: true,
          membershipTrackerInterval: '1s',
          maxBlockCountToStore: 10,
          maxPropagationBurstLatency: '10ms',
          maxPropagationBurstSize: 10,
          propagateIterations: 1,
          propagatePeerNum: 3,
          pullInterval: '4s',
          pullPeerNum: 3,
          requestStateInfoInterval: '1s',
          publishStateInfoInterval: '1s',
          publishCertPeriod: '10s',
          dialTimeout: '3s',
          connTimeout: '2s',
          recvBuffSize: 20,
          sendBuffSize: 200,
          digestWaitTime: '1s',
          requestWaitTime: '1500ms',
          responseWaitTime: '2s',
          aliveTimeInterval: '1s',
          aliveExpirationTimeout: '10s',
          reconnectInterval: '1s',
          maxConnectionAttempts: 120,
          msgExpirationFactor: 20,
          election: {
            startupGracePeriod: '15s',
            membershipSampleInterval: '1s',
            leaderAliveThreshold: '10s',
            leaderElectionDuration: '5s',
          },
          pvtData: {
            pullRetryThreshold: '10s',
            transientstoreMaxBlockRetention: 20_000,
            pushAckTimeout: '3s',
            btlPullMargin: 10,
            reconcileBatchSize: 10,
            reconcileSleepInterval: '10s',
            reconciliationEnabled: true,
            skipPullingInvalidTransactionsDuringCommit: false,
            implicitCollectionDisseminationPolicy: { requiredPeerCount: 0, maxPeerCount: 1 },
          },
          state: {
            enabled: true,
            checkInterval: '10s',
            responseTimeout: '3s',
            batchSize: 10,
            blockBufferSize: 20,
            maxRetries: 3,
          },
        },
        deliveryclient: {
          blockGossipEnabled: true,
          reconnectTotalTimeThreshold: '3600s',
          connTimeout: '3s',
          reConnectBackoffThreshold: '3s',
          // Until blocks are taken from another orderer when this one falls behind or hangs. Members' writes wait as long.
          blockCensorshipTimeoutKey: '2s',
          minimalReconnectInterval: '100ms',
          policy: 'cluster',
        },
        handlers: {
          authFilters: [{ name: 'DefaultAuth' }, { name: 'ExpirationCheck' }, { name: 'TimeWindowCheck' }],
          decorators: [{ name: 'DefaultDecorator' }],
          endorsers: { escc: { name: 'DefaultEndorsement' } },
          validators: { vscc: { name: 'DefaultValidation' } },
        },
        discovery: {
          enabled: true,
          authCacheEnabled: true,
          authCacheMaxSize: 1000,
          authCachePurgeRetentionRatio: 0.75,
          orgMembersAllowedAccess: false,
        },
        limits: {
          concurrency: {
            endorserService: plan.limits.gatewayConcurrency,
            deliverService: plan.limits.gatewayConcurrency,
            gatewayService: plan.limits.gatewayConcurrency,
          },
        },
        maxRecvMsgSize: 104_857_600,
        maxSendMsgSize: 104_857_600,
        BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      },
      // Empty: no Docker. All chaincode comes through the builder.
      vm: { endpoint: '' },
      chaincode: {
        mode: 'net',
        keepalive: 0,
        installTimeout: '60s',
        startuptimeout: '60s',
        executetimeout: '30s',
        system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
        externalBuilders: [
          {
            name: 'thingledger',
            path: `${folders.up}/config/builder`,
            propagateEnvironment: ['THINGLEDGER_CONNECTIONS'],
          },
        ],
        logging: { level: 'info', shim: 'warning' },
        // Many keys in one message: what makes batches fast.
        runtimeParams: {
          useWriteBatch: true,
          maxSizeWriteBatch: 1000,
          useGetMultipleKeys: true,
          maxSizeGetMultipleKeys: 1000,
        },
      },
      ledger: {
        state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
        history: { enableHistoryDatabase: plan.peers.keyHistory },
        pvtdataStore: {
          collElgProcMaxDbBatchSize: 5000,
          collElgProcDbBatchesInterval: 1000,
          deprioritizedDataReconcilerInterval: '60m',
          purgeInterval: 100,
          purgedKeyAuditLogging: true,
        },
      },
      operations: {
        listenAddress: `${listenOn(site)}:${String(peer.operationsPort)}`,
        tls: { enabled: false },
      },
      metrics: { provider: 'prometheus' },
    },
    { lineWidth: 0 },
  );
}

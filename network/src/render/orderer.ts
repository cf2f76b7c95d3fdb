// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { OrdererPlan, OrganisationPlan, Plan } from '../plan/types.js';
import { folders, goDuration, listenOn, type Site } from './site.js';

/** An orderer's `orderer.yaml`: no system channel, channels joined through the admin endpoint (mutual TLS). */
export function renderOrderer(
  plan: Plan,
  organisation: OrganisationPlan,
  orderer: OrdererPlan,
  site: Site,
): string {
  const crypto = `${folders.up}/crypto/${organisation.name}/orderer`;
  const data = `${folders.up}/${folders.data(orderer.name)}`;
  const tls = {
    Enabled: true,
    PrivateKey: `${crypto}/tls/server.key`,
    Certificate: `${crypto}/tls/server.crt`,
  };
  return stringify(
    {
      General: {
        ListenAddress: listenOn(site),
        ListenPort: orderer.port,
        LocalMSPDir: `${crypto}/msp`,
        LocalMSPID: organisation.mspId,
        BootstrapMethod: 'none',
        TLS: { ...tls, RootCAs: [`${crypto}/tls/ca.crt`], ClientAuthRequired: false },
        Keepalive: { ServerMinInterval: '60s', ServerInterval: '7200s', ServerTimeout: '20s' },
        // With Fabric's default of two minutes a restarted orderer would wait that long for the others.
        Backoff: { BaseDelay: '1s', Multiplier: 1.6, MaxDelay: goDuration(plan.consensus.reconnectBackoff) },
        MaxRecvMsgSize: 104_857_600,
        MaxSendMsgSize: 104_857_600,
        Throttling: { Rate: 0, InactivityTimeout: '5s' },
        Cluster: {
          SendBufferSize: 100,
          ClientCertificate: tls.Certificate,
          ClientPrivateKey: tls.PrivateKey,
          // One that hangs is asked too, before an orderer that fell behind may vote: not for Fabric's five seconds.
          DialTimeout: '2s',
          ReplicationPullTimeout: '2s',
        },
        BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
        Authentication: { TimeWindow: `${String(plan.limits.transactionWindow)}s` },
      },
      FileLedger: { Location: `${data}/ledger` },
      Operations: {
        ListenAddress: `${listenOn(site)}:${String(orderer.operationsPort)}`,
        TLS: { Enabled: false },
      },
      Metrics: { Provider: 'prometheus' },
      Admin: {
        ListenAddress: `${listenOn(site)}:${String(orderer.adminPort)}`,
        TLS: { ...tls, ClientAuthRequired: true, ClientRootCAs: [`${crypto}/tls/ca.crt`] },
      },
      ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
      Consensus: { WALDir: `${data}/wal`, SnapDir: `${data}/snapshots` },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { memberFolders } from '../../crypto/folders.js';
import { organisationOf } from '../../plan/plan.js';
import type { Plan } from '../../plan/types.js';
import { folders, hostOf, type Site } from '../../render/site.js';

/** Fabric's executables, as paths. */
export interface Binaries {
  readonly peer: string;
  readonly orderer: string;
  readonly configtxgen: string;
  readonly osnadmin: string;
}

/** A network to work on with Fabric's own commands. */
export interface FabricSite {
  readonly plan: Plan;
  /** Data folder. */
  readonly dir: string;
  readonly site: Site;
  readonly binaries: Binaries;
}

/** A Fabric command that failed. The message carries what it complained about. */
export class FabricCommandError extends Error {
  override readonly name = 'FabricCommandError';
}

const execute = promisify(execFile);
const commandTimeout = 120_000;

/** Runs a command to its end and gives its standard output. @throws FabricCommandError */
export async function runCommand(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  try {
    const { stdout } = await execute(file, args, {
      env: { ...process.env, ...env },
      timeout: commandTimeout,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const {
      stderr = '',
      stdout = '',
      message,
    } = error as { stderr?: string; stdout?: string; message: string };
    const complaint = [stderr, stdout, message].map(complaintIn).find((line) => line !== '') ?? message;
    throw new FabricCommandError(
      `${file.split('/').pop() ?? file} ${args.slice(0, 4).join(' ')}: ${complaint}`,
    );
  }
}

/** The peer command as a member's administrator, talking to that member's own peer. */
export function peerCommand(
  { plan, dir, site, binaries }: FabricSite,
  member: string,
  args: readonly string[],
): Promise<string> {
  const { peer, mspId } = organisationOf(plan, member);
  if (peer === undefined) throw new RangeError(`${member} runs no peer`);
  const keys = memberFolders(dir, member);
  return runCommand(binaries.peer, args, {
    FABRIC_CFG_PATH: join(dir, folders.config(peer.name)),
    FABRIC_LOGGING_SPEC: 'error',
    CORE_PEER_LOCALMSPID: mspId,
    CORE_PEER_MSPCONFIGPATH: join(keys.user('admin'), 'msp'),
    CORE_PEER_ADDRESS: `${hostOf(site, peer.name)}:${String(peer.port)}`,
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_TLS_ROOTCERT_FILE: tlsAuthority(dir, member),
    CORE_PEER_CLIENT_CONNTIMEOUT: '10s',
  });
}

/** Flags that point the peer command at a member's orderer. */
export function ordererFlags({ plan, dir, site }: FabricSite, member: string): string[] {
  const { orderer } = organisationOf(plan, member);
  if (orderer === undefined) throw new RangeError(`${member} runs no orderer`);
  const address = `${hostOf(site, orderer.name)}:${String(orderer.port)}`;
  return ['--orderer', address, '--tls', '--cafile', tlsAuthority(dir, member)];
}

/** Flags that name members' peers as endorsers. */
export function endorserFlags({ plan, dir, site }: FabricSite, members: readonly string[]): string[] {
  return members.flatMap((member) => {
    const { peer } = organisationOf(plan, member);
    if (peer === undefined) return [];
    const address = `${hostOf(site, peer.name)}:${String(peer.port)}`;
    return ['--peerAddresses', address, '--tlsRootCertFiles', tlsAuthority(dir, member)];
  });
}

/** The certificate file of a member's TLS authority. */
export function tlsAuthority(dir: string, member: string): string {
  return join(memberFolders(dir, member).tlsAuthority, 'cert.pem');
}

/** Of a log with stack traces the line that says what is wrong, else the last one; without colours. */
function complaintIn(log: string): string {
  const lines = stripVTControlCharacters(log).trim().split('\n');
  const telling = lines.findLast((line) => /^Error:|\bPANI\b|\bERRO\b|\berror:/.test(line));
  return (telling ?? lines.at(-1) ?? '').trim();
}

// SPDX-License-Identifier: Apache-2.0
/**
 * The process that serves all chaincode of one member to its peer: `chaincode-host <data folder> <member>`.
 * It reads `config/chaincode.<member>/host.json`, imports each chaincode's entry and serves it with mutual TLS.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serveChaincode } from '@thingledger/kernel';
import type { ChaincodeInterface } from 'fabric-shim';
import { memberFolders } from '../../crypto/folders.js';
import type { ChaincodeHostConfig } from '../../render/chaincode.js';
import { folders } from '../../render/site.js';
import { packageChaincode } from './package.js';

async function main([dir, member]: readonly string[]): Promise<void> {
  if (dir === undefined || member === undefined)
    throw new Error('usage: chaincode-host <data folder> <member>');
  const file = join(dir, folders.config(`chaincode.${member}`), 'host.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as ChaincodeHostConfig;
  const tlsFolder = join(memberFolders(dir, member).chaincode, 'tls');
  const tls = {
    key: readFileSync(join(tlsFolder, 'server.key')),
    cert: readFileSync(join(tlsFolder, 'server.crt')),
    clientCa: readFileSync(join(tlsFolder, 'ca.crt')),
  };
  const servers: { close(): void }[] = [];
  for (const { name, version, entry, address } of config.chaincodes) {
    const chaincode = await loadChaincode(entry);
    const ccid = packageChaincode({ name, version }).id;
    servers.push(await serveChaincode(chaincode, { ccid, address, tls }));
    process.stdout.write(`serving ${ccid} on ${address}\n`);
  }
  const stop = (): void => {
    for (const server of servers) server.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** Imports a chaincode's module. @throws when it exports no chaincode */
async function loadChaincode(entry: string): Promise<ChaincodeInterface> {
  const module = (await import(isAbsolute(entry) ? pathToFileURL(entry).href : entry)) as {
    chaincode?: ChaincodeInterface;
    default?: { chaincode?: ChaincodeInterface };
  };
  const chaincode = module.chaincode ?? module.default?.chaincode;
  if (chaincode === undefined) throw new Error(`${entry} exports no chaincode`);
  return chaincode;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
  process.exit(1);
});

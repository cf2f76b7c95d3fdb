// SPDX-License-Identifier: Apache-2.0
/**
 * A process that a test kills: starts the embedded network in a folder and writes records under load until it dies.
 * Prints `<key> <transaction id> <block>` for every record whose commit it was told of.
 */
import { startEmbedded } from '@thingledger/network';
import { behaviourPlan, clientOf } from './behaviour-network.js';

const [dir = '', run = ''] = process.argv.slice(2);
const writers = 32;

const plan = behaviourPlan();
const network = await startEmbedded(plan, dir);
const peer = network.peer('maker');
const signer = clientOf(dir, plan, 'maker');

async function write(key: string): Promise<void> {
  const call = {
    channel: 'traceability',
    chaincode: 'behaviour',
    fn: 'behaviour:create',
    args: [key, `value of ${key}`],
  };
  const { txId, envelope } = await peer.endorse(call, signer);
  await peer.submit(call.channel, envelope);
  const { code, block } = await peer.commitStatus(call.channel, txId);
  if (code === 'VALID') process.stdout.write(`${key} ${txId} ${block}\n`);
}

await Promise.all(
  Array.from({ length: writers }, async (_, writer) => {
    for (let n = 0; ; n += 1) await write(`${run}-${writer}-${n}`);
  }),
);

// SPDX-License-Identifier: Apache-2.0
/**
 * A process that a test kills: a whole consortium on the embedded network, its gateways in this very process. Prints
 * `ready` once they take requests. Ends with the test that started it, however that ends.
 */
import { startLocal, type Env } from '@thingledger/gateway';

const [dir = '', basePort = '', variables = '{}'] = process.argv.slice(2);

process.stdin.resume().once('close', () => process.exit());
await startLocal({
  network: 'embedded',
  dir,
  basePort: Number(basePort),
  variables: JSON.parse(variables) as Env,
});
process.stdout.write('ready\n');

// SPDX-License-Identifier: Apache-2.0
/** Prints every event of the channel, from the first block on and then live, until it is stopped with Ctrl-C. */
import { connect } from './connect.js';

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
});

for await (const { block, caller, events } of connect('auditor@inspection').events({ signal: stop.signal })) {
  for (const event of events) console.log(`block ${block}: ${caller}: ${event.type}`);
}

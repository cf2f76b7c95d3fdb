// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { newFolder } from '../support/behaviour-network.js';
import { KillableConsortium } from '../support/killable-consortium.js';
import { Subscriber } from '../support/subscriber.js';
import { describeSubscription } from './subscription.fault.js';

describe('a whole embedded consortium, killed while it tells a subscriber', () => {
  let dir: string;
  let subscriber: Subscriber;
  let host: KillableConsortium;

  beforeAll(async () => {
    dir = await newFolder();
    subscriber = await Subscriber.start('a token');
    host = await KillableConsortium.start({
      THINGLEDGER_WEBHOOK_CA_FILE: await subscriber.authorityFile(dir),
      THINGLEDGER_READ_MODEL: 'off',
    });
  });
  afterAll(async () => {
    await host.remove();
    await subscriber.close();
    await rm(dir, { recursive: true, force: true });
  });

  describeSubscription(() => ({
    consortium: host.open(),
    subscriber,
    kill: () => host.kill(),
    start: () => host.start(),
  }));
});

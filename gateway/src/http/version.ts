// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The version of the gateway, as its package says. */
export const version = manifest.version;

#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { run } from '../dist/cli.js';

process.exitCode = await run(process.argv.slice(2));

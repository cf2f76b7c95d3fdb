// SPDX-License-Identifier: Apache-2.0
import { jest } from '@jest/globals';

jest.setTimeout(globalThis.TEST_TIMEOUT_MS);

// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import ShimStub from 'fabric-shim/lib/stub.js';
import { EmbeddedError } from './errors.js';
import type { ChaincodeEvent } from './envelope.js';
import { loadInstance } from './instance.js';
import type { SignedProposal } from './proposal.js';
import type { Simulation, StateWrite } from './simulation.js';

/** Fabric's `chaincode.executetimeout`, in milliseconds. */
const executeTimeout = 30_000;

/** What a chaincode module exports: a chaincode as the shim knows it. */
export interface Chaincode {
  Invoke(stub: object): Promise<ChaincodeResponse>;
}

interface ChaincodeResponse {
  readonly status?: number;
  readonly message?: string;
  readonly payload?: Uint8Array;
}

/** How a run ended. A status of 400 or more is an error. */
export interface Outcome {
  readonly status: number;
  readonly message: string;
  readonly payload: Uint8Array;
  readonly event: ChaincodeEvent | undefined;
}

/** The shim's own stub over a simulation, plus the many-key calls that the kernel uses where a stub has them. */
class Stub extends ShimStub {
  readonly #simulation: Simulation;
  readonly #mspId: string;

  constructor(simulation: Simulation, proposal: SignedProposal, mspId: string) {
    const input = { getArgsList_asU8: () => [...proposal.args] };
    super(simulation, proposal.channel, proposal.txId, input, proposal.message);
    this.#simulation = simulation;
    this.#mspId = mspId;
  }

  /** Member of the endorsing peer. The shim would read it from the process's environment, which all members share. */
  override getMspID(): string {
    return this.#mspId;
  }

  getMultipleStates(keys: readonly string[]): Promise<Buffer[]> {
    return this.#simulation.getMultipleStates(keys);
  }

  putMultipleStates(writes: readonly StateWrite[]): Promise<void> {
    return this.#simulation.putMultipleStates(writes);
  }
}

/**
 * Loads a member's own instance of a chaincode module, as a member runs its own chaincode process: state that a module
 * wrongly keeps for itself is then not shared between members, and shows as endorsements that differ. Packages from
 * `node_modules` are shared.
 *
 * @param entry package name or absolute file of a CommonJS module that exports `chaincode`
 * @throws EmbeddedError when there is no such module, or it exports no chaincode
 */
export function loadChaincode(entry: string): Chaincode {
  tameShim();
  try {
    const loaded = loadInstance(entry) as { chaincode?: Partial<Chaincode> };
    if (typeof loaded.chaincode?.Invoke !== 'function') throw new Error('it exports no chaincode');
    return loaded.chaincode as Chaincode;
  } catch (error) {
    const why = messageOf(error).split('\n')[0] ?? '';
    throw new EmbeddedError('FAILED_PRECONDITION', 'invalid', `chaincode ${entry} cannot be loaded: ${why}`, {
      cause: error,
    });
  }
}

interface ShimLogging {
  setLevel: (level: string) => void;
  getLogger: (name: string) => { readonly exceptions: { unhandle: () => void } };
}

/**
 * Takes back what the shim does to a process of its own when it is loaded. It swallows uncaught exceptions and
 * rejections, which must end this process as any other; and it logs every refusal as an error, which the caller gets
 * anyway, so that log is kept only where `CORE_CHAINCODE_LOGGING_LEVEL` asks for it.
 */
function tameShim(): void {
  const load = createRequire(import.meta.url);
  const level = process.env['CORE_CHAINCODE_LOGGING_LEVEL'];
  for (const library of ['fabric-shim', 'fabric-contract-api']) {
    // Loggers share one output, which heeds the level of the first of them: it must exist before levels are set.
    load(library);
    const { getLogger, setLevel } = load(`${library}/lib/logger.js`) as ShimLogging;
    getLogger('_').exceptions.unhandle();
    if (level === undefined) setLevel('CRITICAL');
  }
  if (level === undefined) delete process.env['CORE_CHAINCODE_LOGGING_LEVEL'];
  for (const listener of process.listeners('unhandledRejection')) {
    if (listener.name === 'loggerUnhandledRejectionFn')
      process.removeListener('unhandledRejection', listener);
  }
}

/**
 * Runs one invocation against a simulation.
 *
 * @throws Error when the chaincode does not answer in time
 */
export async function runChaincode(
  chaincode: Chaincode,
  simulation: Simulation,
  proposal: SignedProposal,
  mspId: string,
): Promise<Outcome> {
  const stub = new Stub(simulation, proposal, mspId);
  const response = await inTime(answer(chaincode, stub), proposal.txId);
  if (!response.status) {
    return failure(`Calling chaincode Invoke() has not called success or error.`);
  }
  return {
    status: response.status,
    message: response.message ?? '',
    payload: response.payload ?? new Uint8Array(),
    event: stub.chaincodeEvent && {
      name: stub.chaincodeEvent.getEventName(),
      payload: Buffer.from(stub.chaincodeEvent.getPayload_asU8()),
    },
  };
}

async function answer(chaincode: Chaincode, stub: Stub): Promise<ChaincodeResponse> {
  try {
    return await chaincode.Invoke(stub);
  } catch (error) {
    return failure(messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function failure(message: string): Outcome {
  return { status: 500, message, payload: new Uint8Array(), event: undefined };
}

async function inTime<T>(work: Promise<T>, txId: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`failed to execute transaction ${txId}: timeout expired while executing transaction`));
    }, executeTimeout);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { textOf } from './text.js';
import { type FileOptions, verifyFile } from './verify.js';

/** The largest file that is read, in bytes. */
const FILE_BYTES = 256 * 1024 * 1024;

/** How a command ends: all is proved; the receipt does not hold; it could not be looked at. */
export const exitCodes = { ok: 0, failed: 1, trouble: 2 } as const;

/** Where a command writes. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const standard: Output = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

const help = `
A receipt is a file that proves a transaction without the network; a gateway gives it at GET /receipts/{txId}. A bundle
proves many transactions; POST /receipts gives it. An audit report says who did what, and proves each row;
GET /audit/report gives it. An answer with its proof is what any read of the ledger gives with ?verify=proof. A copy of
traceability data, from GET /mapping-records/{recordId}/disclosure or a scanned code, may hide members; it still comes
to the hash that its mapping record holds.
Nothing is sent anywhere, and the clock is not asked.

The anchor stands for the whole network: on Fabric it is the hash of the channel's first block. Have it from a source
that has nothing to do with the receipt: a member you trust, a contract, a gazette. Without it the command names the one
it found, for you to compare.

Exit status: 0 the receipt or copy holds, 1 it does not, 2 it could not be looked at.

Examples:
  thingledger verify receipt.json
  thingledger verify receipt.json --anchor 041bf7e8…
  thingledger verify receipt.json --json | jq .proved.caller
  thingledger verify copy.json --hash 3f9c1d0a…`;

/**
 * Runs the command line.
 *
 * @param args without program and script
 * @returns the exit status, one of {@link exitCodes}
 */
export async function run(args: readonly string[], { out, err }: Output = standard): Promise<number> {
  let status: number = exitCodes.ok;
  const program = new Command('thingledger')
    .description('Tools for everybody who deals with a ThingLedger.')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err });
  program
    .command('verify')
    .description(
      'Verify a proof that a gateway gave, or a copy of traceability data, offline, and say what it proves.',
    )
    .argument('<file>', 'the file, JSON')
    .option('--anchor <hash>', 'of receipts: the anchor you know, 64 hexadecimal digits', digest)
    .option('--hash <hash>', 'of a copy: the dataHash of its mapping record, 64 hexadecimal digits', digest)
    .option('--json', 'print the report as JSON')
    .addHelpText('after', help)
    .action(async (file: string, options: Options) => {
      const report = await verifyFile(await readJson(file), options);
      out(`${options.json ? JSON.stringify(report, null, 2) : textOf(report)}\n`);
      status = report.ok ? exitCodes.ok : exitCodes.failed;
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.trouble;
    err(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.trouble;
  }
}

interface Options extends FileOptions {
  readonly json?: true;
}

function digest(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text;
  throw new InvalidArgumentError('It has 64 hexadecimal digits.');
}

async function readJson(path: string): Promise<unknown> {
  const file = await open(path).catch(() => {
    throw new Error(`${path} can not be opened; name a file that was saved before`);
  });
  try {
    const { size } = await file.stat();
    if (size > FILE_BYTES) throw new Error(`${path} is larger than any receipt`);
    return JSON.parse(await file.readFile('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new Error(`${path} is no JSON; save the answer of a gateway as it came`, { cause: error });
    throw error;
  } finally {
    await file.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ChaincodePlan } from '../../plan/types.js';
import { packageType } from '../../render/builder.js';

/** A chaincode package as peers install it. */
export interface ChaincodePackage {
  /** Label and SHA-256, as peers compute it; the id chaincode servers answer with. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** Packages a chaincode. The same name and version give the same bytes on every machine, so every member agrees on one id. */
export function packageChaincode({
  name,
  version,
}: Pick<ChaincodePlan, 'name' | 'version'>): ChaincodePackage {
  const label = `${name}_${version}`;
  const code = archive({ chaincode: Buffer.from(name) });
  const bytes = archive({
    'metadata.json': Buffer.from(JSON.stringify({ type: packageType, label, path: '' })),
    'code.tar.gz': code,
  });
  return { id: `${label}:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

/** A tar.gz without dates or owners. Stored, not deflated: compressors differ between versions. */
function archive(files: Readonly<Record<string, Buffer>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => [
    header(name, content.length),
    content,
    Buffer.alloc((blockSize - (content.length % blockSize)) % blockSize),
  ]);
  const zipped = gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]), { level: 0 });
  zipped[operatingSystemByte] = 255;
  return zipped;
}

const blockSize = 512;
const operatingSystemByte = 9;

/** A POSIX ustar header of a regular file. */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(name, 0);
  block.write(octal(0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\0' + '00', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

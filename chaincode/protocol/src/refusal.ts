// SPDX-License-Identifier: Apache-2.0
import { catalogue, type RefusalCode } from './catalogue';

/** What a refusal says besides its code: the offending fields and the values a reader needs to mend them. */
export type RefusalFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A refusal as data: the form kept in batch outcomes, votes and problem details. */
export interface RefusalData {
  readonly code: RefusalCode;
  /** One sentence for a person: what is wrong here. */
  readonly detail: string;
  readonly fields?: RefusalFields | undefined;
}

/** A coded no. Thrown by domain, contracts and gateway alike; never carries private values. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly fields: RefusalFields;

  /** @param detail overrides the catalogue's general title with the words for this case */
  constructor(code: RefusalCode, fields: RefusalFields = {}, detail: string = catalogue[code].title) {
    super(detail);
    this.code = code;
    this.fields = fields;
  }

  /** The refusal as plain data. */
  toData(): RefusalData {
    return Object.keys(this.fields).length === 0
      ? { code: this.code, detail: this.message }
      : { code: this.code, detail: this.message, fields: this.fields };
  }
}

const MARK = 'TL-REFUSAL ';

/** Only a message string leaves a Fabric contract: this is the one writer of that string. */
export function encodeRefusal(refusal: Refusal): string {
  return MARK + JSON.stringify(refusal.toData());
}

/**
 * The one reader of {@link encodeRefusal}'s string. Peers put words before it (`chaincode response 500, …`), so it is
 * looked for anywhere in the message. Undefined when the message carries no refusal of the catalogue.
 */
export function decodeRefusal(message: string): Refusal | undefined {
  const start = message.indexOf(MARK);
  if (start < 0) return undefined;
  try {
    const data = JSON.parse(message.slice(start + MARK.length)) as Partial<RefusalData>;
    return data.code !== undefined && data.code in catalogue
      ? new Refusal(data.code, data.fields ?? {}, String(data.detail))
      : undefined;
  } catch {
    return undefined;
  }
}

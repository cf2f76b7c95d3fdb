// SPDX-License-Identifier: Apache-2.0
/** The stock shim's stub class; its types leave out the constructor. */
declare module 'fabric-shim/lib/stub.js' {
  interface Input {
    getArgsList_asU8(): Uint8Array[];
  }
  interface SignedProposal {
    getSignature(): string | Uint8Array;
    getProposalBytes(): string | Uint8Array;
  }
  interface SetEvent {
    getEventName(): string;
    getPayload_asU8(): Uint8Array;
  }
  class ChaincodeStub {
    constructor(handler: object, channel: string, txId: string, input: Input, proposal: SignedProposal);
    /** What the last `setEvent` left. */
    readonly chaincodeEvent?: SetEvent;
    getMspID(): string;
  }
  export = ChaincodeStub;
}

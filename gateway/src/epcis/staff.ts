// SPDX-License-Identifier: Apache-2.0

/** Who may ask for the member's own events: its staff, who may see its documents too; not its consumers and devices. */
export const STAFF = { callers: ['accounting', 'auditor', 'verifier'] } as const;

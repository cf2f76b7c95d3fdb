// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import {
  Action,
  BizTransaction,
  Destination,
  ErrorDeclaration,
  extensible,
  Ilmd,
  Location,
  PersistentDisposition,
  Quantities,
  refuseIn,
  SensorElement,
  Source,
  term,
  Time,
  Uri,
  Uris,
  ZoneOffset,
  LIST_ENTRIES,
} from './fields';
import { BIZ_STEP, DISPOSITION } from './vocabulary';

/** What every event has (EPCIS 2.0, section 7.4.1): when, and what was meant. */
const core = {
  '@context': z.unknown().optional(),
  eventID: Uri.optional(),
  eventTime: Time,
  eventTimeZoneOffset: ZoneOffset,
  recordTime: Time.optional(),
  errorDeclaration: ErrorDeclaration.optional(),
  certificationInfo: z.union([Uri, z.array(Uri).max(100)]).optional(),
};

const BizTransactions = z.array(BizTransaction).max(1000);

/** Where and why it happened, and how it was then. */
const circumstances = {
  bizStep: term(BIZ_STEP).optional(),
  disposition: term(DISPOSITION).optional(),
  persistentDisposition: PersistentDisposition.optional(),
  readPoint: Location.optional(),
  bizLocation: Location.optional(),
  bizTransactionList: BizTransactions.optional(),
  sourceList: z.array(Source).max(1000).optional(),
  destinationList: z.array(Destination).max(1000).optional(),
  sensorElementList: z.array(SensorElement).max(LIST_ENTRIES).optional(),
};

const some = (...lists: readonly (readonly unknown[] | undefined)[]): boolean =>
  lists.some((list) => list !== undefined && list.length > 0);

/** Refuses with `TL-EPCIS-RULE` unless the rule holds. */
function demand(context: z.core.$RefinementCtx, holds: boolean, rule: string): void {
  if (!holds) refuseIn(context, 'TL-EPCIS-RULE', { rule });
}

/** What happened to things by themselves (EPCIS 2.0, section 7.4.2). */
export const ObjectEvent = extensible({
  type: z.literal('ObjectEvent'),
  ...core,
  action: Action,
  epcList: Uris.optional(),
  quantityList: Quantities.optional(),
  ...circumstances,
  ilmd: Ilmd.optional(),
})
  .superRefine((event, context) => {
    const sensed = some(event.sensorElementList) && event.readPoint !== undefined;
    demand(
      context,
      some(event.epcList, event.quantityList) || sensed,
      'an ObjectEvent has epcList or quantityList, or sensorElementList with readPoint',
    );
    demand(
      context,
      event.ilmd === undefined || event.action === 'ADD',
      'an ObjectEvent has ilmd with action ADD only',
    );
  })
  .meta({ id: 'EpcisObjectEvent' });

const containment = {
  parentID: Uri.optional(),
  childEPCs: Uris.optional(),
  childQuantityList: Quantities.optional(),
};

const CHILDREN = 'childEPCs or childQuantityList, unless its action is DELETE and means all';

/** What was put into or taken out of a container (EPCIS 2.0, section 7.4.3). */
export const AggregationEvent = extensible({
  type: z.literal('AggregationEvent'),
  ...core,
  action: Action,
  ...containment,
  ...circumstances,
})
  .superRefine((event, context) => {
    const { action, parentID, childEPCs, childQuantityList } = event;
    demand(
      context,
      action === 'OBSERVE' || parentID !== undefined,
      'an AggregationEvent with action ADD or DELETE has parentID',
    );
    demand(
      context,
      action === 'DELETE' || some(childEPCs, childQuantityList),
      `an AggregationEvent has ${CHILDREN}`,
    );
  })
  .meta({ id: 'EpcisAggregationEvent' });

/** What was fixed to or removed from a thing or place (EPCIS 2.0, section 7.4.6). */
export const AssociationEvent = extensible({
  type: z.literal('AssociationEvent'),
  ...core,
  action: Action,
  ...containment,
  parentID: Uri,
  ...circumstances,
})
  .superRefine(({ action, childEPCs, childQuantityList }, context) => {
    demand(
      context,
      action === 'DELETE' || some(childEPCs, childQuantityList),
      `an AssociationEvent has ${CHILDREN}`,
    );
  })
  .meta({ id: 'EpcisAssociationEvent' });

/** What became part of a business transaction (EPCIS 2.0, section 7.4.4). */
export const TransactionEvent = extensible({
  type: z.literal('TransactionEvent'),
  ...core,
  action: Action,
  parentID: Uri.optional(),
  epcList: Uris.optional(),
  quantityList: Quantities.optional(),
  ...circumstances,
  bizTransactionList: BizTransactions,
})
  .superRefine((event, context) => {
    const { action, bizTransactionList, epcList, quantityList } = event;
    demand(context, some(bizTransactionList), 'a TransactionEvent has bizTransactionList');
    demand(
      context,
      action === 'DELETE' || some(epcList, quantityList),
      'a TransactionEvent has epcList or quantityList, unless its action is DELETE and means all',
    );
  })
  .meta({ id: 'EpcisTransactionEvent' });

/** What was used up and what came of it (EPCIS 2.0, section 7.4.5). */
export const TransformationEvent = extensible({
  type: z.literal('TransformationEvent'),
  ...core,
  inputEPCList: Uris.optional(),
  inputQuantityList: Quantities.optional(),
  outputEPCList: Uris.optional(),
  outputQuantityList: Quantities.optional(),
  transformationID: Uri.optional(),
  ...circumstances,
  ilmd: Ilmd.optional(),
})
  .superRefine((event, context) => {
    const inputs = some(event.inputEPCList, event.inputQuantityList);
    const outputs = some(event.outputEPCList, event.outputQuantityList);
    demand(
      context,
      event.transformationID === undefined ? inputs && outputs : inputs || outputs,
      'a TransformationEvent has inputs and outputs, or transformationID and one of them',
    );
  })
  .meta({ id: 'EpcisTransformationEvent' });

/** An event of any of the five types. */
export const EpcisEvent = z
  .discriminatedUnion('type', [
    ObjectEvent,
    AggregationEvent,
    AssociationEvent,
    TransactionEvent,
    TransformationEvent,
  ])
  .meta({ id: 'EpcisEvent' });
export type EpcisEvent = z.infer<typeof EpcisEvent>;

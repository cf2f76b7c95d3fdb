// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { RefusalCode } from '../catalogue';
import { Refusal, type RefusalFields } from '../refusal';
import { isDateTime, ZONE_OFFSET } from './time';
import {
  BIZ_TRANSACTION_TYPE,
  COMPONENT,
  DISPOSITION,
  ERROR_REASON,
  isTermOf,
  MEASUREMENT_TYPE,
  SENSOR_ALERT,
  SOURCE_DESTINATION_TYPE,
  URI,
  type Vocabulary,
} from './vocabulary';

/** The most entries of any list of an event. */
export const LIST_ENTRIES = 20_000;

/** Adds a coded refusal to what a schema finds; `parseWith` gives it on with the path of the field. */
export function refuseIn(
  context: z.core.$RefinementCtx,
  code: RefusalCode,
  fields: RefusalFields = {},
  path: string[] = [],
): void {
  const refusal = new Refusal(code, fields).toData();
  context.addIssue({ code: 'custom', message: refusal.detail, path, params: { refusal } });
}

/** A word of the vocabulary in any spelling, or a URI of one's own; else refused with `TL-EPCIS-VOCABULARY`. */
export const term = (vocabulary: Vocabulary): z.ZodType<string> =>
  z.string().superRefine((text, context) => {
    if (!isTermOf(vocabulary, text.trim()))
      refuseIn(context, 'TL-EPCIS-VOCABULARY', { vocabulary: vocabulary.name, value: text.slice(0, 100) });
  });

/** An object of EPCIS that takes members of other namespaces beside its own; others get `TL-EPCIS-NAMESPACE`. */
export const extensible = <S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$loose> =>
  z.looseObject(shape).superRefine((value, context) => {
    for (const name of Object.keys(value))
      if (!Object.hasOwn(shape, name) && name.indexOf(':') <= 0)
        refuseIn(context, 'TL-EPCIS-NAMESPACE', {}, [name.slice(0, 100)]);
  });

/** A date-time with offset (EPCIS 2.0, section 6.4); else refused with `TL-EPCIS-TIME`. */
export const Time = z.string().superRefine((text, context) => {
  if (!isDateTime(text.trim())) refuseIn(context, 'TL-EPCIS-TIME');
});

/** `±hh:mm`, at most 14:00; else refused with `TL-EPCIS-TIME`. */
export const ZoneOffset = z.string().superRefine((text, context) => {
  if (!ZONE_OFFSET.test(text.trim())) refuseIn(context, 'TL-EPCIS-TIME', { form: '±hh:mm, at most 14:00' });
});

export const Uri = z.string().refine((text) => URI.test(text.trim()), 'an absolute URI');
export const Uris = z.array(Uri).max(LIST_ENTRIES);
export const Action = z.enum(['ADD', 'OBSERVE', 'DELETE']);
const Uom = z.string().regex(/^[A-Z0-9]{2,3}$/, 'a UN/CEFACT Recommendation 20 unit code');

/** How much of a class there is (EPCIS 2.0, section 7.3.3.3); without `uom` it is a count, without quantity unknown. */
export const QuantityElement = z.strictObject({
  epcClass: Uri,
  quantity: z.number().nonnegative().optional(),
  uom: Uom.optional(),
});
export type QuantityElement = z.infer<typeof QuantityElement>;
export const Quantities = z.array(QuantityElement).max(LIST_ENTRIES);

/** A read point or business location. */
export const Location = extensible({ id: Uri });

export const BizTransaction = z.strictObject({
  type: term(BIZ_TRANSACTION_TYPE).optional(),
  bizTransaction: Uri,
});
export const Source = z.strictObject({ type: term(SOURCE_DESTINATION_TYPE), source: Uri });
export const Destination = z.strictObject({ type: term(SOURCE_DESTINATION_TYPE), destination: Uri });

const Dispositions = z.array(term(DISPOSITION)).max(100);
export const PersistentDisposition = z
  .strictObject({ set: Dispositions.optional(), unset: Dispositions.optional() })
  .superRefine(({ set, unset }, context) => {
    if (!set?.length && !unset?.length)
      refuseIn(context, 'TL-EPCIS-RULE', { rule: 'persistentDisposition sets or unsets something' });
  });

export const ErrorDeclaration = extensible({
  declarationTime: Time,
  reason: term(ERROR_REASON).optional(),
  correctiveEventIDs: z.array(Uri).max(1000).optional(),
});

export const SensorMetadata = extensible({
  time: Time.optional(),
  startTime: Time.optional(),
  endTime: Time.optional(),
  deviceID: Uri.optional(),
  deviceMetadata: Uri.optional(),
  rawData: Uri.optional(),
  dataProcessingMethod: Uri.optional(),
  bizRules: Uri.optional(),
});

/** One reading or summary of readings (EPCIS 2.0, section 7.3.6); the members stand in the order of the event hash. */
export const SensorReport = extensible({
  type: term(MEASUREMENT_TYPE),
  exception: term(SENSOR_ALERT).optional(),
  deviceID: Uri.optional(),
  deviceMetadata: Uri.optional(),
  rawData: Uri.optional(),
  dataProcessingMethod: Uri.optional(),
  time: Time.optional(),
  microorganism: Uri.optional(),
  chemicalSubstance: Uri.optional(),
  value: z.number().optional(),
  component: term(COMPONENT).optional(),
  stringValue: z.string().optional(),
  booleanValue: z.boolean().optional(),
  hexBinaryValue: z
    .string()
    .regex(/^[0-9A-Fa-f]+$/, 'hexadecimal digits')
    .optional(),
  uriValue: Uri.optional(),
  minValue: z.number().optional(),
  maxValue: z.number().optional(),
  meanValue: z.number().optional(),
  sDev: z.number().optional(),
  percRank: z.number().optional(),
  percValue: z.number().optional(),
  uom: Uom.optional(),
  coordinateReferenceSystem: Uri.optional(),
});

export const SensorElement = extensible({
  sensorMetadata: SensorMetadata.optional(),
  sensorReport: z.array(SensorReport).min(1).max(LIST_ENTRIES),
}).meta({ id: 'EpcisSensorElement' });

/** Instance or lot master data: members of namespaces only (EPCIS 2.0, section 7.3.8). */
export const Ilmd = extensible({});

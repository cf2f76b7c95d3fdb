// SPDX-License-Identifier: Apache-2.0

/** Fields that are asked for by `EQ_`, one of many values. */
export const EQUALS_FIELDS = [
  ...['action', 'bizStep', 'disposition', 'persistentDisposition_set', 'persistentDisposition_unset'],
  ...['readPoint', 'bizLocation', 'transformationID', 'eventID', 'errorReason', 'correctiveEventID'],
  ...['type', 'exception', 'deviceID', 'deviceMetadata', 'rawData', 'dataProcessingMethod', 'microorganism'],
  ...[
    'chemicalSubstance',
    'bizRules',
    'component',
    'stringValue',
    'booleanValue',
    'hexBinaryValue',
    'uriValue',
  ],
] as const;
export const TYPED_FIELDS = ['bizTransaction', 'source', 'destination'] as const;
export const WITHIN_FIELDS = ['readPoint', 'bizLocation'] as const;
export const MATCH_FIELDS = [
  ...['epc', 'parentID', 'inputEPC', 'outputEPC', 'anyEPC'],
  ...['epcClass', 'inputEPCClass', 'outputEPCClass', 'anyEPCClass'],
] as const;
/** Fields of a vocabulary type, of whose values master data may tell. */
export const ATTRIBUTE_FIELDS = [
  ...WITHIN_FIELDS,
  ...(['epcClass', 'inputEPCClass', 'outputEPCClass', 'anyEPCClass'] as const),
  ...TYPED_FIELDS,
  ...(['bizStep', 'disposition', 'persistentDisposition_set', 'persistentDisposition_unset'] as const),
  ...(['transformationID', 'errorReason', 'type', 'exception', 'component', 'deviceID'] as const),
  ...(['deviceMetadata', 'rawData', 'dataProcessingMethod', 'bizRules'] as const),
  ...(['microorganism', 'chemicalSubstance'] as const),
] as const;
export const TIME_FIELDS = [
  ...['eventTime', 'recordTime', 'time', 'startTime', 'endTime', 'errorDeclarationTime'],
] as const;
/** Compared as they are. */
export const NUMBER_FIELDS = ['quantity', 'percRank'] as const;
/** Compared in the unit that the parameter names. */
export const MEASURED_FIELDS = [
  ...['quantity', 'value', 'minValue', 'maxValue', 'meanValue', 'sDev', 'percRank', 'percValue'],
] as const;
export const EXISTS_FIELDS = ['errorDeclaration', 'sensorElementList'] as const;
/** Where an extension stands in an event, by the prefix of its parameters; without prefix in the event itself. */
export const EXTENSION_PLACES = [
  ...(['ILMD', 'ERROR_DECLARATION', 'SENSORELEMENT', 'SENSORMETADATA', 'SENSORREPORT'] as const),
  ...WITHIN_FIELDS,
] as const;
export const COMPARISONS = ['EQ', 'GT', 'GE', 'LT', 'LE'] as const;

/** A parameter of queries (EPCIS 2.0, section 8.2.7.1), as the documents tell of it. */
export interface QueryParameter {
  /** `{…}` stands for what is filled in. */
  readonly name: string;
  readonly about: string;
}

const control = (name: string, about: string): QueryParameter => ({ name, about });
const listed = (prefix: string, fields: readonly string[], about: string, suffix = ''): QueryParameter[] =>
  fields.map((field) => control(`${prefix}_${field}${suffix}`, about));
const compared = (fields: readonly string[], about: string, suffix = ''): QueryParameter[] =>
  fields.flatMap((field) => COMPARISONS.map((each) => control(`${each}_${field}${suffix}`, about)));
const ONE_OF = 'The field has one of the values';
const extension = (prefix: string, about: string): QueryParameter[] =>
  [...COMPARISONS, 'EXISTS'].map((each) => control(`${each}_${prefix}{extension}`, about));
/** As the standard has it: of a field of its own, or of an extension of an event. */
const OF_VOCABULARY = [...ATTRIBUTE_FIELDS, '{extension}'];

/** Conditions and controls of a query: all that the standard has. */
export const QUERY_PARAMETERS: readonly QueryParameter[] = [
  control('eventType', 'The event is of one of the types'),
  ...TIME_FIELDS.flatMap((field) => [
    control(`GE_${field}`, 'At that time or later'),
    control(`LT_${field}`, 'Before that time'),
  ]),
  ...listed('EQ', EQUALS_FIELDS, ONE_OF),
  ...listed('WD', WITHIN_FIELDS, 'The place is one of the values, or inside one by master data'),
  ...listed('MATCH', MATCH_FIELDS, 'One of the identifiers matches; a pattern may end in `*`'),
  ...TYPED_FIELDS.map((field) => control(`EQ_${field}_{type}`, `${ONE_OF}, under that type`)),
  ...compared(NUMBER_FIELDS, 'The number compares so'),
  ...compared(MEASURED_FIELDS, 'The number in that unit compares so', '_{uom}'),
  ...listed('EXISTS', EXISTS_FIELDS, 'The event has it; the parameter takes no value'),
  ...['', ...EXTENSION_PLACES.map((place) => `${place}_`)].flatMap((place) => [
    ...extension(place, 'The extension compares so'),
    ...extension(`INNER_${place}`, 'So does one inside of an extension'),
  ]),
  ...listed('HASATTR', OF_VOCABULARY, 'What the field names has one of the attributes in master data'),
  ...listed('EQATTR', OF_VOCABULARY, 'The attribute has one of the values', '_{attribute}'),
  control('orderBy', '`eventTime` or `recordTime`'),
  control('orderDirection', '`DESC` or `ASC`'),
  control('eventCountLimit', 'The answer is cut after so many events'),
  control('maxEventCount', 'With more events there is no answer'),
  control('perPage', 'Events of a page, at most 1,000'),
  control('nextPageToken', 'The page to go on with, from the header `Link`'),
];

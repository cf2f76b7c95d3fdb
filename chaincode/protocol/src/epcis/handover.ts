// SPDX-License-Identifier: Apache-2.0
import { effectsOf } from './effects';
import type { EpcisEvent } from './event';
import { identifierAt } from './identifier-at';
import { BIZ_STEP, SOURCE_DESTINATION_TYPE, wordOf } from './vocabulary';

/** Where things were handed over: WGS 84 degrees, or the canonical identifier of a location. */
export type HandOverPlace =
  { readonly latitude: number; readonly longitude: number } | { readonly location: string };

/** What an event says of custody, in canonical identifiers (requirements T2, T8). */
export interface HandOver {
  /** Each once, sorted by code unit. What lies in them moves with them. */
  readonly things: readonly string[];
  /** The party that possesses them from now on. */
  readonly to: string;
  /** The party that possessed them, where the event names it. */
  readonly from?: string;
  /** Where it happened, the most telling first: the first whose coordinates are known counts. */
  readonly places: readonly HandOverPlace[];
}

/**
 * The steps in which things leave their holder (CBV 2.0, section 7.1). The standard puts the lists of sources and
 * destinations on every event of a transfer, loading and transporting too; those move no custody.
 */
export const HANDING_OVER: readonly string[] = [
  'accepting',
  'consigning',
  'departing',
  'dispensing',
  'retail_selling',
  'shipping',
];

/**
 * What an event hands over; undefined unless it names one possessing party as destination and at most one as source
 * (EPCIS 2.0, section 7.3.5.4; CBV 2.0, section 7.4), its step is one of {@link HANDING_OVER}, it speaks of instances, and
 * it is not declared to be in error. Of what a container holds only the container is named. Refuses with
 * `TL-ID-MALFORMED` and `TL-ID-CHECK-DIGIT`; `field` names the list or place.
 */
export function handOverOf(event: EpcisEvent): HandOver | undefined {
  if (event.destinationList === undefined || event.errorDeclaration || !isHandingOver(event))
    return undefined;
  const destinations = event.destinationList.map(({ type, destination }) => [type, destination] as const);
  const sources = event.sourceList?.map(({ type, source }) => [type, source] as const) ?? [];
  const [to, ...otherDestinations] = possessing('destinationList', destinations);
  const [from, ...otherSources] = possessing('sourceList', sources);
  if (to === undefined || otherDestinations.length > 0 || otherSources.length > 0) return undefined;
  const things = thingsIn(event);
  if (things.length === 0) return undefined;
  const places = [
    ...placesAt('readPoint', event.readPoint?.id),
    ...placesAt('bizLocation', event.bizLocation?.id),
  ];
  return { things, to, ...(from === undefined ? {} : { from }), places };
}

function isHandingOver({ bizStep = '' }: EpcisEvent): boolean {
  return HANDING_OVER.includes(wordOf(BIZ_STEP, bizStep.trim()) ?? '');
}

/** The parties of a list that possess, each once. */
function possessing(field: string, list: readonly (readonly [type: string, party: string])[]): string[] {
  const parties = list
    .filter(([type]) => wordOf(SOURCE_DESTINATION_TYPE, type.trim()) === 'possessing_party')
    .map(([, party]) => identifierAt(field, party));
  return [...new Set(parties)];
}

function thingsIn(event: EpcisEvent): readonly string[] {
  if (event.type === 'TransformationEvent' || event.action === 'DELETE') return [];
  const parent = event.type === 'ObjectEvent' ? undefined : event.parentID;
  if (parent !== undefined) return [identifierAt('parentID', parent)];
  if (event.type === 'AggregationEvent') return [];
  const { created, observed } = effectsOf(event);
  return [...created.instances, ...observed.instances];
}

const NUMBER = String.raw`(-?\d{1,3}(?:\.\d{1,15})?)`;
const GEO = new RegExp(`^geo:${NUMBER},${NUMBER}(?:,-?[\\d.]+)?((?:;[^;]+)*)$`, 'i');
const EXTENSION = /\/254\/[^/]+$/;

/** A place of an event; a location with an extension lies in the one without it. None where coordinates can not be read. */
function placesAt(field: string, text: string | undefined): HandOverPlace[] {
  if (text === undefined) return [];
  if (/^geo:/i.test(text.trim())) return coordinatesIn(text.trim());
  const location = identifierAt(`${field}.id`, text);
  const whole = location.replace(EXTENSION, '');
  return [...new Set([location, whole])].map((one) => ({ location: one }));
}

/** WGS 84 coordinates of a `geo:` URI (RFC 5870). */
function coordinatesIn(uri: string): HandOverPlace[] {
  const [, latitude, longitude, parameters = ''] = GEO.exec(uri) ?? [];
  const system = /;crs=([^;]+)/i.exec(parameters)?.[1] ?? 'wgs84';
  if (latitude === undefined || system.toLowerCase() !== 'wgs84') return [];
  const place = { latitude: Number(latitude), longitude: Number(longitude) };
  return Math.abs(place.latitude) <= 90 && Math.abs(place.longitude) <= 180 ? [place] : [];
}

// SPDX-License-Identifier: Apache-2.0
import type { Place } from '@thingledger/protocol';

/** Mean radius of the earth in kilometres (IUGG). */
const EARTH = 6371.0088;

/** How far apart two readings of the same spot can be, in kilometres: satellite receivers and large yards. */
export const SAME_SPOT_KM = 0.1;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance between two places in kilometres (haversine formula). */
export function distanceKm(a: Place, b: Place): number {
  const half =
    Math.sin(radians(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(radians(a.latitude)) *
      Math.cos(radians(b.latitude)) *
      Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(half)));
}

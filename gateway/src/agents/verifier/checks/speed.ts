// SPDX-License-Identifier: Apache-2.0
import { fault } from '../../../information-server/client/fetch.js';
import { distanceKm, SAME_SPOT_KM } from './distance.js';
import type { Check } from './facts.js';

const HOUR = 3_600_000;

/**
 * The thing can have travelled from its previous accepted place to this one in the time between. No time at all takes
 * it no farther than two readings of one spot may differ.
 */
export const checkSpeed: Check = ({ record, previous, rules }) => {
  if (!previous) return undefined;
  const hours = Math.max(0, Date.parse(record.eventTime) - Date.parse(previous.eventTime)) / HOUR;
  const kilometres = distanceKm(previous.place, record.place);
  if (kilometres <= rules.maximumSpeedKmh * hours + SAME_SPOT_KM) return undefined;
  return fault('TL-VERIFY-SPEED', {
    kilometres: Math.round(kilometres * 10) / 10,
    minutes: Math.round(hours * 60),
    maximumSpeedKmh: rules.maximumSpeedKmh,
  });
};

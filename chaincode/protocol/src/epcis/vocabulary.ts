// SPDX-License-Identifier: Apache-2.0

/** One vocabulary of CBV 2.0 with all spellings of its words. */
export interface Vocabulary {
  /** What the vocabulary is of, for a person. */
  readonly name: string;
  /** The bare words. */
  readonly words: readonly string[];
  /** What stands before the word in the GS1 web vocabulary; the event hash uses this spelling. */
  readonly web: string;
  /** What stands before the word in the other spellings: CURIE, CBV URN, earlier address. */
  readonly others: readonly string[];
}

const cbv = (name: string, web: string, urn: string | undefined, words: string): Vocabulary => ({
  name,
  words: words.split(' '),
  web: `https://ref.gs1.org/cbv/${web}-`,
  others: [`cbv:${web}-`, `https://ns.gs1.org/cbv/${web}-`, ...(urn ? [`urn:epcglobal:cbv:${urn}:`] : [])],
});

const gs1 = (name: string, words: string): Vocabulary => ({
  name,
  words: words.split(' '),
  web: 'https://gs1.org/voc/',
  others: ['gs1:', 'https://ref.gs1.org/voc/', 'https://www.gs1.org/voc/'],
});

/** Business steps (CBV 2.0, section 7.1). */
export const BIZ_STEP = cbv(
  'business step',
  'BizStep',
  'bizstep',
  'accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting ' +
    'decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting ' +
    'installing killing loading other packing picking receiving removing repackaging repairing replacing reserving ' +
    'retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting ' +
    'unloading unpacking void_shipping',
);

/** Dispositions (CBV 2.0, section 7.2). */
export const DISPOSITION = cbv(
  'disposition',
  'Disp',
  'disp',
  'active available completeness_inferred completeness_verified conformant container_closed container_open damaged ' +
    'destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance ' +
    'mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed ' +
    'recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown',
);

/** Types of business transactions (CBV 2.0, section 7.3). */
export const BIZ_TRANSACTION_TYPE = cbv(
  'business transaction type',
  'BTT',
  'btt',
  'bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt',
);

/** Types of sources and destinations (CBV 2.0, section 7.4). */
export const SOURCE_DESTINATION_TYPE = cbv(
  'source or destination type',
  'SDT',
  'sdt',
  'location owning_party possessing_party',
);

/** Reasons of error declarations (CBV 2.0, section 7.5). */
export const ERROR_REASON = cbv('error reason', 'ER', 'er', 'did_not_occur incorrect_data');

/** Components of a measured vector or coordinate (CBV 2.0, section 7.6). */
export const COMPONENT = cbv(
  'component',
  'Comp',
  undefined,
  'altitude axial_distance azimuth easting elevation_angle height latitude longitude northing polar_angle ' +
    'spherical_radius x y z',
);

/** What a sensor measures (GS1 web vocabulary, MeasurementType). */
export const MEASUREMENT_TYPE = gs1(
  'measurement type',
  'AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Activity Altitude AmountOfSubstance ' +
    'AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance ' +
    'Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity ' +
    'ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency ' +
    'Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux ' +
    'LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate ' +
    'MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux ' +
    'RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity ' +
    'SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber',
);

/** What a sensor reports about itself (GS1 web vocabulary, SensorAlertType). */
export const SENSOR_ALERT = gs1('sensor alert', 'ALARM_CONDITION ERROR_CONDITION');

/** The vocabulary of each field that holds words, by the name it is asked for with; `type` is that of a sensor report. */
export const FIELD_WORDS: Readonly<Record<string, Vocabulary>> = {
  bizStep: BIZ_STEP,
  disposition: DISPOSITION,
  persistentDisposition_set: DISPOSITION,
  persistentDisposition_unset: DISPOSITION,
  errorReason: ERROR_REASON,
  type: MEASUREMENT_TYPE,
  exception: SENSOR_ALERT,
  component: COMPONENT,
};

/** The vocabulary of `type` in the entries of a list, by the member that stands beside it. */
export const ENTRY_TYPES = {
  bizTransaction: BIZ_TRANSACTION_TYPE,
  source: SOURCE_DESTINATION_TYPE,
  destination: SOURCE_DESTINATION_TYPE,
} as const;

/** An absolute URI, or a name in a namespace written `prefix:name`. */
export const URI = /^[a-z][a-z0-9+._-]*:[!-~]{1,2000}$/i;

/** The bare word behind any spelling of it; undefined when the text is not of the vocabulary. */
export function wordOf({ words, web, others }: Vocabulary, text: string): string | undefined {
  const lead = text.includes(':') ? [web, ...others].find((each) => text.startsWith(each)) : '';
  const word = lead === undefined ? undefined : text.slice(lead.length);
  return word !== undefined && words.includes(word) ? word : undefined;
}

/**
 * Whether a text may stand where the vocabulary is asked for: a word of it in any spelling, or somebody's own term as a
 * URI outside the vocabulary's own addresses (EPCIS 2.0, section 6.4).
 */
export function isTermOf(vocabulary: Vocabulary, text: string): boolean {
  if (wordOf(vocabulary, text) !== undefined) return true;
  return URI.test(text) && ![vocabulary.web, ...vocabulary.others].some((each) => text.startsWith(each));
}

/** The web vocabulary address of a word in any spelling; somebody's own term stays as it is. */
export function webTermOf(vocabulary: Vocabulary, text: string): string {
  const word = wordOf(vocabulary, text);
  return word === undefined ? text : vocabulary.web + word;
}

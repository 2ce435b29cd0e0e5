import type { IntakeWords } from '../i18n/intake.zh.ts';

/** The estate file that the first steps offer: small, complete, and valid. */
export function sampleEstate(names: IntakeWords['start']['sampleNames']): string {
  return `version: 1
timezone: Asia/Shanghai
nodes:
  - id: gov
    name: ${names.institution}
    kind: institution
  - id: hall
    name: ${names.building}
    kind: building
    parent: gov
    attributes:
      floor_area_m2: [{ from: 2024-01-01, value: 12000 }]
      people: [{ from: 2024-01-01, value: 320 }]
meters:
  - id: hall-main
    name: ${names.main}
    node: hall
    carrier: electricity
    item: "01000"
    register: cumulative
    unit: kWh
    multiplier: 40
    interval_s: 900
  - id: hall-lighting
    name: ${names.lighting}
    node: hall
    carrier: electricity
    item: "01A00"
    parent: hall-main
    register: cumulative
    unit: kWh
    multiplier: 1
    interval_s: 900
  - id: hall-water
    name: ${names.water}
    node: hall
    carrier: water
    register: cumulative
    unit: m³
    multiplier: 1
    interval_s: 900
`;
}

/** A meter of it. */
export const SAMPLE_METER = 'hall-main';
/** The payload of interface.md, with an instant. */
export function samplePayload(time: string): string {
  return `{"time": "${time}", "value": 1234.56}`;
}

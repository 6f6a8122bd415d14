/** Where in a headset's reports its buttons and lights are (HID Usage Tables 1.5, pages 0x0B Telephony and 0x08 LED). */

export const TELEPHONY_PAGE = 0x0b;

export const BUTTONS = { drop: 0x0b0026, hook: 0x0b0020, mute: 0x0b002f } as const;
export const LIGHTS = { mute: 0x080009, offHook: 0x080017, ring: 0x080018 } as const;

export type Button = keyof typeof BUTTONS;
export type Light = keyof typeof LIGHTS;

/** One bit of a report. `absolute`: it is a state; else a press that comes and goes. */
export interface Field {
  reportId: number;
  bit: number;
  absolute: boolean;
}

type Collections = readonly HIDCollectionInfo[];

export function buttonsOf(collections: Collections): Partial<Record<Button, Field>> {
  return fieldsOf(
    collections.flatMap((collection) => collection.inputReports ?? []),
    BUTTONS,
  );
}

export function lightsOf(collections: Collections): Partial<Record<Light, Field>> {
  return fieldsOf(
    collections.flatMap((collection) => collection.outputReports ?? []),
    LIGHTS,
  );
}

export function isSet(data: DataView, { bit }: Field): boolean {
  const byte = bit >> 3;
  return byte < data.byteLength && ((data.getUint8(byte) >> (bit & 7)) & 1) === 1;
}

/** The reports that show these lights, by their ids; whatever else such a report holds is 0. */
export function reportsFor(
  collections: Collections,
  fields: Partial<Record<Light, Field>>,
  lit: Readonly<Record<Light, boolean>>,
): Map<number, Uint8Array<ArrayBuffer>> {
  const reports = new Map<number, Uint8Array<ArrayBuffer>>();
  const known = collections.flatMap((collection) => collection.outputReports ?? []);
  for (const [light, field] of Object.entries(fields) as [Light, Field][]) {
    const report = known.find(({ reportId }) => (reportId ?? 0) === field.reportId);
    const bits = (report?.items ?? []).reduce((sum, item) => sum + bitsOf(item), 0);
    const bytes = reports.get(field.reportId) ?? new Uint8Array(Math.ceil(bits / 8));
    const byte = field.bit >> 3;
    if (lit[light]) bytes[byte] = (bytes[byte] ?? 0) | (1 << (field.bit & 7));
    reports.set(field.reportId, bytes);
  }
  return reports;
}

function fieldsOf<Name extends string>(
  reports: readonly HIDReportInfo[],
  usages: Readonly<Record<Name, number>>,
): Partial<Record<Name, Field>> {
  const found: Partial<Record<Name, Field>> = {};
  for (const { reportId, items } of reports) {
    let offset = 0;
    for (const item of items ?? []) {
      for (const [name, usage] of Object.entries(usages) as [Name, number][]) {
        const place = placeOf(item, usage);
        if (place === null || found[name] !== undefined) continue;
        const bit = offset + place * (item.reportSize ?? 0);
        found[name] = { reportId: reportId ?? 0, bit, absolute: item.isAbsolute === true };
      }
      offset += bitsOf(item);
    }
  }
  return found;
}

/** Which of the item's fields this usage is. An array names what is pressed by numbers, and has no field for each. */
function placeOf(item: HIDReportItem, usage: number): number | null {
  if (item.isConstant || item.isArray) return null;
  const { usageMinimum: first = 0, usageMaximum: last = -1, usages = [], reportCount = 0 } = item;
  const place = item.isRange ? (usage >= first && usage <= last ? usage - first : -1) : usages.indexOf(usage);
  return place >= 0 && place < reportCount ? place : null;
}

function bitsOf(item: HIDReportItem): number {
  return (item.reportSize ?? 0) * (item.reportCount ?? 0);
}

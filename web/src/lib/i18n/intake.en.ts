import type { IntakeWords } from './intake.zh.ts';
import { strong } from './strong.ts';

const plural = (n: string | number, one: string, many: string) => `${n} ${String(n) === '1' ? one : many}`;

export const en: IntakeWords = {
  health: {
    ok: (received) => `All is well: every one of the ${strong(received)} readings received is accounted for.`,
    okQuarantine: (received, n) =>
      `Every one of the ${strong(received)} readings received is accounted for; ${strong(n)} of them wait in quarantine.`,
    part: (meters) =>
      `No reading of the ${strong(plural(meters, 'meter', 'meters'))} here waits to be looked at.`,
    partQuarantine: (meters, n) =>
      `${strong(plural(n, 'reading', 'readings'))} of the ${plural(meters, 'meter', 'meters')} here wait in quarantine.`,
    broken: (difference) =>
      `The account is off by ${strong(plural(difference, 'reading', 'readings'))}; please call whoever maintains the system.`,
    failing: 'The system is not taking in readings as it should.',
    silentPart: (n) => ` ${strong(plural(n, 'meter is', 'meters are'))} silent.`,
    account: 'Account of readings',
    accountSub: 'Since the store was made, in readings',
    received: 'received',
    stored: 'stored',
    duplicate: 'duplicate',
    quarantined: 'quarantined',
    balanced: 'both sides are equal',
    unbalanced: 'the sides differ',
    pending: (n) => `${n} of the stored readings are on disk and being turned into consumption.`,
    hints: {
      received: 'sent by gateways and files',
      stored: 'written to disk',
      duplicate: 'exactly the same, kept once',
      quarantined: 'unreadable or not credible, kept as they came',
    },
    quarantine: 'Quarantine',
    quarantineSub: 'Everything is kept as it came and can be retried once the cause is mended',
    quarantineEmpty: 'Quarantine is empty',
    quarantineEmptyStep: 'Everything received could be read.',
    count: (n) => plural(n, 'item', 'items'),
    retry: 'Retry',
    retryOf: (reason) => `Retry: ${reason}`,
    retryAll: 'Retry all',
    retrying: 'Retrying…',
    retried: (tried, stored, duplicate, left) =>
      `${tried} tried: ${stored} stored, ${duplicate} duplicate, ${left} still in quarantine.`,
    show: 'Show',
    hide: 'Hide',
    showOf: (reason) => `Show: ${reason}`,
    hideOf: (reason) => `Hide: ${reason}`,
    more: 'Older ones',
    columns: {
      received: 'Received',
      source: 'Source',
      detail: 'Cause',
      meter: 'Meter',
      time: 'Time',
      value: 'Value',
      preview: 'As it came',
    },
    silent: 'Silent meters and meters never heard of',
    silentEmpty: 'No meter is silent',
    silentEmptyStep: 'All meters report on time.',
  },
  reasons: {
    broken_payload: {
      name: 'Broken payload',
      todo: 'Look at what came and check the firmware or framing of the gateway; what is incomplete cannot succeed.',
    },
    packet_too_large: {
      name: 'Packet too large',
      todo: 'Let the gateway split its report: at most 256 KiB a packet.',
    },
    no_profile: {
      name: 'No payload profile matches',
      todo: 'Add a payload profile for the topic, then retry.',
    },
    unknown_meter: {
      name: 'Unknown meter',
      todo: 'Register the meter in the estate file, or mend its id in the gateway, then retry.',
    },
    time_invalid: {
      name: 'Unreadable time',
      todo: 'Check the time format of the gateway: ISO 8601, YYYYMMDDHHmmss and epoch times are read.',
    },
    time_ahead: {
      name: 'Time ahead',
      todo: 'Set the clock of the gateway; retry once that time has passed.',
    },
    before_epoch: {
      name: 'Before the meter began',
      todo: 'Check the date from which the meter holds, then retry.',
    },
    value_invalid: {
      name: 'Invalid value',
      todo: 'Check the line between meter and gateway; the value must be a finite number.',
    },
    value_negative: {
      name: 'Negative value',
      todo: 'Check the wiring or the data type; a cumulative register is never negative.',
    },
    unit_mismatch: {
      name: 'Wrong unit',
      todo: 'Compare the unit of the meter in the estate file with that of the payload.',
    },
    conflict: {
      name: 'Two values for one instant',
      todo: 'The first one holds; look at the meter and decide.',
    },
    store_refused: {
      name: 'Refused by the time series',
      todo: 'Read what the server answered and mend it there; then retry.',
    },
    not_allowed: {
      name: 'Not for this device to report',
      todo: "Look at the meters that the device's credential names; retry takes the readings in.",
    },
  },
  start: {
    finding: `No buildings or meters yet: ${strong('three steps')} to see what is used.`,
    estateTitle: 'Upload the estate',
    estateText: 'One YAML file names the buildings and the meters. Start from the sample, or paste yours.',
    sample: 'Download the sample',
    sampleNames: {
      institution: 'Sample office',
      building: 'Main building',
      main: 'Main incomer',
      lighting: 'Lighting and sockets',
      water: 'Water main',
    },
    file: 'Choose an estate file',
    paste: 'Estate (YAML)',
    upload: 'Check and apply',
    uploading: 'Checking…',
    applied: (created, updated, unchanged) =>
      `Applied: ${created} created, ${updated} updated, ${unchanged} unchanged.`,
    errors: (n) => `${plural(n, 'error', 'errors')}; nothing was changed:`,
    gatewayTitle: 'Let gateways send readings',
    gatewayText:
      'Issue a credential for the meter or gateway, then give it user, secret, and this address, topic and payload. A QoS 1 reading is acknowledged once it is on disk.',
    address: 'MQTT address',
    off: 'MQTT is off. MQTT_PORT turns the embedded broker on; MQTT_URL uses one that is already there.',
    topic: 'Topic',
    payload: 'Payload',
    importTitle: 'Import history',
    importText:
      'A CSV of three columns: meter,time,value. Times without offset are in the estate’s time zone; importing a file twice counts nothing twice.',
    importFile: 'Choose a CSV file',
    importing: (rows) => `Importing, ${rows} rows read…`,
    imported: (rows, stored, duplicate, quarantined) =>
      `${rows} rows imported: ${stored} stored, ${duplicate} duplicate, ${quarantined} quarantined.`,
    importRefused: (n) =>
      `${plural(n, 'line was', 'lines were')} of meters that are not yours, and not kept.`,
    importErrors: 'Lines at fault:',
    importLater: 'Do step one first, then import.',
    open: 'Open the overview',
    done: 'done',
    step: (n) => `Step ${n}`,
    waiting: 'Waiting for the first reading',
    arrived: (when) => `Readings arrive; the last one at ${when}.`,
  },
};

import type { Profile } from './schema.ts';

/**
 * Profiles of device families in use, from their documentation and captured messages. The address of a meter
 * is what stands in `address`: set it in the estate file, or give the meter that id.
 */
export const BUILTIN_PROFILES: readonly Profile[] = [
  {
    id: 'shelly-gen1',
    name: 'Shelly Gen1 (EM, 3EM): one topic per phase and quantity',
    topic: 'shellies/+device/emeter/+phase/+quantity',
    format: 'text',
    readings: [
      // Three phases are three meters; the building's tree adds them up.
      {
        where: [{ level: 'quantity', equals: 'total' }],
        address: '{topic.device}/{topic.phase}',
        value: '@',
        unit: 'Wh',
      },
      {
        where: [{ level: 'quantity', equals: 'total_returned' }],
        address: '{topic.device}/{topic.phase}/returned',
        value: '@',
        unit: 'Wh',
        optional: true,
      },
      {
        where: [{ level: 'quantity', equals: 'power' }],
        address: '{topic.device}/{topic.phase}/power',
        value: '@',
        unit: 'W',
        optional: true,
      },
      // `energy` is Watt-minutes since the last minute, the rest are voltages and currents: no registers.
    ],
  },
  {
    id: 'shelly-gen1-relay',
    name: 'Shelly Gen1 (1PM, Plug S): power of a relay',
    topic: 'shellies/+device/relay/+relay/power',
    format: 'text',
    readings: [
      { address: '{topic.device}/relay/{topic.relay}/power', value: '@', unit: 'W', optional: true },
    ],
  },
  {
    id: 'shelly-gen1-other',
    name: 'Shelly Gen1: states and announcements',
    topic: 'shellies/#',
    format: 'text',
    readings: [],
  },
  {
    id: 'shelly-gen2',
    name: 'Shelly Gen2 and later: status notifications',
    topic: ['+device/events/rpc', '+/+device/events/rpc', '+/+/+device/events/rpc'],
    format: 'json',
    when: [{ path: 'method', startsWith: 'Notify' }],
    each: 'params.*',
    // Energy comes seldom and power often under the same topic, so each part may be absent.
    readings: [
      {
        address: '{$.src}/{key.1}',
        value: 'total_act',
        time: '$.params.ts',
        arrivalIfTimeInvalid: true,
        unit: 'Wh',
        absent: 'skip',
      },
      {
        address: '{$.src}/{key.1}',
        value: 'total_act_energy',
        time: '$.params.ts',
        arrivalIfTimeInvalid: true,
        unit: 'Wh',
        absent: 'skip',
      },
      {
        address: '{$.src}/{key.1}',
        value: 'aenergy.total',
        time: '$.params.ts',
        arrivalIfTimeInvalid: true,
        unit: 'Wh',
        absent: 'skip',
      },
      ...['total_act_ret', 'total_act_ret_energy', 'ret_aenergy.total'].map((value) => ({
        address: '{$.src}/{key.1}/returned',
        value,
        time: '$.params.ts',
        arrivalIfTimeInvalid: true,
        unit: 'Wh',
        optional: true,
        absent: 'skip' as const,
      })),
      ...['total_act_power', 'act_power', 'apower'].map((value) => ({
        address: '{$.src}/{key.1}/power',
        value,
        time: '$.params.ts',
        arrivalIfTimeInvalid: true,
        unit: 'W',
        optional: true,
        absent: 'skip' as const,
      })),
    ],
  },
  {
    id: 'tasmota',
    name: 'Tasmota: energy sensors, topics in any order',
    topic: [
      'tele/+device/SENSOR',
      '+device/tele/SENSOR',
      '+/tele/+device/SENSOR',
      '+/+device/tele/SENSOR',
      '+/+/tele/+device/SENSOR',
    ],
    format: 'json',
    readings: [
      // Today falls to 0 every midnight; Total is the register.
      {
        address: '{topic.device}',
        value: 'ENERGY.Total',
        time: 'Time',
        arrivalIfTimeInvalid: true,
        unit: 'kWh',
        absent: 'skip',
      },
      {
        address: '{topic.device}/power',
        value: 'ENERGY.Power',
        time: 'Time',
        arrivalIfTimeInvalid: true,
        unit: 'W',
        optional: true,
        absent: 'skip',
      },
    ],
  },
  {
    id: 'tasmota-other',
    name: 'Tasmota: states, results, information, last will',
    topic: [
      'tele/+device/+message',
      'stat/+device/#message',
      '+device/tele/STATE',
      '+/tele/+device/STATE',
      '+/+device/tele/STATE',
      '+/+/tele/+device/STATE',
      'tasmota/discovery/#',
    ],
    format: 'text',
    readings: [],
  },
  {
    id: 'zigbee2mqtt-other',
    name: 'Zigbee2MQTT: bridge, availability, commands',
    topic: [
      'zigbee2mqtt/bridge/#',
      'zigbee2mqtt/#device/availability',
      'zigbee2mqtt/#device/set',
      'zigbee2mqtt/#device/get',
    ],
    format: 'text',
    readings: [],
  },
  {
    id: 'zigbee2mqtt',
    name: 'Zigbee2MQTT: plugs, meters, thermometers',
    topic: 'zigbee2mqtt/#device',
    format: 'json',
    // Lamps and switches report here as well, without any of these.
    readings: [
      { address: '{topic.device}', value: 'energy', unit: 'kWh', absent: 'skip' },
      { address: '{topic.device}/power', value: 'power', unit: 'W', optional: true, absent: 'skip' },
      {
        address: '{topic.device}/temperature',
        value: 'temperature',
        unit: '°C',
        optional: true,
        absent: 'skip',
      },
      { address: '{topic.device}/humidity', value: 'humidity', unit: '%', optional: true, absent: 'skip' },
    ],
  },
  {
    id: 'esphome',
    name: 'ESPHome: one topic per sensor; the unit is the one set in its configuration',
    topic: '+node/sensor/+sensor/state',
    format: 'text',
    readings: [
      {
        where: [{ level: 'sensor', contains: 'energy' }],
        address: '{topic.node}/{topic.sensor}',
        value: '@',
      },
      // A node publishes Wi-Fi strength and uptime the same way; only what the estate knows is a meter.
      {
        where: [{ level: 'sensor', contains: 'energy', not: true }],
        address: '{topic.node}/{topic.sensor}',
        value: '@',
        optional: true,
      },
    ],
  },
  {
    id: 'ai-on-the-edge',
    name: 'AI-on-the-edge: a camera in front of a water or gas meter',
    topic: '+device/+number/value',
    format: 'text',
    readings: [{ address: '{topic.device}/{topic.number}', value: '@', unit: 'm3' }],
  },
  {
    id: 'ai-on-the-edge-other',
    name: 'AI-on-the-edge: raw values, errors, states',
    topic: ['watermeter/#', 'gasmeter/#'],
    format: 'text',
    readings: [],
  },
  {
    id: 'wmbusmeters',
    name: 'wmbusmeters: telegrams of wireless M-Bus meters',
    topic: ['wmbusmeters/#', '#'],
    format: 'json',
    when: [{ path: '_', equals: 'telegram' }],
    // target_m3 is the value of the last billing date, not the register.
    readings: [
      {
        address: '{id}',
        value: 'total_energy_consumption_kwh',
        time: 'timestamp',
        arrivalIfTimeInvalid: true,
        unit: 'kWh',
        absent: 'skip',
      },
      {
        where: [{ path: 'total_energy_consumption_kwh', exists: false }],
        address: '{id}',
        value: 'total_m3',
        time: 'timestamp',
        arrivalIfTimeInvalid: true,
        unit: 'm3',
        absent: 'skip',
      },
      ...[
        { at: 'total_energy_production_kwh', part: 'production', unit: 'kWh' },
        { at: 'current_power_consumption_kw', part: 'power', unit: 'kW' },
        { at: 'total_volume_m3', part: 'volume', unit: 'm3' },
        { at: 'flow_temperature_c', part: 'flow_temperature', unit: '°C' },
        { at: 'return_temperature_c', part: 'return_temperature', unit: '°C' },
      ].map(({ at, part, unit }) => ({
        address: `{id}/${part}`,
        value: at,
        time: 'timestamp',
        arrivalIfTimeInvalid: true,
        unit,
        optional: true,
        absent: 'skip' as const,
      })),
    ],
  },
  {
    id: 'emonpi',
    name: 'OpenEnergyMonitor emonPi: inputs of a node',
    topic: 'emon/+node/+input',
    format: 'text',
    readings: [
      {
        where: [{ level: 'input', startsWith: 'power' }],
        address: '{topic.node}/{topic.input}',
        value: '@',
        unit: 'W',
      },
      // Voltages, temperatures, pulse counts: readings where the estate has such a meter.
      {
        where: [{ level: 'input', startsWith: 'power', not: true }],
        address: '{topic.node}/{topic.input}',
        value: '@',
        optional: true,
      },
    ],
  },
  {
    id: 'edgelogger',
    name: 'EdgeLogger: batches of three-phase meters',
    topic: 'device/+vendor/up/+device',
    format: 'json',
    when: [{ path: 'batch', exists: true }],
    each: 'batch.*',
    readings: [
      {
        address: '{device_id}',
        value: 'metrics.energy.active.value.forward',
        time: 'timestamp',
        // The message says kW; the maker's document says kWh, and a register is no power.
        unit: 'kWh',
        absent: 'skip',
      },
      {
        address: '{device_id}/reverse',
        value: 'metrics.energy.active.value.reverse',
        time: 'timestamp',
        unit: 'kWh',
        optional: true,
        absent: 'skip',
      },
      {
        address: '{device_id}/power',
        value: 'metrics.power.active.value.total',
        time: 'timestamp',
        unit: 'kW',
        optional: true,
        absent: 'skip',
      },
    ],
  },
  {
    id: 'cet',
    name: 'CET 中电 gateway: points by their Chinese names',
    topic: 'CET/+project/upload',
    format: 'json',
    each: 'properties.*',
    readings: [
      {
        where: [
          { path: 'type', equals: 'AI' },
          { path: 'unit', in: ['Wh', 'kWh', 'MWh', 'MJ', 'GJ', 'm3', 'm³', 'L', 't'] },
        ],
        address: '{$.location_code}/{key}',
        value: 'value',
        time: ['timestamp', '$.ts', '$["ts "]'],
        unit: { path: 'unit' },
      },
      // Currents, voltages and powers beside them are readings where the estate has such a meter.
      {
        where: [
          { path: 'type', equals: 'AI' },
          { path: 'unit', in: ['Wh', 'kWh', 'MWh', 'MJ', 'GJ', 'm3', 'm³', 'L', 't'], not: true },
        ],
        address: '{$.location_code}/{key}',
        value: 'value',
        time: ['timestamp', '$.ts', '$["ts "]'],
        unit: { path: 'unit' },
        optional: true,
      },
    ],
  },
  {
    id: 'acrel-login',
    name: 'Acrel 安科瑞 4G meter: login, which it wants answered before it sends data',
    topic: '/gw/acrelHW/+product/login/+sn',
    format: 'json',
    readings: [],
    reply: { topic: '/server/acrelHW/{topic.product}/login/{topic.sn}', payload: '{"type":"login","res":1}' },
  },
  {
    id: 'compere-kpm33b',
    name: 'Compere KPM33B: power every second',
    topic: 'kpm33b/+device/seconds',
    format: 'json',
    readings: [{ address: '{id}', value: 'active_power', time: 'time', unit: 'kW' }],
  },
  {
    id: 'mdiot-645',
    name: 'mdiot DTU, DL/T 645: devices with keys named by the user',
    topic: '#',
    format: 'json',
    when: [
      { path: '$[0].i', exists: true },
      { path: '$[0].c', exists: true },
      { path: '$[0].v', exists: true },
    ],
    each: '*.v.*',
    // A register that could not be read is simply left out.
    readings: [{ address: '{@1.i}/{key.2}', value: '@' }],
  },
  {
    id: 'sparkplug-state',
    name: 'Sparkplug B: states of host applications',
    topic: ['spBv1.0/STATE/#', 'STATE/+host'],
    format: 'text',
    readings: [],
  },
  ...(['node', 'device'] as const).map(
    (owner): Profile => ({
      id: `sparkplug-${owner}`,
      name: `Sparkplug B: metrics of a ${owner} by their names`,
      topic: `spBv1.0/+group/+type/+node${owner === 'device' ? '/+device' : ''}`,
      format: 'sparkplug',
      each: 'metrics.*',
      readings: [
        {
          where: [{ path: 'name', contains: 'energy' }],
          address: `{topic.${owner}}/{name}`,
          value: 'value',
          time: 'timestamp',
          absent: 'skip',
        },
        {
          where: [
            { path: 'name', contains: 'energy', not: true },
            { path: 'value', numeric: true },
          ],
          address: `{topic.${owner}}/{name}`,
          value: 'value',
          time: 'timestamp',
          optional: true,
        },
      ],
    }),
  ),
  {
    id: 'availability',
    name: 'Devices that come and go',
    topic: '#',
    format: 'text',
    when: [{ path: '@', in: ['online', 'offline', 'Online', 'Offline', 'connected', 'disconnected'] }],
    readings: [],
  },
];

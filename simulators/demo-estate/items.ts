/** Electricity sub-items (分项) with what they have in common. */

export const LIGHT = { item: '01A10', trend: 0.966 };
export const LIFT = { item: '01C10', trend: 0.985, jitter: 0.15 };
export const PUMP = { item: '01C20', trend: 0.975, jitter: 0.2 };
export const FAN = { item: '01C30', trend: 0.97 };
export const PLANT = { item: '01B10', trend: 0.962 };
export const COIL = { item: '01B20', trend: 0.96 };
export const SERVER = { item: '01D10', trend: 0.99, jitter: 0.02 };
export const KITCHEN = { item: '01D30', trend: 0.97, jitter: 0.15 };
export const OTHER = { item: '01D60', trend: 1.02, jitter: 0.15 };

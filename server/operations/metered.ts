import type { TimeSeries } from '../timeseries/port.ts';

/** What one operation of the time series took, s, and why it failed. */
export type Observe = (operation: string, seconds: number, error: unknown) => void;

/** The same time series; each of its operations is timed under its own name. */
export function metered<T extends TimeSeries>(timeseries: T, observe: Observe): T {
  const known = new Map<unknown, unknown>();
  return new Proxy(timeseries, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      let timed = known.get(value);
      if (!timed) {
        timed = (...of: unknown[]): unknown => {
          const started = performance.now();
          const done = (error: unknown): void =>
            observe(String(name), (performance.now() - started) / 1000, error);
          const result: unknown = Reflect.apply(value, target, of);
          if (result instanceof Promise) result.then(() => done(null), done);
          return result;
        };
        known.set(value, timed);
      }
      return timed;
    },
  });
}

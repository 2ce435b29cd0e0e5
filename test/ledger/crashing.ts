const STEPS = ['decide', 'settle', 'markDirty', 'markClean', 'write', 'replace'];

export interface Crash {
  /** The step at which it happens, counted from 1. */
  at: number;
  when: 'before' | 'after';
  happened: boolean;
}

/** The same object, whose writing steps end in a crash; from then on nothing gets through any more. */
export function crashing<T extends object>(target: T, crash: Crash): T {
  return new Proxy(target, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (!STEPS.includes(String(name))) return Reflect.apply(value, of, args);
        if (crash.happened) return Promise.reject(new Error('crashed'));
        if (--crash.at > 0) return Reflect.apply(value, of, args);
        crash.happened = true;
        const done = crash.when === 'after' ? (Reflect.apply(value, of, args) as Promise<unknown>) : null;
        return Promise.resolve(done).then(() => {
          throw new Error('crashed');
        });
      };
    },
  });
}

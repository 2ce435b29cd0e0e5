import { readdirSync, readFileSync } from 'node:fs';

/** CPU time that a process has used, by what its threads are for, microseconds. */
export interface CpuTime {
  /** JavaScript's main thread. */
  main: number;
  /** The journal's thread. */
  journal: number;
  /** All others: DuckDB, file system, compiler and collector. */
  other: number;
}

/**
 * Reads what the kernel has counted for each thread. On a machine that others use too, the time that a message
 * costs stays what it is while the rate falls, so it is what two programs are compared by.
 */
export function cpuTime(pid: number): CpuTime {
  const out: CpuTime = { main: 0, journal: 0, other: 0 };
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      const name = readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim();
      const [onCpu = '0'] = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ');
      out[Number(tid) === pid ? 'main' : name === 'journal' ? 'journal' : 'other'] += Number(onCpu) / 1000;
    } catch (error) {
      // A thread that ended while the list was read takes its time with it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return out;
}

export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  return {
    main: after.main - before.main,
    journal: after.journal - before.journal,
    other: after.other - before.other,
  };
}

import type { CompiledProfiles } from './profiles/compile.ts';
import { NATIVE_FILTERS } from './subscriber.ts';

/** What our own user has to be allowed at an external broker, as topic filters. */
export function intakeTopics(profiles: CompiledProfiles): { read: string[]; write: string[] } {
  return {
    read: [...new Set([...NATIVE_FILTERS, ...profiles.filters(), 'jieneng/intake/#', '$SYS/broker/#'])],
    // Of several parts one hands another its readings under the meter's topic, and says that it is there.
    write: [...new Set(['meters/+/readings', 'jieneng/intake/#', 'spBv1.0/+/NCMD/+', ...profiles.answers()])],
  };
}

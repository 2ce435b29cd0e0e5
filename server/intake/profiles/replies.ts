import type { CompiledProfiles } from './compile.ts';

/**
 * What a device would publish whose answer comes on this topic: so that a device may listen for the answers to what
 * is its own, and to nothing else. Only topics without wildcards are answered.
 */
export function questionsOf(topic: string, profiles: CompiledProfiles): string[] {
  if (/[+#]/.test(topic)) return [];
  const found = profiles.questions(topic.split('/'));
  // A host asks a Sparkplug node to be born again; the profile does not say so, Sparkplug does.
  const [namespace, group, type, node] = topic.split('/');
  if (namespace === 'spBv1.0' && type === 'NCMD' && node !== undefined) {
    found.push(`spBv1.0/${group}/NBIRTH/${node}`);
  }
  return found;
}

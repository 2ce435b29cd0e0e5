import type { AuditEntry } from '../../../../server/http/schemas/audit.ts';
import type { AuditWords } from './audit.zh.ts';

/** Every action that has a word, with it: what routes do, and what is done with each thing of the catalogue. */
export function actionNames(w: AuditWords): Map<string, string> {
  const names = new Map(Object.entries(w.actions));
  for (const [thing, word] of Object.entries(w.things)) {
    for (const [verb, say] of Object.entries(w.verbs)) names.set(`${thing}.${verb}`, say(word));
  }
  return names;
}

/** An action in words; one that is named after its route, `put.session.preferences`, by what was asked of what. */
export function actionText(action: string, names: ReadonlyMap<string, string>, w: AuditWords): string {
  const [method = '', ...path] = action.split('.');
  return names.get(action) ?? w.methods[method]?.(path.join('/')) ?? action;
}

/**
 * What a target is and is called; '' where nothing is known of it.
 * @param terms words of metrics and indicators
 */
export function objectText(
  object: AuditEntry['object'],
  terms: Readonly<Record<string, string>>,
  w: AuditWords,
): { kind: string; name: string } {
  if (!object) return { kind: '', name: '' };
  const of = object.of === null ? null : (terms[object.of] ?? object.of);
  const name = object.name ?? of ?? '';
  return { kind: w.objects[object.kind], name: object.name && of ? w.objectOf(name, of) : name };
}

/**
 * Days and instants as people type them, whatever the language of the browser: 2026-3-14, 2026/03/14, 20260314
 * or in Chinese characters; and as they are sent: 2026-03-14, 2026-03-14T10:20.
 */

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Year, month and day, parted by a sign or by the characters for them; or eight digits. */
const DAY = /^(\d{4})\s*[-/.\u5e74]\s*(\d{1,2})\s*[-/.\u6708]\s*(\d{1,2})\s*\u65e5?$|^(\d{4})(\d{2})(\d{2})$/;
const TIME = /^(\d{1,2})\s*[:\u65f6\u70b9]\s*(\d{1,2})\s*(?:\u5206|:\s*(\d{1,2}))?$/;
const two = (text: string | undefined) => (text ?? '').padStart(2, '0');

/** @returns 2026-03-14, or null for what is no day */
export function readDay(text: string): string | null {
  const found = DAY.exec(text.normalize('NFKC').trim());
  if (!found) return null;
  const day = `${found[1] ?? found[4]}-${two(found[2] ?? found[5])}-${two(found[3] ?? found[6])}`;
  return isDay(day) ? day : null;
}

/** @returns 2026-03-14T10:20, with seconds where they were typed; or null */
export function readMoment(text: string): string | null {
  const parts = /^(.*?[\d\u65e5])(?:T|\s+|(?<=\u65e5))(\S.*)$/.exec(text.normalize('NFKC').trim());
  const day = parts && readDay(parts[1] ?? '');
  const time = parts && TIME.exec(parts[2] ?? '');
  if (!day || !time) return null;
  const [hour, minute, second] = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return `${day}T${two(time[1])}:${two(time[2])}${time[3] === undefined ? '' : `:${two(time[3])}`}`;
}

/** A sent day or instant as a field shows it: 2026-03-14 10:20. */
export function shown(value: string): string {
  return value.replace('T', ' ');
}

/** Moves the part of a shown day or instant in which the caret stands, as the arrows of a native field do. */
export function stepped(value: string, caret: number, by: number): string {
  const at = new Date(`${value.includes('T') ? value : `${value}T00:00`}Z`);
  if (caret <= 7) {
    const day = at.getUTCDate();
    at.setUTCDate(1);
    at.setUTCMonth(at.getUTCMonth() + (caret <= 4 ? 12 : 1) * by);
    // The 31st of a shorter month is its last day.
    const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
    at.setUTCDate(Math.min(day, last));
  } else if (caret <= 10) at.setUTCDate(at.getUTCDate() + by);
  else if (caret <= 13) at.setUTCHours(at.getUTCHours() + by);
  else if (caret <= 16) at.setUTCMinutes(at.getUTCMinutes() + by);
  else at.setUTCSeconds(at.getUTCSeconds() + by);
  return at.toISOString().slice(0, value.length);
}

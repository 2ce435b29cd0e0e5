import type { Permission } from '../../../../server/domain/access.ts';
import type { Session } from '../../../../server/http/schemas/access.ts';
import { ApiError, apiPath, BACKGROUND, getJson, isAbort, request, watchSignIn } from '../api/client.ts';
import { i18n } from '../i18n/i18n.svelte.ts';
import { app } from './app.svelte.ts';
import { elder } from './elder.svelte.ts';
import { holds, neededFor } from './permissions.ts';
import type { View } from './router.svelte.ts';
import { theme } from './theme.svelte.ts';

/** The end of an idle sign-in is announced this long before it. */
export const WARN_MS = 60_000;

/** Who is signed in, what they may, and when it ends. */
class SessionState {
  /** As the server told last; null: not yet. */
  data = $state.raw<Session | null>(null);
  /** Of the sign-in that the page is built on, also while it is interrupted. */
  #held = $state.raw<Session | null>(null);
  /** Over a page that was being worked on: nobody is signed in any more. */
  interrupted = $state(false);
  /** When the sign-in ends without another request, by the server's clock, as it was last told. */
  #end: number | null = null;
  /** What was told when the page itself asked, and when that was: how long an unused sign-in lasts. */
  #renewed: { end: number; at: number } | null = null;
  #usedAt = 0;
  #waiting: Promise<boolean> | null = null;
  #resume: ((again: boolean) => void) | null = null;
  /** What was chosen before the sign-in goes before what was kept. */
  #chosen = false;

  readonly person = $derived(this.#held?.person ?? null);
  readonly isOpen = $derived(this.data?.state === 'signed_in' && !this.interrupted);

  /** Whether it is held at the node (null: on everything), or anywhere when no node is given. */
  may(permission: Permission, node?: string | null): boolean {
    // The owner of the data directory, who needs no account.
    if (this.#held && this.#held.person === null) return true;
    const held = this.#held?.permissions ?? [];
    return holds(held, permission, node === undefined ? undefined : this.#above(node));
  }

  /** Whether there is something on that page for whoever is signed in. */
  sees(view: View): boolean {
    if (view === 'desk') return !this.may('read');
    if (view === 'account') return this.person !== null;
    return neededFor(view).some((permission) => this.may(permission));
  }

  #above(node: string | null): readonly string[] {
    return node === null ? [] : (app.tree?.path(node).map((n) => n.id) ?? [node]);
  }

  start(): () => void {
    const used = (): void => {
      this.#usedAt = Date.now();
    };
    watchSignIn({ lost: () => this.lost(), used, refused: () => void this.look() });
    const seen = (): void => {
      if (!document.hidden && this.#held) void this.look();
    };
    document.addEventListener('visibilitychange', seen);
    return () => {
      watchSignIn(null);
      document.removeEventListener('visibilitychange', seen);
    };
  }

  /** Asks who is signed in. @throws ApiError */
  async load(isBackground = false): Promise<void> {
    const headers = isBackground ? BACKGROUND : {};
    this.take(await getJson<Session>(apiPath('/session'), undefined, headers), !isBackground);
  }

  /** Puts in force what an answer of the server says. */
  take(session: Session, isRenewed = true): void {
    const isIn = session.state === 'signed_in';
    const isOther = session.person?.id !== this.#held?.person?.id;
    if (isIn && this.#held && isOther) {
      // What stands on the page was fetched for somebody else.
      location.assign('/');
      return;
    }
    this.data = session;
    this.#end = session.idle_until === null ? null : Date.parse(session.idle_until);
    if (this.#end !== null && isRenewed) this.#renewed = { end: this.#end, at: Date.now() };
    if (!isIn) {
      this.interrupted = this.#held !== null;
      return;
    }
    this.#held = session;
    this.interrupted = false;
    if (isOther) this.#adopt(session);
    this.#resume?.(true);
    this.#resume = null;
    this.#waiting = null;
  }

  /** Settles when somebody is signed in again: the same person, or this page is left. */
  lost(): Promise<boolean> {
    this.#waiting ??= new Promise((resolve) => {
      this.#resume = resolve;
      void this.load(true).catch(() => undefined);
    });
    return this.#waiting;
  }

  /** Looks whether the sign-in still stands, for what cannot see why it was refused; keeps nothing alive. */
  async look(): Promise<void> {
    try {
      await this.load(true);
    } catch (error) {
      if (!(error instanceof ApiError) && !isAbort(error)) throw error;
    }
  }

  /** When the sign-in ends unless it is used, epoch ms by the browser's clock; null: it does not. */
  idleEnd(): number | null {
    if (this.#end === null || this.#renewed === null || !this.isOpen) return null;
    const lasts = this.#renewed.end - app.ahead - this.#renewed.at;
    return Math.max(this.#end - app.ahead, this.#usedAt + lasts);
  }

  /** Ends the sign-in and begins again with an empty page. @throws ApiError */
  async leave(): Promise<void> {
    await request(apiPath('/session'), { method: 'DELETE' });
    location.assign('/');
  }

  /** The person's own language, theme and size of type. */
  #adopt({ preferences, person }: Session): void {
    if (person === null) return;
    if (this.#chosen) {
      void this.keep();
      return;
    }
    elder.choose(preferences.elder);
    if (preferences.theme) theme.choose(preferences.theme);
    if (preferences.language && preferences.language !== i18n.language)
      void i18n.choose(preferences.language);
  }

  /** Keeps language, theme and size of type as they are now; before the sign-in, for the one who signs in. */
  async keep(): Promise<void> {
    if (this.data?.state !== 'signed_in') {
      this.#chosen = true;
      return;
    }
    this.#chosen = false;
    if (this.data.person === null) return;
    const preferences = { elder: elder.on, language: i18n.language, theme: theme.choice };
    await request(apiPath('/session/preferences'), {
      method: 'PUT',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(preferences),
    }).catch(() => undefined);
  }
}

export const session = new SessionState();

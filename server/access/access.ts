import type { Identity } from '../domain/access.ts';

/** Tells the HTTP side whom a request comes from. */
export interface Access {
  /** Whether there is anybody who could sign in; until then nothing is answered but the set-up. */
  isSetUp(): boolean;
  /**
   * Whoever the cookie or the token of a request names; null: nobody.
   * @param from address of the client, behind trusted proxies that of whom they name
   */
  identify(headers: Headers, from: string): Identity | null | Promise<Identity | null>;
  /** Whether the request has the token that lets a program read the metrics, and nothing else. */
  mayReadMetrics?(headers: Headers): boolean;
}

/** Takes everybody for the operator. */
export const openAccess: Access = { isSetUp: () => true, identify: () => ({ kind: 'operator' }) };

import type { MqttClient } from 'mqtt';
import { type Findings, SYSTEM_FILTERS } from './findings.ts';
import type { IntakeLog } from './log.ts';
import type { Remembered } from './remembered.ts';
import type { Roll } from './roll.ts';

export interface SubscriptionOptions {
  /** What is to be subscribed to now. */
  wanted(): string[];
  findings: Findings;
  remembered: Remembered | null;
  roll: Roll | null;
  log: IntakeLog;
  /** Ends a connection that is of no use without its subscriptions. */
  breakOff(client: MqttClient): void;
}

/** What our session at an external broker is subscribed to, over its connections and restarts of the program. */
export class Subscriptions {
  readonly #options: SubscriptionOptions;
  #filters: readonly string[] = [];
  /** What the session may still have and nobody wants: its messages would be quarantined. */
  readonly #unwanted: Set<string>;
  /** Whether the broker has had a session of ours: one that is not there then was lost. */
  #had: boolean;
  #systemAsked = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#had = options.remembered?.had() ?? false;
    this.#unwanted = new Set(options.remembered?.filters() ?? []);
  }

  /** Subscribes to what the session of a new connection does not have, and leaves what it has for nothing. */
  async connected(client: MqttClient, sessionPresent: boolean): Promise<void> {
    const { findings, wanted } = this.#options;
    if (this.#had && !sessionPresent) findings.sessionLost();
    const list = wanted();
    const missing = sessionPresent ? list.filter((f) => !this.#filters.includes(f)) : list;
    if (!sessionPresent) this.#unwanted.clear();
    // What it tells of itself went with the session; one that has told us before does not mind being asked again.
    if (!sessionPresent && findings.version !== null) this.#systemAsked = false;
    this.#want(list);
    await this.#subscribe(client, missing);
    // Not before: a session without subscriptions keeps nothing that could be lost.
    if (!client.connected) return;
    this.#had = true;
    this.#remember();
    this.#leave(client);
    this.#answerRoll(client);
    this.#askSystem(client);
  }

  /** What is wanted has changed. */
  async refresh(client: MqttClient): Promise<void> {
    const list = this.#options.wanted();
    const added = list.filter((f) => !this.#filters.includes(f));
    this.#want(list);
    this.#leave(client);
    await this.#subscribe(client, added);
    this.#remember();
  }

  #want(list: readonly string[]): void {
    for (const filter of this.#filters) this.#unwanted.add(filter);
    for (const filter of list) this.#unwanted.delete(filter);
    this.#filters = list;
  }

  #subscribe(client: MqttClient, list: readonly string[]): Promise<void> {
    const { findings, log, breakOff } = this.#options;
    if (list.length === 0) return Promise.resolve();
    return new Promise((done) => {
      client.subscribe([...list], { qos: 1 }, (error, _granted, suback) => {
        const answers = suback?.granted ?? [];
        // MQTT.js makes an error of one refused filter; the others stand all the same.
        if (answers.length === list.length) {
          list.forEach((filter, i) => {
            findings.granted(filter, Number(answers[i]));
          });
        } else if (!client.disconnecting) {
          log.error({ err: error, filters: list }, 'mqtt: subscribing failed');
          // The next connection tries again.
          this.#filters = [];
          breakOff(client);
        }
        done();
      });
    });
  }

  /** Where that fails, the next connection tries again. */
  #leave(client: MqttClient): void {
    const { findings, log } = this.#options;
    const list = [...this.#unwanted];
    if (list.length === 0) return;
    client.unsubscribe(list, (error) => {
      if (error) {
        log.warn({ err: error, filters: list }, 'mqtt: unsubscribing failed');
        return;
      }
      for (const filter of list) {
        if (!this.#filters.includes(filter)) findings.left(filter);
        this.#unwanted.delete(filter);
      }
      this.#remember();
    });
  }

  /** Answers the roll of the parts, and listens to the others. */
  #answerRoll(client: MqttClient): void {
    const { roll, log } = this.#options;
    if (!roll) return;
    roll.connected();
    client.subscribe(roll.filter, { qos: 0 }, (error) => {
      if (error) log.warn({ err: error, filter: roll.filter }, 'mqtt: the other parts cannot be seen');
    });
    client.publish(roll.topic, roll.word, { qos: 1, retain: true }, (error) => {
      if (error)
        log.warn({ err: error, topic: roll.topic }, 'mqtt: the other parts cannot be told of this one');
    });
  }

  /** Once: a broker that ends the connection of one who asks for what it does not tell does so once. */
  #askSystem(client: MqttClient): void {
    if (this.#systemAsked) return;
    this.#systemAsked = true;
    client.subscribe(SYSTEM_FILTERS, { qos: 0 }, (error) => {
      if (error) this.#options.log.debug({ err: error }, 'mqtt: the broker tells nothing about itself');
    });
  }

  #remember(): void {
    const { remembered, log } = this.#options;
    try {
      remembered?.note([...this.#filters, ...this.#unwanted]);
    } catch (error) {
      log.warn({ err: error }, 'mqtt: the session at the broker could not be noted');
    }
  }
}

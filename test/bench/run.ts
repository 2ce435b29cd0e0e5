import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Health } from '../../server/http/schemas/health.ts';
import { type RunningServer, startServer, until } from '../support/server.ts';
import type { Load, LoadResult } from './generator.ts';

export const here = (path: string): string => new URL(path, import.meta.url).pathname;

export function temporary(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'jieneng-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs the generator in a process of its own. */
export function generate(load: Load): Promise<LoadResult> {
  return answerOf<LoadResult>('./generator.ts', JSON.stringify(load));
}

/** Starts a program of the benchmark and takes the line of JSON that it prints. */
export function answerOf<T>(program: string, ...given: string[]): Promise<T> {
  const child = spawn(process.execPath, [here(program), ...given], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as T));
    child.once('exit', (code) =>
      code === 0 ? undefined : reject(new Error(`${program} ended with ${code}`)),
    );
  });
}

/** Bytes that a process had written to disk so far. */
export function writtenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? Number.NaN);
}

export function withIdleBroker<T>(work: (port: number, pid: number) => Promise<T>): Promise<T> {
  return withIdle('./idle-broker.ts', work);
}

/** Beside a program that prints its port and does nothing but pass on what it gets. */
export async function withIdle<T>(
  program: string,
  work: (port: number, pid: number) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, [here(program)], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)));
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
    });
    return await work(port, child.pid as number);
  } finally {
    child.kill();
  }
}

/** An estate of meters m0 … under one building. */
export function estateOf(meters: number, intervalS: number): object {
  return {
    version: 1,
    nodes: [{ id: 'b', name: 'bench', kind: 'building' }],
    meters: Array.from({ length: meters }, (_, i) => ({
      id: `m${i}`,
      name: `m${i}`,
      node: 'b',
      carrier: 'electricity',
      interval_s: intervalS,
      // Or a ceiling is learned in the midst of a measurement, and the past computed again for it.
      max_rate: 1000,
    })),
  };
}

export async function withServer<T>(
  meters: number,
  intervalS: number,
  work: (server: RunningServer, data: string) => Promise<T>,
): Promise<T> {
  const { path, remove } = temporary();
  const server = await startServer(path);
  try {
    const body = JSON.stringify(estateOf(meters, intervalS));
    const headers = { 'content-type': 'application/json' };
    const answer = await server.fetch('/api/v1/estate', { method: 'PUT', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
    return await work(server, path);
  } finally {
    await server.stop();
    remove();
  }
}

export async function health(server: RunningServer): Promise<Health> {
  return (await (await server.fetch('/api/v1/health')).json()) as Health;
}

/** Settles when everything acknowledged is in the time series. */
export async function drained(server: RunningServer, ms = 600_000): Promise<void> {
  await until(
    () => health(server),
    (h) => h.account.pending === 0,
    ms,
  );
}

/** Resident memory now and at its highest, MB. */
export function residentMb(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return { now: kb('VmRSS') / 1000, peak: kb('VmHWM') / 1000 };
}

export function directoryBytes(path: string): number {
  return Number(execFileSync('du', ['-sb', path], { encoding: 'utf8' }).split('\t')[0]);
}

export function fileBytes(path: string): number {
  return statSync(path).size;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Median and slowest of a hundred answers, ms, after twenty that warm caches and the compiler. */
export async function latencies(server: RunningServer, path: string): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let i = 0; i < 120; i++) {
    const began = performance.now();
    const answer = await server.fetch(path);
    if (!answer.ok) throw new Error(await answer.text());
    await answer.arrayBuffer();
    if (i >= 20) times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { p50: times[50] as number, p99: times[98] as number };
}

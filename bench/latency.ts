import { setTimeout as sleep } from 'node:timers/promises';

const REQUESTS_A_SECOND = 40;

export interface Latency {
  /** Milliseconds. */
  p50: number;
  p99: number;
  requests: number;
}

/** Sends requests at a steady pace, whether or not the ones before are answered, until `done` or for `seconds`. */
export async function measureLatency(send: () => Promise<void>, seconds: number, done?: AbortSignal): Promise<Latency> {
  const times: number[] = [];
  const pending: Promise<void>[] = [];
  const end = performance.now() + seconds * 1000;
  for (let next = performance.now(); next < end && !done?.aborted; next += 1000 / REQUESTS_A_SECOND) {
    await sleep(Math.max(0, next - performance.now()));
    // From the moment it was due: a server that stalls is not excused by a client that waits for it.
    pending.push(send().then(() => void times.push(performance.now() - next)));
  }
  await Promise.all(pending);
  times.sort((one, other) => one - other);
  const quantile = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { p50: quantile(0.5), p99: quantile(0.99), requests: times.length };
}

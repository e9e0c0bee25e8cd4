/** The moment that a UUIDv7 (RFC 9562) carries, to the millisecond. */
export const timeOf = (id: string): Date => new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16));

/** The least UUIDv7 of a moment, so that a span of time is a span of the key and the key's indexes serve it. */
export function firstIdAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

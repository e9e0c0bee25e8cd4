/** What would move a terminal's cursor, hide text or turn its direction about. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** A file's name as it may stand on a terminal: what is not to be shown is written as an escape. */
export const shown = (text: string) =>
  text.replace(UNSAFE, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);

/** Cut in the middle, where names differ least. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.floor((length - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(head + 1 - length)}`;
}

/** Columns as wide as what stands in them, two blanks apart; figures are set to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const isFigure = header.map((_, at) => rows.length > 0 && rows.every((row) => /^[\d.,]*$/.test(row[at] ?? '')));
  const line = (row: readonly string[]) =>
    row
      .map((text, at) => (isFigure[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
}

const REDRAW_MS = 100;
/** Before this the pace is that of a start: nothing is foretold from it. */
const PACE_AFTER_MS = 3000;
const BAR_WIDTH = 24;

/** A line on standard error that is drawn over and over, on a terminal alone. */
export class ProgressLine {
  readonly #isShown = process.stderr.isTTY;
  #drawnAt = 0;
  readonly #begun = performance.now();

  draw({ done, total, note = '' }: { done: number; total: number; note?: string }): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const bar = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
    const text = `${bar} ${Math.floor(share * 100)} %  ${done} of ${total}${this.#pace(done, total, now)}  ${note}`;
    process.stderr.write(`\r\x1b[K${text.slice(0, Math.max(20, process.stderr.columns - 1))}`);
  }

  #pace(done: number, total: number, now: number): string {
    const elapsed = now - this.#begun;
    if (done === 0 || elapsed < PACE_AFTER_MS) return '';
    const rate = done / (elapsed / 1000);
    return `, ${rate.toFixed(1)}/s${done < total ? `, ${duration((total - done) / rate)} left` : ''}`;
  }

  clear(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K');
  }
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

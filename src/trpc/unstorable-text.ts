import { invalid } from '../errors.js';

interface Node {
  value: unknown;
  /** Undefined: the input itself. */
  parent?: Node;
  key?: string;
}

/**
 * Refuses what JSON can carry and PostgreSQL's text cannot: NUL, which it rejects, and halves of surrogate pairs, which
 * would be stored as U+FFFD without a word.
 * @throws {DomainError} `invalid` naming the field.
 */
export function refuseUnstorableText(input: unknown): void {
  const left: Node[] = [{ value: input }];
  for (let node = left.pop(); node; node = left.pop()) {
    const { value } = node;
    if (typeof value === 'string') {
      if (value.includes('\0')) throw invalid(fieldOf(node), 'Text may hold no NUL characters.');
      if (/\p{Surrogate}/u.test(value))
        throw invalid(fieldOf(node), 'The text is broken: half of a surrogate pair stands alone.');
    } else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      for (const [key, child] of Object.entries(value)) left.push({ value: child as unknown, parent: node, key });
    }
  }
}

function fieldOf(node: Node): string {
  const keys: string[] = [];
  for (let at: Node | undefined = node; at; at = at.parent) if (at.key !== undefined) keys.unshift(at.key);
  return keys.join('.') || 'body';
}

export interface Claims {
  /** The tools that made the claims or acted on the picture, with the key they stood under. */
  tools: { key: string; name: string }[];
  /** The whole store, a character a byte: for finding what can only stand there as a term of a vocabulary. */
  text: string;
}

/** CBOR keys (C2PA 2.1, claims and actions) whose value is a tool's name, or a map or list that holds a `name`. */
const TOOL_KEYS = ['claim_generator', 'claim_generator_info', 'softwareAgent'];
const MOST_TOOLS = 50;
const NAME_KEY = '\x64name';
const FARTHEST_NAME = 100;

/**
 * Reads the tools named in a C2PA manifest store, signatures unchecked. It looks for the keys instead of parsing the
 * boxes, so that a store that is cut short or malformed still tells what it holds.
 */
export function readClaims(store: Buffer): Claims {
  const tools = TOOL_KEYS.flatMap((key) => {
    const found: Claims['tools'] = [];
    for (let at = store.indexOf(key); at >= 0 && found.length < MOST_TOOLS; at = store.indexOf(key, at + 1)) {
      found.push({ key, name: toolName(store, at + key.length) });
    }
    return found;
  });
  return { tools, text: store.toString('latin1') };
}

function toolName(store: Buffer, at: number): string {
  if (!startsCollection(store[at])) return cborText(store, at);
  const nameAt = store.indexOf(NAME_KEY, at, 'latin1');
  return nameAt < 0 || nameAt > at + FARTHEST_NAME ? '' : cborText(store, nameAt + NAME_KEY.length);
}

const MAJOR_TYPE = { text: 3, array: 4, map: 5 };

function startsCollection(head = 0): boolean {
  return head >> 5 === MAJOR_TYPE.array || head >> 5 === MAJOR_TYPE.map;
}

/** A text string (RFC 8949, major type 3) of up to 255 bytes; empty where there is none. */
function cborText(store: Buffer, at: number): string {
  const head = store[at] ?? 0;
  if (head >> 5 !== MAJOR_TYPE.text) return '';
  const short = head & 0x1f;
  if (short < 24) return store.toString('utf8', at + 1, at + 1 + short);
  return short === 24 ? store.toString('utf8', at + 2, at + 2 + (store[at + 1] ?? 0)) : '';
}

import { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/** What is to be given instead, by the type that zod expects. */
const kinds: Record<string, string> = {
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  date: 'a date',
  file: 'a file',
};

const formats: Record<string, string> = {
  email: 'Enter a valid email address.',
  uuid: 'Give an id such as 01941f29-7c00-7000-8000-000000000000.',
  url: 'Give an address such as https://example.com/pictures.',
  datetime: 'Give a time such as 2026-01-31T09:30:00Z.',
  date: 'Give a date such as 2026-01-31.',
  hex: 'Give hexadecimal digits only.',
};

/** Says of each fault of an input what to give instead; where a schema has a text of its own, that counts. */
export function explainFault(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return ofType(issue);
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'invalid_format':
      return formats[issue.format] ?? 'This does not have the form that is asked for.';
    case 'not_multiple_of':
      return `Give a multiple of ${issue.divisor}.`;
    case 'invalid_value':
      return ofValues(issue);
    case 'unrecognized_keys':
      return `There is no such field: ${issue.keys.join(', ')}.`;
    case 'invalid_union':
      return 'This is none of the forms that are asked for.';
    default:
      return undefined;
  }
}

function ofType({ input, expected, schema }: Extract<Issue, { code: 'invalid_type' }>): string {
  const wanted = expected === 'int' ? 'a whole number' : expected === 'number' ? aNumber(schema) : kinds[expected];
  const kind = wanted ?? 'a value of another kind';
  return input === undefined ? `This is missing: give ${kind}.` : `Give ${kind}.`;
}

/** With the bounds of its schema. */
function aNumber(schema: Issue['schema']): string {
  if (!(schema instanceof z.ZodNumber)) return 'a number';
  const noun = schema.format?.includes('int') ? 'a whole number' : 'a number';
  const [least, most] = [schema.minValue, schema.maxValue].map((bound) =>
    bound === null || !Number.isFinite(bound) || Math.abs(bound) === Number.MAX_SAFE_INTEGER ? undefined : bound,
  );
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  if (least !== undefined) return `${noun} of at least ${least}`;
  return most === undefined ? noun : `${noun} of at most ${most}`;
}

function tooSmall({ origin, minimum, inclusive, exact, schema }: Extract<Issue, { code: 'too_small' }>): string {
  const least = String(minimum);
  if (origin === 'string') {
    if (exact) return `Give exactly ${plural(least, 'character')}.`;
    return least === '1' ? 'This must not be empty.' : `Give at least ${plural(least, 'character')}.`;
  }
  if (origin === 'array' || origin === 'set') {
    return exact ? `Give exactly ${least}.` : least === '1' ? 'Give at least one.' : `Give at least ${least}.`;
  }
  return inclusive === false ? `Give a number above ${least}.` : `Give ${aNumber(schema)}.`;
}

function tooBig({ origin, maximum, inclusive, exact, schema }: Extract<Issue, { code: 'too_big' }>): string {
  const most = String(maximum);
  if (origin === 'string') return `Give ${exact ? 'exactly' : 'at most'} ${plural(most, 'character')}.`;
  if (origin === 'array' || origin === 'set') return `Give ${exact ? 'exactly' : 'at most'} ${most}.`;
  return inclusive === false ? `Give a number below ${most}.` : `Give ${aNumber(schema)}.`;
}

const plural = (count: string, noun: string) => `${count} ${noun}${count === '1' ? '' : 's'}`;

function ofValues({ values, input }: Extract<Issue, { code: 'invalid_value' }>): string {
  const missing = input === undefined ? 'This is missing: give' : 'Give';
  if (values.includes('enabled') && values.includes('disabled')) return `${missing} true or false.`;
  return `${missing} ${values.length === 1 ? String(values[0]) : `one of: ${values.map(String).join(', ')}`}.`;
}

z.config({ customError: explainFault });

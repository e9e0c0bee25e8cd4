import { invalid } from '../../errors.js';

export interface StreamUrl {
  /** With credentials, as whoever opens the stream needs it. A secret. */
  complete: string;
  /** As it may be shown. */
  shown: string;
  hasCredentials: boolean;
}

export const NOT_A_STREAM = 'Enter the address of a stream: rtsp, rtsps, http or https, and a host.';

const SCHEMES = new Set(['rtsp:', 'rtsps:', 'http:', 'https:']);

/**
 * Parameters by which cameras are told what to send. Whatever else a query holds is kept and not shown: makers put
 * passwords and tokens under names of their own.
 */
const HARMLESS = new Set(
  (
    'audio camera ch channel chn codec compression format fps framerate height mode profile quality resolution ' +
    'stream streamtype subtype transport type unicast videocodec width'
  ).split(' '),
);

/** Parts of a path such as `user=admin_password=x`, `admin:x` and a whole address with credentials in it. */
const SECRET_SEGMENT = /(user|login|pass|pwd|token|secret|key|auth|sig|cred)\w*=|:|@|%3a|%40/i;

/**
 * Reads the address of a stream. What may be a secret is left out of `shown`: user and password before the host,
 * parameters of the query that are not known to be harmless, parts of the path that name a password.
 * @returns null when it is no address of a stream: rtsp, rtsps, http or https, with a host.
 */
export function parseStreamUrl(text: string): StreamUrl | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (!SCHEMES.has(url.protocol) || url.hostname === '') return null;
  // Never sent to a camera, so it can only be a slip, and a slip can be a secret.
  url.hash = '';
  const complete = url.href;

  url.username = '';
  url.password = '';
  const segments = url.pathname.split('/');
  if (segments.some(isSecretSegment))
    url.pathname = `/${segments.filter((part) => part && !isSecretSegment(part)).join('/')}`;
  const parameters = url.search.slice(1).split('&');
  if (parameters.some((parameter) => !isHarmless(parameter))) url.search = parameters.filter(isHarmless).join('&');
  return { complete, shown: url.href, hasCredentials: url.href !== complete };
}

/** As `parseStreamUrl`. @throws {DomainError} `invalid` naming `stream_url`, and not quoting it. */
export function readStreamUrl(text: string): StreamUrl {
  const stream = parseStreamUrl(text);
  if (!stream) throw invalid('stream_url', NOT_A_STREAM);
  return stream;
}

const isSecretSegment = (segment: string) => SECRET_SEGMENT.test(segment);

function isHarmless(parameter: string): boolean {
  const [name = '', ...rest] = parameter.split('=');
  const value = rest.join('=');
  return parameter === '' || (HARMLESS.has(name.toLowerCase()) && /^[\w.,-]{0,20}$/.test(value));
}

import { invalid } from '../../errors.js';

export interface StreamUrl {
  /** As whoever opens the stream needs it. A secret. */
  complete: string;
  /** As it may be shown. */
  shown: string;
  /** Whether something of it is not shown. */
  hasCredentials: boolean;
}

const NOT_A_STREAM = 'Enter the address of a stream: rtsp, rtsps, http or https, and a host.';
const STRAY_AT =
  'There is an @ after the host. Percent-encode the characters / ? # @ in the user and the password ' +
  '(%2F, %3F, %23, %40), and an @ that belongs to the path as %40.';

const SCHEMES = new Set(['rtsp:', 'rtsps:', 'http:', 'https:']);

const anyOf = (words: string) => `(?:${words.trim().split(/\s+/).join('|')})`;

/** Of paths as makers of cameras and of servers document them. None is worth guessing as a password. */
const WORD = anyOf(
  `amp asf asp audio av avc axis cam camera cgi ch chan channel channels feed h264 h264preview h265 h265preview hd hevc
   hls image img index isapi jpeg jpg live m3u8 main media medium mjpeg mjpg mp4 mpeg mpeg4 ogg onvif play preview
   profile realmonitor record rtp rtsp sd sdp smp snapshot snap stream streaming streams sub substream track ts udp
   unicast video videos webcam`,
);

const SEGMENT = new RegExp(`^${WORD}\\d{0,2}(?:[-_.](?:${WORD}\\d{0,2}|\\d{1,3})){0,3}$`, 'i');
/** Channels have three digits at most, and the shortest PIN four. */
const NUMBER = new RegExp(`^\\d{1,3}(?:\\.${WORD})?$`, 'i');

/** Parameters by which cameras are told what to send. */
const PARAMETER = new RegExp(
  `^${anyOf(
    `audio camera ch channel chn codec compression format fps framerate height mode profile quality resolution stream
     streamtype subtype transport type unicast videocodec width`,
  )}$`,
  'i',
);
const VALUE = new RegExp(
  `^(?:\\d{0,4}|\\d{1,4}x\\d{1,4}|${WORD}\\d{0,2}|${anyOf('false high low multicast none off on tcp true')})$`,
  'i',
);

/** @returns why it is no address of a stream, in a sentence that does not quote it; null when it is one. */
export function whyNoStream(text: string): string | null {
  if (!URL.canParse(text)) return /^\s*(?:rtsps?|https?):\/\/.*@/is.test(text) ? STRAY_AT : NOT_A_STREAM;
  const url = new URL(text);
  if (!SCHEMES.has(url.protocol) || url.hostname === '') return NOT_A_STREAM;
  // The rest of a password that held a slash: what stands for the host is the user, or the beginning of the password.
  return `${url.pathname}${url.search}${url.hash}`.includes('@') ? STRAY_AT : null;
}

/**
 * Reads the address of a stream. Makers put passwords and tokens anywhere and under names of their own, so `shown` has
 * only what is known to be harmless: scheme, host, port, and of path and query numbers and the words of documented
 * addresses.
 * @returns null when it is no address of a stream: rtsp, rtsps, http or https, with a host, and no @ after that.
 */
export function parseStreamUrl(text: string): StreamUrl | null {
  if (whyNoStream(text) !== null) return null;
  const url = new URL(text);
  // Never sent to a camera, so it can only be a slip, and a slip can be a secret.
  url.hash = '';
  const complete = url.href;

  url.username = '';
  url.password = '';
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  const harmless = harmlessSegments(segments);
  if (harmless.length < segments.length) url.pathname = `/${harmless.join('/')}`;
  const parameters = url.search.slice(1).split('&');
  if (!parameters.every(isHarmlessParameter)) url.search = parameters.filter(isHarmlessParameter).join('&');
  return { complete, shown: url.href, hasCredentials: url.href !== complete };
}

/** As `parseStreamUrl`. @throws {DomainError} `invalid` naming `stream_url`, and not quoting it. */
export function readStreamUrl(text: string): StreamUrl {
  const stream = parseStreamUrl(text);
  if (!stream) throw invalid('stream_url', whyNoStream(text) ?? NOT_A_STREAM);
  return stream;
}

function harmlessSegments(segments: readonly string[]): string[] {
  let hidBefore = false;
  return segments.filter((segment) => {
    const text = decode(segment);
    // After a name such as `password` a number is its value.
    const isShown = SEGMENT.test(text) || (NUMBER.test(text) && !hidBefore);
    hidBefore = !isShown;
    return isShown;
  });
}

function isHarmlessParameter(parameter: string): boolean {
  const [name = '', ...rest] = parameter.split('=');
  return parameter === '' || (PARAMETER.test(decode(name)) && VALUE.test(decode(rest.join('='))));
}

/** Text that cannot be decoded stays as it is: its percent sign is in no list. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import type { Random } from './random.js';

const WORDS = (
  'apple bridge candle delta engine forest garden harbour island jacket kettle lantern market needle orange paper quarter ' +
  'river silver table umbrella valley window yellow anchor butter circle dragon eagle flower glacier hammer insect jungle ' +
  'kitchen letter mirror number ocean pencil question ribbon shadow ticket uniform village winter yard zebra account ' +
  'balance contract delivery estimate figure growth history invoice journal kilogram license message network order ' +
  'payment quality report schedule total update vendor warranty year about after before could every first given however ' +
  'into just known later might never other people quite rather since their under which would'
).split(' ');

export function sentence(random: Random, words: number): string {
  const text = Array.from({ length: words }, () => random.pick(WORDS)).join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const colour = (random: Random): string =>
  `rgb(${random.integer(0, 255)},${random.integer(0, 255)},${random.integer(0, 255)})`;

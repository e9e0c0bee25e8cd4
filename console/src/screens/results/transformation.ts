import { useI18n } from '../../i18n/i18n.js';
import type { PlainKey } from '../../i18n/messages.js';

const plain = new Map(
  Object.entries<PlainKey>({
    flip: 'stepFlip',
    'flip vertical': 'stepFlipVertical',
    transpose: 'stepTranspose',
    transverse: 'stepTransverse',
    border: 'stepBorder',
    'border removed': 'stepBorderRemoved',
    aspect: 'stepAspect',
    inverted: 'stepInverted',
    brightness: 'stepBrightness',
    contrast: 'stepContrast',
    grey: 'stepGrey',
    colour: 'stepColour',
    blur: 'stepBlur',
    sharpen: 'stepSharpen',
    caption: 'stepCaption',
    recompressed: 'stepRecompressed',
  }),
);
const measured = { rotate: 'stepRotate', crop: 'stepCrop', uncrop: 'stepUncrop' } as const;

export type Step = { key: PlainKey } | { key: (typeof measured)[keyof typeof measured]; figure: number };

/** A step of a transformation as the service words it: `flip`, `rotate90`, `rotate 7°`, `crop 12 %`. Undefined: another. */
export function readStep(text: string): Step | undefined {
  const key = plain.get(text);
  if (key) return { key };
  const [, word = '', figure] = /^([a-z]+) ?(\d+)(?:°| %)?$/.exec(text) ?? [];
  return Object.hasOwn(measured, word)
    ? { key: measured[word as keyof typeof measured], figure: Number(figure) }
    : undefined;
}

/** What a step is called here; what this page does not know is told as the service told it. */
export function useStepName() {
  const { t, number, percent } = useI18n();
  return (text: string): string => {
    const step = readStep(text);
    if (!step) return text;
    if (!('figure' in step)) return t(step.key);
    if (step.key === 'stepRotate') return t(step.key, { angle: `${number(step.figure)}°` });
    return t(step.key, { share: percent(step.figure / 100) });
  };
}

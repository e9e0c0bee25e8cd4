import type { PlainKey } from '../../i18n/messages.js';

/** As the service spells them in English, in the order of their keys. */
export const stages = ['stage1', 'stage2', 'stage3', 'stage4', 'dtpi', 'not_classifiable'] as const;
export type Stage = (typeof stages)[number];

export const stageNames: Record<Stage, PlainKey> = {
  stage1: 'stage1',
  stage2: 'stage2',
  stage3: 'stage3',
  stage4: 'stage4',
  dtpi: 'stageDtpi',
  not_classifiable: 'stageNone',
};

export const isStage = (text: string): text is Stage => (stages as readonly string[]).includes(text);

import { z } from 'zod';
import type { Stage } from '../../../models/classification.js';

export type { Stage };

/** Each stage as it is stored, and as the Portuguese clients spell it. */
const portuguese = {
  stage1: 'estagio1',
  stage2: 'estagio2',
  stage3: 'estagio3',
  stage4: 'estagio4',
  not_classifiable: 'nao_classificavel',
  dtpi: 'dtpi',
} as const satisfies Record<Stage, string>;

type Portuguese = (typeof portuguese)[Stage];
export type SpelledStage = Stage | Portuguese;

export const stages = Object.keys(portuguese) as Stage[];

const spellings = [...new Set<SpelledStage>([...Object.values(portuguese), ...stages])];
const storedAs = new Map<SpelledStage, Stage>(
  stages.flatMap((stage) => [
    [stage, stage],
    [portuguese[stage], stage],
  ]),
);

/** A stage in either spelling; whoever takes it stores `toStage` of it and answers what he was given. */
export const stageSchema = z.enum(spellings, `Give one of ${spellings.join(', ')}.`);

export const toStage = (spelled: SpelledStage): Stage => storedAs.get(spelled) ?? 'not_classifiable';

export type Vocabulary = 'pt' | 'en';

/** Spread into the input of every read that answers stages. */
export const vocabularyInput = {
  vocabulary: z
    .enum(['pt', 'en'], 'Give pt or en.')
    .default('pt')
    .meta({ description: 'How stages are spelled: `estagio1`… or, with `en`, `stage1`….' }),
};

export const spell = (stage: Stage, vocabulary: Vocabulary): SpelledStage =>
  vocabulary === 'en' ? stage : portuguese[stage];

/** Something for every stage, under its spelling. */
export function byStage<Value>(vocabulary: Vocabulary, valueOf: (stage: Stage) => Value): Record<string, Value> {
  return Object.fromEntries(stages.map((stage) => [spell(stage, vocabulary), valueOf(stage)]));
}

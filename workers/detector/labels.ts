import { DetectorFault } from './detector-folder.js';

/** What classifiers call generated pictures: by the whole or by the generator. */
const GENERATED =
  /\b(?:ai|aigc|artificial|fake|generated|synthetic|synthesized|deepfake|machine|gan|[a-z]*gan|diffusion|sd|sdxl|dall e|dalle|midjourney|flux|imagen|firefly|glide|wukong|vqdm|adm)\b/;
const TAKEN = /\b(?:human|humans|real|realism|authentic|genuine|natural|nature|photo|photos|photograph|camera|hum)\b/;
const NEGATED = /\b(?:not?|non|un|without)\b/;

/**
 * The classes that mean generated, by their labels.
 * @throws {DetectorFault} where a label says neither or both, or where all say the same.
 */
export function generatedClasses(path: string, id2label: Readonly<Record<string, string>>): number[] {
  const labels = Object.entries(id2label).map(([id, label]) => ({ id: Number(id), label, means: meaningOf(label) }));
  const count = labels.length;
  if (!labels.every(({ id }) => id < count)) throw new DetectorFault(`${path}: id2label does not count from 0.`);
  const unclear = labels.filter(({ means }) => means === null);
  if (unclear.length > 0) {
    const named = unclear.map(({ label }) => JSON.stringify(label.slice(0, 100))).join(', ');
    throw new DetectorFault(
      `${path}: id2label does not tell whether ${named} means generated; rename it, such as "ai".`,
    );
  }
  const generated = labels.filter(({ means }) => means === 'generated').map(({ id }) => id);
  if (generated.length === 0) throw new DetectorFault(`${path}: no label of id2label means generated.`);
  if (generated.length === count && count > 1) {
    throw new DetectorFault(`${path}: every label of id2label means generated.`);
  }
  return generated;
}

function meaningOf(label: string): 'generated' | 'taken' | null {
  const words = label
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ');
  const saysGenerated = GENERATED.test(words);
  if (saysGenerated === TAKEN.test(words)) return null;
  return saysGenerated !== NEGATED.test(words) ? 'generated' : 'taken';
}

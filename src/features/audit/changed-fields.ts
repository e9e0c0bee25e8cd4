/** The fields whose values differ, before and after: the `details` of an event. Give it no secret. */
export function changedFields<Fields extends object>(before: Fields, after: Fields) {
  const keys = (Object.keys(after) as (keyof Fields)[]).filter((key) => before[key] !== after[key]);
  const pick = (fields: Fields) => Object.fromEntries(keys.map((key) => [key, fields[key]]));
  return { before: pick(before), after: pick(after), changed: keys.length > 0 };
}

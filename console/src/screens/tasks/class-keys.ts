import type { Keys } from '../../use-keys.js';

/** The key of each class, in order; U is for undoing. */
export const classKeys = Array.from('1234567890qwertyiopasdfghjklzxcvbnm');

export const keysOfClasses = (classes: readonly string[], choose: (name: string) => void): Keys =>
  Object.fromEntries(
    classKeys.flatMap((key, at) => classes.slice(at, at + 1).map((name) => [key, () => choose(name)])),
  );

import { useEffect, useEffectEvent } from 'react';

/** What keys do, by their names; letters small, whatever Shift and Caps Lock make of them. */
export type Keys = Partial<Record<string, () => void>>;

/**
 * Has keys work on the whole page, but for those that belong to the browser or to a field in focus.
 * @param listens unset while a dialog lies above.
 */
export function useKeys(keys: Keys, listens = true): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (!listens || event.ctrlKey || event.metaKey || event.altKey || belongsToField(event)) return;
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}

/** Whether it is typed, or moves a slider or a choice. A box that was ticked keeps the focus, and wants Space alone. */
function belongsToField({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('[type=range], [type=radio]')) return key.length > 1;
  return target.matches('input:not([type=checkbox]), select, textarea');
}

/** The keys that go from one of so many to another. */
export const walkingKeys = (index: number, count: number, go: (index: number) => void): Keys => ({
  ArrowRight: () => go(Math.min(count - 1, index + 1)),
  ArrowLeft: () => go(Math.max(0, index - 1)),
  Home: () => go(0),
  End: () => go(count - 1),
});

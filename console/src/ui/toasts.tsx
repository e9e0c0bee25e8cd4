import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  action: { label: string; run: () => void } | undefined;
}

type Say = (text: string, options?: { bad?: boolean; action?: Toast['action'] }) => void;

const Context = createContext<Say>(() => undefined);
const SHOWN_MS = 6_000;
const MOST = 3;
let made = 0;

/** Short messages in a corner, read out by screen readers. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const drop = useCallback((id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)), []);
  const say = useCallback<Say>(
    (text, { bad = false, action } = {}) => {
      const id = ++made;
      setToasts((shown) => [...shown, { id, text, bad, action }].slice(-MOST));
      window.setTimeout(() => drop(id), SHOWN_MS);
    },
    [drop],
  );
  const corner = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Shown anew, they lie above whatever dialog was opened since.
    corner.current?.hidePopover();
    if (toasts.length > 0) corner.current?.showPopover();
  }, [toasts]);
  const list = useMemo(
    () =>
      toasts.map(({ id, text, bad, action }) => (
        <div key={id} className={bad ? 'toast bad' : 'toast'}>
          <span>{text}</span>
          {action && (
            <button
              type="button"
              onClick={() => {
                action.run();
                drop(id);
              }}
            >
              {action.label}
            </button>
          )}
        </div>
      )),
    [toasts, drop],
  );
  return (
    <Context value={say}>
      {children}
      <div ref={corner} className="toasts" popover="manual" role="status" aria-live="polite">
        {list}
      </div>
    </Context>
  );
}

export const useToast = (): Say => use(Context);

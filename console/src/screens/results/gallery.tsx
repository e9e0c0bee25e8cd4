import { useId, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import { Picture } from '../../ui/picture.js';
import { VirtualGrid, type GridHandle } from '../../ui/virtual-grid.js';
import { decisionOf, isDuplicate, isGenerated, type Decision, type ResultRow, type Thresholds } from './result-row.js';
import type { useDecisions } from './use-decisions.js';

export interface GalleryProps {
  rows: readonly ResultRow[];
  thresholds: Thresholds;
  decisions: ReturnType<typeof useDecisions>;
  mayDecide: boolean;
  onOpen: (row: ResultRow) => void;
}

const CAPTION_HEIGHT = 62;

/** All pictures as a list of which several can be chosen; worked by keyboard as well as by hand. */
export function Gallery({ rows, thresholds, decisions, mayDecide, onOpen }: GalleryProps) {
  const { t } = useI18n();
  const listId = useId();
  const grid = useRef<GridHandle>(null);
  const [current, setCurrent] = useState(0);
  const [anchor, setAnchor] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const active = Math.min(current, rows.length - 1);
  const activeId = rows[active]?.id;

  const range = (from: number, to: number) =>
    rows.slice(Math.min(from, to), Math.max(from, to) + 1).map(({ id }) => id);
  const toggle = (id: string) => {
    setChosen((present) => {
      const next = new Set(present);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  };
  const go = (index: number, extend: boolean) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setCurrent(next);
    grid.current?.reveal(next);
    if (extend) setChosen(new Set(range(anchor, next)));
    else setAnchor(next);
  };
  const decide = (decision: Decision | null) => {
    if (!mayDecide) return;
    const picked = chosen.size > 0 ? rows.filter(({ id }) => chosen.has(id)) : rows.slice(active, active + 1);
    void decisions.decide(picked, decision);
    if (chosen.size === 0) go(active + 1, false);
    setChosen(new Set());
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey) return;
    const columns = grid.current?.columns ?? 1;
    const control = event.ctrlKey || event.metaKey;
    const page = columns * 4;
    const keys: Partial<Record<string, () => void>> = control
      ? { a: () => setChosen(new Set(rows.map(({ id }) => id))), z: () => void decisions.undo() }
      : {
          ArrowRight: () => go(active + 1, event.shiftKey),
          ArrowLeft: () => go(active - 1, event.shiftKey),
          ArrowDown: () => go(active + columns, event.shiftKey),
          ArrowUp: () => go(active - columns, event.shiftKey),
          PageDown: () => go(active + page, event.shiftKey),
          PageUp: () => go(active - page, event.shiftKey),
          Home: () => go(0, event.shiftKey),
          End: () => go(rows.length - 1, event.shiftKey),
          ' ': () => activeId !== undefined && toggle(activeId),
          Enter: () => {
            const row = rows[active];
            if (row) onOpen(row);
          },
          Escape: () => setChosen(new Set()),
          k: () => decide('keep'),
          r: () => decide('reject'),
          u: () => void decisions.undo(),
        };
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  const onClick = (event: MouseEvent, index: number) => {
    const row = rows[index];
    if (!row) return;
    const marks = (event.target as HTMLElement).closest('.cell-check') !== null;
    setCurrent(index);
    if (event.shiftKey) setChosen(new Set(range(anchor, index)));
    else if (marks || event.ctrlKey || event.metaKey) {
      toggle(row.id);
      setAnchor(index);
    } else {
      setAnchor(index);
      onOpen(row);
    }
  };

  return (
    <>
      {mayDecide && (
        <div className={chosen.size > 0 ? 'bulk-bar on' : 'bulk-bar'}>
          <span aria-live="polite">
            {chosen.size > 0 ? (
              t('chosen', { count: chosen.size })
            ) : (
              <span className="keys-hint">{t('chooseHint')}</span>
            )}
          </span>
          <div className="row">
            {chosen.size > 0 && (
              <>
                <Button size="small" icon="check" onClick={() => decide('keep')}>
                  {t('keep')}
                </Button>
                <Button size="small" icon="close" onClick={() => decide('reject')}>
                  {t('reject')}
                </Button>
                <Button size="small" kind="plain" onClick={() => setChosen(new Set())}>
                  {t('chooseNone')}
                </Button>
              </>
            )}
            <Button
              size="small"
              kind="plain"
              icon="undo"
              disabled={!decisions.canUndo}
              onClick={() => void decisions.undo()}
            >
              {t('undo')}
            </Button>
          </div>
        </div>
      )}
      <div
        className="gallery"
        role="listbox"
        aria-multiselectable="true"
        aria-label={t('tabResults')}
        aria-activedescendant={activeId === undefined ? undefined : `${listId}-${activeId}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <VirtualGrid
          ref={grid}
          count={rows.length}
          captionHeight={CAPTION_HEIGHT}
          rowRole="presentation"
          renderCell={(index) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <Cell
                key={row.id}
                id={`${listId}-${row.id}`}
                row={row}
                position={{ index, total: rows.length }}
                thresholds={thresholds}
                decision={decisionOf(row, decisions.made)}
                chosen={chosen.has(row.id)}
                active={index === active}
                onClick={(event) => onClick(event, index)}
              />
            );
          }}
        />
      </div>
    </>
  );
}

interface CellProps {
  id: string;
  row: ResultRow;
  position: { index: number; total: number };
  thresholds: Thresholds;
  decision: Decision | null;
  chosen: boolean;
  active: boolean;
  onClick: (event: MouseEvent) => void;
}

function Cell({ id, row, position, thresholds, decision, chosen, active, onClick }: CellProps) {
  const { t, number } = useI18n();
  const duplicate = isDuplicate(row, thresholds);
  const generated = isGenerated(row, thresholds);
  const score = (value: number) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const classes = ['cell', 'pressable', active && 'active', chosen && 'chosen', decision === 'reject' && 'rejected'];
  return (
    <div
      id={id}
      role="option"
      aria-selected={chosen}
      aria-setsize={position.total}
      aria-posinset={position.index + 1}
      className={classes.filter(Boolean).join(' ')}
      onClick={onClick}
    >
      <Picture src={row.preview} alt="" />
      <span className="cell-check" aria-hidden="true">
        {chosen && <Icon name="check" />}
      </span>
      {decision !== null && (
        <span className={`badge cell-decision ${decision === 'keep' ? 'good' : 'bad'}`}>
          {t(decision === 'keep' ? 'kept' : 'rejected')}
        </span>
      )}
      <span className="cell-caption">
        <span className="truncate">{row.filename}</span>
        <span className="cell-scores">
          <span className={duplicate ? 'badge duplicate' : 'badge'}>
            <span className="visually-hidden">{t('duplicateScore')}: </span>
            <span aria-hidden="true">{t('shortDuplicate')}</span> {score(row.duplicate)}
          </span>
          <span className={generated ? 'badge generated' : 'badge'}>
            <span className="visually-hidden">{t('generatedScore')}: </span>
            <span aria-hidden="true">{t('shortGenerated')}</span> {score(row.generated)}
          </span>
        </span>
      </span>
    </div>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { client } from '../../api.js';
import { askBeforeLeaving } from '../../ask-before-leaving.js';
import { useI18n } from '../../i18n/i18n.js';
import { useToast } from '../../ui/toasts.js';
import { useFailureToast } from '../../use-failure.js';
import { DecisionOutbox, type Decisions } from './decision-outbox.js';
import { decisionOf, type Decision, type ResultRow } from './result-row.js';

/** The most decisions that the service takes in one call. */
const PER_CALL = 5_000;
/** Deciding the same again changes nothing, and a minute's wait loses nothing. */
const PATIENT = { repeatable: true, retries: 12, longestWait: 60_000 };

async function send(requestId: string, decisions: Decisions): Promise<void> {
  const images = [...decisions].map(([id, decision]) => ({
    image_id: id,
    decision: decision ?? ('undecided' as const),
  }));
  const leaveAlone = askBeforeLeaving();
  try {
    for (let start = 0; start < images.length; start += PER_CALL) {
      const some = { request_id: requestId, images: images.slice(start, start + PER_CALL) };
      await client.duplicates.resolve.mutate(some, { context: PATIENT });
    }
  } finally {
    leaveAlone();
  }
}

function merged(older: Decisions, newer: Decisions): Decisions {
  const both = new Map(older);
  for (const [id, decision] of newer) both.set(id, decision);
  return both;
}

/** Keeping and rejecting pictures: shown at once, taken back where the service refuses, and undone step by step. */
export function useDecisions(requestId: string) {
  const { t } = useI18n();
  const say = useToast();
  const sayFailure = useFailureToast();
  const queries = useQueryClient();
  const [made, setMade] = useState<Decisions>(new Map());
  const outbox = useMemo(() => new DecisionOutbox((decisions) => send(requestId, decisions)), [requestId]);
  const [history, setHistory] = useState<readonly Decisions[]>([]);

  const save = useCallback(
    async (changes: Decisions, before: Decisions) => {
      setMade((current) => merged(current, changes));
      try {
        await outbox.put(changes);
        void queries.invalidateQueries({ queryKey: ['duplicates', requestId] });
        return true;
      } catch (error) {
        setMade((current) => merged(current, before));
        sayFailure(error);
        return false;
      }
    },
    [requestId, outbox, queries, sayFailure],
  );

  const undo = useCallback(async () => {
    const last = history.at(-1);
    if (!last) {
      say(t('nothingToUndo'));
      return;
    }
    setHistory((steps) => steps.slice(0, -1));
    if (await save(last, new Map())) say(t('undone', { count: last.size }));
  }, [history, save, say, t]);

  const decide = useCallback(
    async (rows: readonly ResultRow[], decision: Decision | null) => {
      const changed = rows.filter((row) => decisionOf(row, made) !== decision);
      if (changed.length === 0) return;
      const before: Decisions = new Map(changed.map((row) => [row.id, decisionOf(row, made)]));
      setHistory((steps) => [...steps.slice(-99), before]);
      const changes: Decisions = new Map(changed.map(({ id }) => [id, decision]));
      if (!(await save(changes, before))) {
        setHistory((steps) => steps.filter((step) => step !== before));
        return;
      }
      say(t(decision === 'keep' ? 'keptPictures' : 'rejectedPictures', { count: changed.length }));
    },
    [made, save, say, t],
  );

  return useMemo(() => ({ made, decide, undo, canUndo: history.length > 0 }), [made, decide, undo, history]);
}

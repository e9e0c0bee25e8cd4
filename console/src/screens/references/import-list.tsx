import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote, Notice, ProgressBar } from '../../ui/feedback.js';
import { readList } from './read-list.js';

interface Outcome {
  read: number;
  added: number;
  known: number;
  faults: number;
  firstFaults: readonly number[];
}

const nothing: Outcome = { read: 0, added: 0, known: 0, faults: 0, firstFaults: [] };
const FAULTS_SHOWN = 5;

/** Reads a list of hashes in the browser and has the service know them, block by block. */
export function ImportList({ onClose }: { onClose: () => void }) {
  const { t, number } = useI18n();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState(nothing);
  const load = useMutation({
    mutationFn: async (file: File) => {
      let so = nothing;
      setOutcome(so);
      for await (const { references, faults, lines } of readList(file)) {
        const { added, skipped } =
          references.length > 0 ? await client.references.add.mutate({ references }) : { added: 0, skipped: 0 };
        so = {
          read: so.read + lines,
          added: so.added + added,
          known: so.known + skipped,
          faults: so.faults + faults.length,
          firstFaults: [...so.firstFaults, ...faults].slice(0, FAULTS_SHOWN),
        };
        setOutcome(so);
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['references'] }),
  });
  return (
    <Dialog title={t('referencesImport')} onClose={onClose}>
      <p className="soft">{t('referencesImportLead')}</p>
      <div>
        <Button kind="primary" icon="upload" busy={load.isPending} onClick={() => input.current?.click()}>
          {t('referencesChoose')}
        </Button>
        <input
          ref={input}
          type="file"
          hidden
          accept=".csv,.tsv,.txt,.jsonl,.ndjson"
          aria-label={t('referencesChoose')}
          onChange={({ target }) => {
            const file = target.files?.[0];
            if (file) load.mutate(file);
            target.value = '';
          }}
        />
      </div>
      {load.isPending && <ProgressBar label={t('referencesImport')} value={outcome.read} max={0} />}
      {load.error && <ErrorNote error={load.error} />}
      {outcome.read > 0 && (
        <div className="stack tight" aria-live="polite">
          <Notice kind={load.isPending ? 'info' : 'good'}>
            <span>{t('referencesRead', { count: outcome.read })}</span>
            <span>
              {t('referencesAdded', { count: outcome.added })}{' '}
              {outcome.known > 0 && t('referencesKnown', { count: outcome.known })}
            </span>
          </Notice>
          {outcome.faults > 0 && (
            <Notice kind="bad">
              <span>{t('referencesFaults', { count: outcome.faults })}</span>
              <ul>
                {outcome.firstFaults.map((line) => (
                  <li key={line}>{t('referencesLine', { line: number(line) })}</li>
                ))}
              </ul>
            </Notice>
          )}
        </div>
      )}
    </Dialog>
  );
}

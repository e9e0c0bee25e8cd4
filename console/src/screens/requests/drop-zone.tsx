import { useEffect, useRef, useState, type DragEvent } from 'react';
import { chosenFiles, droppedFiles, type UploadSource } from '../../../../client/browser.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import { lookAt, type FoundFile } from './found-files.js';

export interface DropZoneProps {
  hint?: string;
  /** Whether a whole folder can be chosen; one can be dropped in any case. */
  folders?: boolean;
  /** It takes nothing now. */
  busy?: boolean;
  onFiles: (files: FoundFile[]) => void;
}

/** Takes pictures by drop or choice. */
export function DropZone({ hint, folders = false, busy = false, onFiles }: DropZoneProps) {
  const { t } = useI18n();
  const [over, setOver] = useState(false);
  const [looking, setLooking] = useState(false);
  const occupied = busy || looking;
  const take = async (sources: Iterable<UploadSource> | AsyncIterable<UploadSource>) => {
    setLooking(true);
    const found = await lookAt(sources);
    setLooking(false);
    if (found.length > 0) onFiles(found);
  };
  useMissedDrops();
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!occupied) void take(droppedFiles(event.dataTransfer));
  };
  return (
    <div
      className={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        if (!occupied) setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <Icon name="upload" />
      <strong>{t('dropHere')}</strong>
      {hint !== undefined && <span className="faint">{hint}</span>}
      <div className="row">
        <FileButton busy={occupied} onFiles={take} />
        {folders && <FileButton folder busy={occupied} onFiles={take} />}
      </div>
    </div>
  );
}

interface FileButtonProps {
  folder?: boolean;
  busy: boolean;
  onFiles: (files: File[]) => Promise<void>;
}

function FileButton({ folder = false, busy, onFiles }: FileButtonProps) {
  const { t } = useI18n();
  const input = useRef<HTMLInputElement>(null);
  const name = t(folder ? 'chooseFolder' : 'chooseFiles');
  return (
    <>
      <Button kind={folder ? 'plain' : undefined} busy={busy} onClick={() => input.current?.click()}>
        {name}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={name}
        {...(folder ? { webkitdirectory: '' } : { accept: 'image/jpeg,image/png,image/webp' })}
        onChange={({ target }) => {
          void onFiles(chosenFiles(target.files));
          target.value = '';
        }}
      />
    </>
  );
}

/** What is dropped beside the zone would be shown in place of the page, and end what it is sending. */
function useMissedDrops(): void {
  useEffect(() => {
    const hold = (event: Event) => event.preventDefault();
    for (const name of ['dragover', 'drop']) window.addEventListener(name, hold);
    return () => {
      for (const name of ['dragover', 'drop']) window.removeEventListener(name, hold);
    };
  }, []);
}

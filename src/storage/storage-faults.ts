import type { Readable } from 'node:stream';
import { DomainError } from '../errors.js';

const RETRY_AFTER_SECONDS = 10;

/** Of a disk that does not do its work, or a process that may open no more files. */
const DISK_CODES = /^(EIO|EROFS|ENXIO|ENODEV|ESTALE|EREMOTEIO|EMFILE|ENFILE|EACCES|EPERM|ETIMEDOUT|EBUSY)$/;
/** Of a disk, or a share of one, without room; `EFBIG` where the process may write no larger file. */
const FULL_CODES = /^(ENOSPC|EDQUOT|EFBIG)$/;

export const storageFull = (cause: unknown) =>
  withCause(
    new DomainError('storage_full', 'The storage is full: nothing can be stored until space has been freed.'),
    cause,
  );

/** 503: nothing of the call was kept. */
export const storageUnavailable = (cause: unknown) =>
  withCause(
    new DomainError(
      'unavailable',
      'The storage does not answer as it should just now. Try again in a moment.',
      undefined,
      RETRY_AFTER_SECONDS,
    ),
    cause,
  );

/** What callers are told of a fault of the disk; any other error as it is. */
export function diskFault(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (FULL_CODES.test(code)) return storageFull(error);
  return DISK_CODES.test(code) ? storageUnavailable(error) : error;
}

/** Has a stream that breaks off tell why as `explain` puts it: whoever reads it knows nothing of disks and networks. */
export function explainFaults(stream: Readable, explain: (error: unknown) => unknown): Readable {
  const destroy = stream._destroy.bind(stream);
  stream._destroy = (error, done) => destroy(error, (fault) => done(fault && (explain(fault) as Error)));
  return stream;
}

/** The log tells what lay behind. */
const withCause = (fault: DomainError, cause: unknown) => Object.assign(fault, { cause });

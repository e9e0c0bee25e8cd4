import type { Readable, Writable } from 'node:stream';
import multer from '@koa/multer';
import pLimit from 'p-limit';
import { v7 as uuidv7 } from 'uuid';
import type { UploadLimits } from '../config.js';
import { DomainError, invalid } from '../errors.js';
import { sanitizeFilename } from '../features/uploads/inspection/filename.js';
import { receiveFile } from '../features/uploads/inspection/receive-file.js';
import { takeBack } from '../features/uploads/receive.js';
import type { Storage } from '../storage/storage.js';
import type { ReceivedFile, ReceivedFiles, RejectedFile } from '../features/uploads/received-files.js';
import { uploadTurns } from './overload.js';
import type { HttpContext } from './request-state.js';
import { announcedBytes, drainUnreadBody, isAborted, uploadAborted } from './request-body.js';

const FILES_AT_A_TIME = 4;
const MAX_TEXT_FIELDS = 50;
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_NAME_BYTES = 100;
/** Room for a part's boundary and headers beside the file itself. */
const PART_OVERHEAD_BYTES = 1024;
/** Whatever is older in storage and belongs to nothing never will (`features/uploads/sweep-storage.ts`). */
const LONGEST_CALL_MS = 12 * 60 * 60 * 1000;
const FORM_OVERHEAD_BYTES = 1024 * 1024;
/** The parser's word for it. */
const UNREADABLE_HEADER = 'Malformed part header';

export interface AcceptedFiles {
  /** Names of the form fields that carry files. */
  fields: readonly string[];
  keyPrefix: string;
  /** How many are taken; as many as in any call unless given. */
  maxFiles?: number;
}

/**
 * Receives one multipart call in two steps, so that a procedure can authorise in between: `fields` reads as far as the
 * first file and leaves that waiting in the network; `receive` streams the files to storage.
 */
export interface MultipartReceiver {
  /**
   * The text fields that stand before the first file; of several under one name the last.
   * @throws {DomainError} `invalid` for a malformed form, `too_large` for a call that announces too much.
   */
  fields(): Promise<Record<string, string>>;
  /**
   * The files in the order sent. When this fails, nothing that the call brought is left in storage.
   * @throws {DomainError} `invalid` for a malformed or aborted form, `too_large`, `storage_full`, `unavailable`.
   */
  receive(accept: AcceptedFiles): Promise<ReceivedFiles>;
  /** For a call answered without receiving: lets the client finish sending within bounds. */
  discard(): void;
  /** Whether `receive` was called. */
  readonly used: boolean;
}

export function createMultipartReceiver(
  ctx: HttpContext,
  { storage, limits }: { storage: Storage; limits: UploadLimits },
): MultipartReceiver {
  return new MulterReceiver(ctx, storage, limits);
}

type Form = Record<string, string | string[]>;
type Part = multer.File & { stream: Readable };

class MulterReceiver implements MultipartReceiver {
  used = false;
  readonly #ctx: HttpContext;
  readonly #storage: Storage;
  readonly #limits: UploadLimits;
  readonly #turns = pLimit(FILES_AT_A_TIME);
  readonly #accepted = deferred<AcceptedFiles>();
  readonly #failed = deferred<never>();
  readonly #textFields = deferred<Record<string, string>>();
  readonly #receiving: Promise<ReceivedFile | RejectedFile | undefined>[] = [];
  #acceptedCount = 0;
  #hasFailed = false;
  #parser: Writable | undefined;
  #parsing: Promise<void> | undefined;

  constructor(ctx: HttpContext, storage: Storage, limits: UploadLimits) {
    this.#ctx = ctx;
    this.#storage = storage;
    this.#limits = limits;
    this.#failed.promise.catch(() => undefined);
  }

  fields(): Promise<Record<string, string>> {
    this.#start();
    return Promise.race([this.#failed.promise, this.#textFields.promise]);
  }

  async receive(accept: AcceptedFiles): Promise<ReceivedFiles> {
    this.used = true;
    this.#start();
    try {
      return await uploadTurns.take(() => this.#receive(accept));
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  async #receive(accept: AcceptedFiles): Promise<ReceivedFiles> {
    this.#accepted.resolve(accept);
    const tooLong = new DomainError('invalid', 'The upload took more than 12 hours: send the files in several calls.');
    const deadline = setTimeout(() => this.#fail(tooLong), LONGEST_CALL_MS);
    try {
      await Promise.race([this.#failed.promise, this.#parsing]);
    } catch (error) {
      await this.#undo(error);
      throw error;
    } finally {
      clearTimeout(deadline);
    }
    const outcomes = (await Promise.all(this.#receiving)).filter((outcome) => outcome !== undefined);
    return {
      stored: outcomes.filter((outcome) => 'key' in outcome),
      rejected: outcomes.filter((outcome) => 'code' in outcome),
    };
  }

  discard(): void {
    if (!this.used) this.#fail(new Error('Discarded'));
  }

  #start(): void {
    this.#parsing ??= this.#parse().catch((error: unknown) => this.#fail(this.#parseFault(error)));
  }

  async #parse(): Promise<void> {
    if (!this.#ctx.is('multipart/form-data')) {
      throw new DomainError('invalid', 'Send the pictures as multipart/form-data.');
    }
    if ((announcedBytes(this.#ctx.req) ?? 0) > this.#mostBytes) throw this.#overLimit();
    const options = {
      storage: {
        _handleFile: (_request: unknown, part: Part, done: (error?: unknown) => void) => {
          this.#textFields.resolve(textFields(this.#ctx));
          const receiving = this.#receiveInTurn(part);
          this.#receiving.push(receiving);
          void receiving.then(() => done());
        },
        // What a failed call has stored is removed by `receive`, once nothing is being stored any more.
        _removeFile: (_request: unknown, _part: unknown, done: (...nothing: never[]) => void) => done(),
      },
      defParamCharset: 'utf8',
      limits: {
        fields: MAX_TEXT_FIELDS,
        fieldSize: MAX_TEXT_BYTES,
        fieldNameSize: MAX_NAME_BYTES,
        fieldNestingDepth: 0,
        parts: 2 * this.#limits.maxFilesPerUpload + MAX_TEXT_FIELDS,
        headerPairs: 20,
      },
      streamHandler: (request: Readable, parser: Writable) => this.#feed(request, parser),
    };
    await multer(options).any()(this.#ctx, () => Promise.resolve());
    this.#textFields.resolve(textFields(this.#ctx));
  }

  #feed(request: Readable, parser: Writable): void {
    this.#parser = parser;
    this.#passOverUnreadableParts(request, parser);
    let left = this.#mostBytes;
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.#fail(this.#overLimit());
    });
    request.pipe(parser);
  }

  /**
   * Multer ends a form at a part whose header cannot be read, as it does with control characters in a file's name. The
   * parser itself would go on with the next one, had not its error ended multer's interest and the pipe.
   */
  #passOverUnreadableParts(request: Readable, parser: Writable): void {
    const endForm = parser.listeners('error') as ((error: Error) => void)[];
    parser.removeAllListeners('error');
    parser.on('error', (error: Error) => {
      if (error.message === UNREADABLE_HEADER && !parser.destroyed) {
        this.#receiving.push(Promise.resolve(unreadablePart(this.#receiving.length + 1)));
        request.pipe(parser);
      } else {
        for (const end of endForm) end(error);
      }
    });
  }

  /** Never rejects: a fault ends the call as a whole. */
  async #receiveInTurn(part: Part): Promise<ReceivedFile | RejectedFile | undefined> {
    try {
      const accepted = await Promise.race([this.#accepted.promise, this.#failed.promise]);
      const rejected = this.#rejectionOf(part, accepted);
      if (rejected) {
        part.stream.resume();
        return rejected;
      }
      return await this.#turns(async () => {
        if (this.#hasFailed) return undefined;
        const key = `${accepted.keyPrefix}/${uuidv7()}`;
        return receiveFile(part.stream, part.originalname, { storage: this.#storage, key, limits: this.#limits });
      });
    } catch (error) {
      this.#fail(part.stream.errored ? this.#parseFault(error) : error);
      return undefined;
    }
  }

  #rejectionOf(part: Part, { fields, maxFiles = Infinity }: AcceptedFiles): RejectedFile | undefined {
    const filename = sanitizeFilename(part.originalname);
    if (!fields.includes(part.fieldname)) {
      const message = `Files are taken in the field ${fields.join(' or ')}, not in one of another name.`;
      return { filename, code: 'unexpected_field', message };
    }
    const most = Math.min(maxFiles, this.#limits.maxFilesPerUpload);
    if (++this.#acceptedCount > most) {
      const message = `At most ${most} ${most === 1 ? 'file is' : 'files are'} taken in one call: send this one in another.`;
      return { filename, code: 'too_many_files', message };
    }
    return undefined;
  }

  /** The first fault counts: parsing stops, and what the client is still sending is swallowed. */
  #fail(fault: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#failed.reject(fault);
    if (this.#parser) {
      this.#ctx.req.unpipe(this.#parser);
      this.#parser.destroy(new Error('Stopped'));
    }
    drainUnreadBody(this.#ctx.req);
  }

  async #undo(fault: unknown): Promise<void> {
    const outcomes = await Promise.all(this.#receiving);
    const keys = outcomes.flatMap((outcome) => (outcome && 'key' in outcome ? outcome.key : []));
    await takeBack(this.#storage, keys, fault);
  }

  get #mostBytes(): number {
    const { maxFileBytes, maxFilesPerUpload } = this.#limits;
    return maxFilesPerUpload * (maxFileBytes + PART_OVERHEAD_BYTES) + FORM_OVERHEAD_BYTES;
  }

  #overLimit(): DomainError {
    const { maxFileBytes, maxFilesPerUpload } = this.#limits;
    const message = `One call takes at most ${maxFilesPerUpload} files of ${maxFileBytes} bytes: send them in several.`;
    return new DomainError('too_large', message);
  }

  #parseFault(error: unknown): unknown {
    if (error instanceof DomainError) return error;
    if (isAborted(this.#ctx.req)) return uploadAborted();
    const { code, field } = error as { code?: string; field?: string };
    if (code === 'LIMIT_PART_COUNT') return this.#overLimit();
    if (code?.startsWith('LIMIT_')) {
      return invalid(field ?? 'form', 'The form has too many text fields, or one that is too long or oddly named.');
    }
    return new DomainError('invalid', 'The form is malformed: it cannot be read as multipart/form-data.');
  }
}

const unreadablePart = (number: number): RejectedFile => ({
  filename: sanitizeFilename(''),
  code: 'unreadable_part',
  message: `The header of file ${number} in the form cannot be read: give the file a name without control characters.`,
});

function textFields(ctx: HttpContext): Record<string, string> {
  const { body } = ctx.req as { body?: Form };
  const form = body ?? (ctx.request as { body?: Form }).body ?? {};
  const fields = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(form)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (name !== '__proto__' && typeof last === 'string') fields[name] = last;
  }
  return fields;
}

function deferred<T>() {
  let settle: { resolve: (value: T) => void; reject: (reason: unknown) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return {
    promise,
    resolve: (value: T) => settle?.resolve(value),
    reject: (reason: unknown) => settle?.reject(reason),
  };
}

import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { BuildMiddleware } from '@smithy/types';
import pMap from 'p-map';
import { ConfigError } from '../config.js';
import { assertObjectKey } from './object-key.js';
import { startOfSigningWindow } from './signed-url.js';
import { explainFaults, storageFull, storageUnavailable } from './storage-faults.js';
import {
  type ListedObject,
  type ObjectInfo,
  ObjectNotFound,
  type SignedGet,
  type SignedUpload,
  type Storage,
  type StoredObject,
} from './storage.js';

/** Larger objects go up in parts of this size, at most two of them in memory. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_IN_FLIGHT = 2;
const CONCURRENT_DELETIONS = 16;
const PROBE_KEY = 'checks/writable';
const CONNECTIONS = 128;
const DEFAULT_TIMEOUT_SECONDS = 30;
/** What servers other than AWS say with a status of their own. */
const FULL_NAMES = /^(XMinioStorageFull|InsufficientStorage|QuotaExceeded|EntityTooLargeForQuota)$/;
const NETWORK_CODES = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** Keeps objects in a bucket of S3 or of a server that speaks its protocol. Credentials come from the usual sources. */
export class S3Storage implements Storage {
  readonly #bucket: string;
  readonly #client: S3Client;
  /** Signs URLs for browsers, which may know the server under another name than we do. */
  readonly #publicClient: S3Client;

  private constructor(bucket: string, client: S3Client, publicClient: S3Client) {
    this.#bucket = bucket;
    this.#client = client;
    this.#publicClient = publicClient;
  }

  /**
   * @param url `s3://bucket?region=…&endpoint=…&public_endpoint=…&path_style=…&timeout=…`, all parameters optional:
   *   `path_style` says whether the bucket stands in the path (`true`, as with an endpoint) or in the host's name, and
   *   `timeout` for how many seconds the server may keep silent.
   * @throws {ConfigError}
   */
  static open(url: string): S3Storage {
    const { hostname: bucket, pathname, searchParams } = new URL(url);
    const unknown = [...searchParams.keys()].filter(
      (name) => !['endpoint', 'region', 'public_endpoint', 'path_style', 'timeout'].includes(name),
    );
    if (!bucket || pathname.length > 1) throw new ConfigError('  STORAGE_URL: must have the form s3://bucket?…');
    if (unknown.length > 0) throw new ConfigError(`  STORAGE_URL: unknown parameter ${unknown.join(', ')}`);

    const endpoint = searchParams.get('endpoint') ?? undefined;
    const pathStyle = searchParams.get('path_style') ?? String(endpoint !== undefined);
    const timeout = Number(searchParams.get('timeout') ?? DEFAULT_TIMEOUT_SECONDS);
    if (!/^(true|false)$/.test(pathStyle)) throw new ConfigError('  STORAGE_URL: path_style must be true or false');
    if (!(timeout > 0)) throw new ConfigError('  STORAGE_URL: timeout must be a number of seconds');
    const region = searchParams.get('region') ?? (endpoint && 'us-east-1');
    const shared = { region, pathStyle: pathStyle === 'true', timeoutMs: timeout * 1000 };
    const client = connect({ endpoint, ...shared });
    const publicEndpoint = searchParams.get('public_endpoint');
    return new S3Storage(bucket, client, publicEndpoint ? connect({ endpoint: publicEndpoint, ...shared }) : client);
  }

  async put(key: string, body: Readable, contentType: string): Promise<ObjectInfo> {
    const counted = new CountedStream(body);
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#at(key), Body: Readable.from(counted, { objectMode: false }), ContentType: contentType },
      partSize: PART_BYTES,
      queueSize: PARTS_IN_FLIGHT,
    });
    const { ETag } = await upload.done().catch((error: unknown) => {
      throw counted.fault ?? s3Fault(error);
    });
    return { bytes: counted.bytes, etag: ETag ?? '' };
  }

  async open(key: string): Promise<StoredObject> {
    const { Body, ContentLength, ETag } = await this.#client
      .send(new GetObjectCommand(this.#at(key)))
      .catch((error: unknown) => {
        throw isMissing(error) ? new ObjectNotFound(key) : s3Fault(error);
      });
    return { stream: explainFaults(Body as Readable, s3Fault), bytes: ContentLength ?? 0, etag: ETag ?? '' };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const { ContentLength, ETag } = await this.#client.send(new HeadObjectCommand(this.#at(key)));
      return { bytes: ContentLength ?? 0, etag: ETag ?? '' };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw s3Fault(error);
    }
  }

  async move(from: string, to: string): Promise<void> {
    assertObjectKey(from);
    const copy = new CopyObjectCommand({ ...this.#at(to), CopySource: `${this.#bucket}/${from}` });
    await this.#client.send(copy).catch((error: unknown) => {
      throw isMissing(error) ? new ObjectNotFound(from) : s3Fault(error);
    });
    await this.delete([from]);
  }

  /** One by one: deleting many in one call wants a checksum that not every server knows. */
  async delete(keys: readonly string[]): Promise<void> {
    const remove = (key: string) => this.#client.send(new DeleteObjectCommand(this.#at(key)));
    await pMap(keys, remove, { concurrency: CONCURRENT_DELETIONS }).catch((error: unknown) => {
      throw s3Fault(error);
    });
  }

  async withLocalFile<T>(key: string, use: (path: string) => Promise<T>): Promise<T> {
    const { stream } = await this.open(key);
    const folder = await mkdtemp(join(tmpdir(), 'assay-'));
    try {
      const path = join(folder, 'object');
      await pipeline(stream, createWriteStream(path));
      return await use(path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async signedGetUrl(key: string, { contentType, disposition, expiresInSeconds }: SignedGet): Promise<string> {
    const get = new GetObjectCommand({
      ...this.#at(key),
      ResponseContentType: contentType,
      ResponseContentDisposition: disposition ?? 'inline',
      ResponseCacheControl: `private, immutable, max-age=${expiresInSeconds}`,
    });
    const signingDate = new Date(startOfSigningWindow(expiresInSeconds) * 1000);
    return getSignedUrl(this.#publicClient, get, { expiresIn: expiresInSeconds, signingDate });
  }

  async signedPutUrl(
    key: string,
    options: { contentType: string; contentLength?: number; expiresInSeconds: number },
  ): Promise<SignedUpload> {
    const { contentType, contentLength, expiresInSeconds } = options;
    const put = new PutObjectCommand({ ...this.#at(key), ContentType: contentType, ContentLength: contentLength });
    const url = await getSignedUrl(this.#publicClient, put, {
      expiresIn: expiresInSeconds,
      signableHeaders: new Set(['host', 'content-type', ...(contentLength === undefined ? [] : ['content-length'])]),
    });
    return { url, method: 'PUT', headers: { 'Content-Type': contentType } };
  }

  async *list(prefix: string, after?: string): AsyncGenerator<ListedObject[]> {
    assertObjectKey(prefix);
    const where = { Bucket: this.#bucket, Prefix: `${prefix}/`, ...(after !== undefined && { StartAfter: after }) };
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, where)) {
      yield Contents.map(({ Key = '', LastModified }) => ({ key: Key, ageSeconds: this.#secondsSince(LastModified) }));
    }
  }

  async removeUnfinished(olderThanSeconds: number): Promise<number> {
    let removed = 0;
    try {
      for await (const { Uploads = [] } of paginateListMultipartUploads(this.#client, this.#bucket)) {
        const abandoned = Uploads.filter(({ Initiated }) => this.#secondsSince(Initiated) >= olderThanSeconds);
        for (const { Key, UploadId } of abandoned) {
          await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId }));
          removed += 1;
        }
      }
    } catch (error) {
      // A server that cannot list them, or forbids it, has to remove them by a lifecycle of its own.
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      const isRefusal = status === 501 || (status !== undefined && status >= 400 && status < 500);
      if (!isRefusal) throw s3Fault(error);
    }
    return removed;
  }

  async check(): Promise<void> {
    await this.#client.send(new PutObjectCommand({ ...this.#at(PROBE_KEY), Body: 'probe' }));
    await this.#client.send(new HeadObjectCommand(this.#at(PROBE_KEY)));
  }

  /** By the server's clock: the client learns from its answers how far ours is off. */
  #secondsSince(time: Date | undefined): number {
    return time ? (Date.now() + this.#client.config.systemClockOffset - time.getTime()) / 1000 : 0;
  }

  #at(key: string) {
    assertObjectKey(key);
    return { Bucket: this.#bucket, Key: key };
  }
}

/** Keeps a stream's own fault, for an upload that is then cancelled may fail at that too and throw the latter. */
class CountedStream implements AsyncIterable<Buffer> {
  bytes = 0;
  fault: unknown;

  constructor(readonly source: AsyncIterable<Buffer>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.source) {
        this.bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }
}

interface Connection {
  endpoint: string | undefined;
  region: string | undefined;
  pathStyle: boolean;
  timeoutMs: number;
}

/** Checksums only where the protocol demands them: presigned PUTs could not satisfy them, and some servers corrupt them. */
function connect({ endpoint, region, pathStyle, timeoutMs }: Connection): S3Client {
  const client = new S3Client({
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    forcePathStyle: pathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: Math.min(5_000, timeoutMs),
      // Silence, not length: a part may take its time as long as bytes move, and the answer is waited for as long.
      socketTimeout: timeoutMs,
      httpAgent: { maxSockets: CONNECTIONS },
      httpsAgent: { maxSockets: CONNECTIONS },
    },
  });
  if (pathStyle) client.middlewareStack.add(nameBucketBarely, { step: 'build' });
  return client;
}

/** To AWS `/bucket/` and `/bucket` are one; some servers sign the latter only. */
const nameBucketBarely: BuildMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => (call) => {
  const request = call.request as { path: string };
  if (/^\/[^/]+\/$/.test(request.path)) request.path = request.path.slice(0, -1);
  return next(call);
};

async function* paginateListMultipartUploads(client: S3Client, bucket: string) {
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, ...from }));
    yield page;
    if (!page.IsTruncated) return;
    from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404 && error.name !== 'NoSuchBucket';
}

/** The server's, or the way to it: told apart from faults of the caller's stream, which are his. */
function s3Fault(error: unknown): unknown {
  if (error instanceof S3ServiceException) {
    const { httpStatusCode: status = 500 } = error.$metadata;
    if (status === 507 || FULL_NAMES.test(error.name)) return storageFull(error);
    return status >= 500 || status === 429 ? storageUnavailable(error) : error;
  }
  const { code = '', name } = (error ?? {}) as NodeJS.ErrnoException;
  return NETWORK_CODES.test(code) || name === 'TimeoutError' ? storageUnavailable(error) : error;
}

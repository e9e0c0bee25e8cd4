import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import pMap from 'p-map';
import { ConfigError } from '../config.js';
import { DomainError } from '../errors.js';
import { assertObjectKey } from './object-key.js';
import { startOfSigningWindow } from './signed-url.js';
import {
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
   * @param url `s3://bucket?region=…&endpoint=…&public_endpoint=…`, all parameters optional
   * @throws {ConfigError}
   */
  static open(url: string): S3Storage {
    const { hostname: bucket, pathname, searchParams } = new URL(url);
    const unknown = [...searchParams.keys()].filter(
      (name) => !['endpoint', 'region', 'public_endpoint'].includes(name),
    );
    if (!bucket || pathname.length > 1) throw new ConfigError('  STORAGE_URL: must have the form s3://bucket?…');
    if (unknown.length > 0) throw new ConfigError(`  STORAGE_URL: unknown parameter ${unknown.join(', ')}`);

    const endpoint = searchParams.get('endpoint') ?? undefined;
    const region = searchParams.get('region') ?? (endpoint && 'us-east-1');
    const client = connect(endpoint, region);
    const publicEndpoint = searchParams.get('public_endpoint');
    return new S3Storage(bucket, client, publicEndpoint ? connect(publicEndpoint, region) : client);
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
      throw counted.fault ?? explained(error);
    });
    return { bytes: counted.bytes, etag: ETag ?? '' };
  }

  async open(key: string): Promise<StoredObject> {
    const { Body, ContentLength, ETag } = await this.#client
      .send(new GetObjectCommand(this.#at(key)))
      .catch((error: unknown) => {
        throw isMissing(error) ? new ObjectNotFound(key) : error;
      });
    return { stream: Body as Readable, bytes: ContentLength ?? 0, etag: ETag ?? '' };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const { ContentLength, ETag } = await this.#client.send(new HeadObjectCommand(this.#at(key)));
      return { bytes: ContentLength ?? 0, etag: ETag ?? '' };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async move(from: string, to: string): Promise<void> {
    assertObjectKey(from);
    const copy = new CopyObjectCommand({ ...this.#at(to), CopySource: `${this.#bucket}/${from}` });
    await this.#client.send(copy).catch((error: unknown) => {
      throw isMissing(error) ? new ObjectNotFound(from) : explained(error);
    });
    await this.delete([from]);
  }

  /** One by one: deleting many in one call wants a checksum that not every server knows. */
  async delete(keys: readonly string[]): Promise<void> {
    await pMap(keys, (key) => this.#client.send(new DeleteObjectCommand(this.#at(key))), {
      concurrency: CONCURRENT_DELETIONS,
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

  async check(): Promise<void> {
    await this.#client.send(new PutObjectCommand({ ...this.#at(PROBE_KEY), Body: 'probe' }));
    await this.#client.send(new HeadObjectCommand(this.#at(PROBE_KEY)));
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

/** Checksums only where the protocol demands them: presigned PUTs could not satisfy them, and some servers corrupt them. */
function connect(endpoint: string | undefined, region: string | undefined): S3Client {
  return new S3Client({
    ...(region && { region }),
    ...(endpoint && { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404 && error.name !== 'NoSuchBucket';
}

function explained(error: unknown): unknown {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 507
    ? new DomainError('storage_full', 'The storage is full: nothing can be stored until space has been freed.')
    : error;
}

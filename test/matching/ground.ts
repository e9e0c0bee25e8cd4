import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { DatasetRequest } from '../../models/dataset-request.js';
import { Image } from '../../models/image.js';
import { ImageAnalysis } from '../../models/image-analysis.js';
import { PictureFingerprint } from '../../models/picture-fingerprint.js';
import { QcResult } from '../../models/qc-result.js';
import { QcRun, type QcScope } from '../../models/qc-run.js';
import { UploadBatch } from '../../models/upload-batch.js';
import { User } from '../../models/user.js';
import { CandidateReader } from '../../src/features/qc/match/candidates.js';
import type { MatchThreads } from '../../src/features/qc/match/find-matches.js';
import { KnownPictures } from '../../src/features/qc/match/known-pictures.js';
import { PartsMemory } from '../../src/features/qc/match/parts.js';
import { lockMatches } from '../../src/features/qc/match/lock-matches.js';
import { lookUpImages } from '../../src/features/qc/match-images.js';
import { saveResults } from '../../src/features/qc/save-results.js';
import { openFingerprint } from '../../workers/match/fingerprint-arena.js';
import { findStored } from '../../workers/match/match-task.js';
import { EXACT_MATCH } from '../../workers/match/pair-match.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { bitsApart, randomHash } from './hashes.js';

export const VERSION = '2/test';

/** A picture without pixels: its bytes are its name, and its hash is given. */
export interface Picture {
  name: string;
  pdq: Uint8Array;
}

export const picture = (name: string, pdq = randomHash(name.length * 1000 + name.charCodeAt(0))): Picture => ({
  name,
  pdq,
});

export const sha256Of = ({ name }: Picture) => createHash('sha256').update(name).digest();

/** Customers, requests and analysed pictures in a database of one's own, and what a QC worker process has beside it. */
export class MatchGround {
  private constructor(readonly database: TestDatabase) {}

  static async open(): Promise<MatchGround> {
    return new MatchGround(await freshDatabase());
  }

  get db(): Knex {
    return this.database.db;
  }

  close = () => this.database.drop();

  async customer(): Promise<string> {
    const id = uuidv7();
    await User.query(this.db).insert({
      id,
      email: `${id}@example.com`,
      username: id,
      name: 'Customer',
      passwordHash: '-',
      isActive: true,
    });
    return id;
  }

  async request(ownerId: string, pictures: readonly Picture[] = []): Promise<DatasetRequest> {
    const request = await DatasetRequest.query(this.db).insertAndFetch({
      id: uuidv7(),
      ownerId,
      organizationId: null,
      title: 'Request',
      classes: [],
    });
    await this.upload(request, pictures);
    return request;
  }

  /** Images that are analysed already. */
  async upload(request: DatasetRequest, pictures: readonly Picture[]): Promise<Image[]> {
    const owner = { requestId: request.id, ownerId: request.ownerId };
    const batch = await UploadBatch.query(this.db).insert({ id: uuidv7(), ...owner });
    for (const shown of pictures) {
      const id = uuidv7();
      await Image.query(this.db).insert({
        id,
        ...owner,
        batchId: batch.id,
        filename: shown.name,
        storageKey: id,
        etag: id,
        sha256: sha256Of(shown),
        bytes: 1000,
        contentType: 'image/jpeg',
        width: 640,
        height: 480,
      });
      await this.#analyse(shown);
    }
    return this.images(request);
  }

  images = (request: DatasetRequest) => Image.query(this.db).where('requestId', request.id).orderBy('id').execute();

  async #analyse(shown: Picture): Promise<void> {
    const key = { sha256: sha256Of(shown), analyserVersion: VERSION };
    await ImageAnalysis.query(this.db)
      .insert({
        ...key,
        width: 640,
        height: 480,
        pdq: Buffer.from(shown.pdq),
        pdqQuality: 100,
        detectorScore: 0,
        provenance: [],
        findings: [],
        metadataBytes: 0,
        error: null,
      })
      .onConflict()
      .ignore();
    const dihedral = Buffer.concat(Array.from({ length: 8 }, () => shown.pdq));
    await PictureFingerprint.query(this.db)
      .insert({ ...key, dihedral, descriptor: Buffer.alloc(64), evidence: Buffer.alloc(5000) })
      .onConflict()
      .ignore();
  }

  async run(request: DatasetRequest, scope: QcScope = 'customer'): Promise<QcRun> {
    await QcRun.query(this.db).where({ requestId: request.id }).patch({ status: 'completed' });
    const run = { id: uuidv7(), requestId: request.id, startedBy: request.ownerId, scope };
    return QcRun.query(this.db).insertAndFetch(run);
  }

  /** Results by file name. */
  async results(request: DatasetRequest): Promise<Record<string, QcResult>> {
    const results = await QcResult.query(this.db)
      .where('qcResults.requestId', request.id)
      .withGraphFetched('[image, matchedImage, reference]');
    return Object.fromEntries(results.map((result) => [result.image?.filename ?? '', result]));
  }
}

/** What a QC worker process keeps of its own; pictures match as their hashes do: to 30 bits copies, to 50 near shots. */
export class TestProcess {
  readonly known = new KnownPictures();
  readonly candidates = new CandidateReader();
  readonly parts = new PartsMemory();
  /** How often each call was made. */
  readonly searched: number[] = [];

  constructor(
    readonly ground: MatchGround,
    /** Awaited before a search, once everything known has been read. */
    readonly gate: () => Promise<unknown> = () => Promise.resolve(),
  ) {}

  readonly pool: MatchThreads = {
    lookUp: async (task) => {
      this.searched.push(...task.queries.map(({ options }) => this.known.size - (options.from ?? 0)));
      await this.gate();
      return findStored(this.known.index, task);
    },
    compareStored: ({ queries, candidates, pairs }) =>
      Promise.resolve(
        pairs.flatMap(([query, candidate, bothWays], pair) => {
          const [one, other] = [openFingerprint(queries, query), openFingerprint(candidates, candidate)];
          const distance = bitsApart(one.pdq, other.pdq);
          if (distance > 50) return [];
          const relation = distance > 30 ? ('near_shot' as const) : ('copy' as const);
          const score = 1 - (distance + 1) / 300;
          const match = { ...EXACT_MATCH, relation, score, transformation: ['recompressed'] };
          return { pair, match, back: bothWays ? match : null };
        }),
      ),
  };

  /** One batch of a run: all of a request's pictures. */
  async look(run: QcRun, request: DatasetRequest): Promise<void> {
    const { db } = this.ground;
    const images = await this.ground.images(request);
    const rows = await ImageAnalysis.query(db).where({ analyserVersion: VERSION });
    const analyses = new Map(rows.map((row) => [row.sha256.toString('hex'), row]));
    const { known, candidates, parts, pool } = this;
    const ground = { db, known, candidates, parts, pool, analyserVersion: VERSION };
    const { ownerId } = request;
    const found = await lookUpImages(ground, { run, ownerId, images, analyses });
    await db.transaction(async (trx) => {
      await lockMatches(trx, ownerId);
      await saveResults(trx, run, { ownerId, analyserVersion: VERSION }, found);
    });
  }
}

import { PictureInspector } from '../../src/features/uploads/inspection/picture-inspector.js';
import { PictureRejected, type PictureLimits } from '../../src/features/uploads/inspection/rejection.js';
import { nameUnrecognised, UnrecognisedFile } from '../../src/features/uploads/inspection/unrecognised.js';

export const limits: PictureLimits = { maxFileBytes: 4 * 1024 * 1024, maxImagePixels: 2_000_000 };

/** What inspection says of a file that arrives in pieces: its facts, or the code and sentence of its rejection. */
export async function inspect(
  file: Buffer,
  { pieceBytes = 64 * 1024, ...given }: Partial<PictureLimits & { pieceBytes: number }> = {},
) {
  const inspector = new PictureInspector({ ...limits, ...given });
  try {
    for (let offset = 0; offset < file.length; offset += pieceBytes) {
      inspector.write(file.subarray(offset, offset + pieceBytes));
    }
    return inspector.end();
  } catch (error) {
    const verdict = error instanceof UnrecognisedFile ? await nameUnrecognised(error) : error;
    if (!(verdict instanceof PictureRejected)) throw error;
    return { code: verdict.code, message: verdict.message };
  }
}

/** The code of a file's rejection; undefined when it is taken. */
export async function codeOf(file: Buffer, given?: Parameters<typeof inspect>[1]) {
  const verdict = await inspect(file, given);
  return 'code' in verdict ? verdict.code : undefined;
}

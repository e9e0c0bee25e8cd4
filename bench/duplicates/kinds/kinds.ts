import type { Sharp } from 'sharp';
import { inSequence, openRaster, type Edit } from '../raster.js';
import * as contexts from './contexts.js';
import * as geometry from './geometry.js';
import * as overlays from './overlays.js';
import * as tone from './tone.js';

/** One way in which people, tools and sites alter pictures. */
export interface Kind {
  name: string;
  edit: Edit;
  extension: 'jpg' | 'png' | 'webp';
  encode: (picture: Sharp) => Sharp;
  /** Whether a part of the other photo can be seen in the copy. */
  showsOther: boolean;
}

const asIs: Edit = (photo) => Promise.resolve(photo);

const jpeg = (name: string, edit: Edit, quality = 85): Kind => ({
  name,
  edit,
  extension: 'jpg',
  encode: (picture) => picture.jpeg({ quality }),
  showsOther: edit === contexts.collage || edit === contexts.pastedIn,
});

/** The copies made of every original; each is a JPEG of quality 85 where its name says nothing else. */
export const kinds: readonly Kind[] = [
  jpeg('jpeg 70', asIs, 70),
  jpeg('jpeg 50', asIs, 50),
  jpeg('jpeg 30', asIs, 30),
  {
    name: 'webp 50',
    edit: asIs,
    extension: 'webp',
    encode: (picture) => picture.webp({ quality: 50, effort: 2 }),
    showsOther: false,
  },
  {
    name: 'png',
    edit: asIs,
    extension: 'png',
    encode: (picture) => picture.png({ compressionLevel: 3 }),
    showsOther: false,
  },
  jpeg('resize 50 %', geometry.halfSize),
  jpeg('resize 25 %', geometry.quarterSize),
  jpeg('resize 200 %', geometry.doubleSize),
  jpeg('aspect: narrower', geometry.narrower),
  jpeg('aspect: flatter', geometry.flatter),
  jpeg('brighter', tone.brighter),
  jpeg('darker', tone.darker),
  jpeg('more contrast', tone.moreContrast),
  jpeg('less contrast', tone.lessContrast),
  jpeg('gamma', tone.gamma),
  jpeg('colour cast', tone.colourCast),
  jpeg('saturation', tone.moreSaturated),
  jpeg('hue shift', tone.hueShift),
  jpeg('grey', tone.grey),
  jpeg('sepia', tone.sepia),
  jpeg('blur', tone.blur),
  jpeg('noise', tone.noise),
  jpeg('sharpen', tone.sharpen),
  jpeg('caption below', overlays.captionBelow),
  jpeg('caption over', overlays.captionOver),
  jpeg('watermark', overlays.watermark),
  jpeg('logo', overlays.logo),
  jpeg('letterbox', overlays.letterbox),
  jpeg('border', overlays.border),
  jpeg('screenshot: phone', contexts.screenshotOfPhone),
  jpeg('screenshot: desktop', contexts.screenshotOfDesktop),
  jpeg('collage', contexts.collage),
  jpeg('pasted in', contexts.pastedIn),
  jpeg('crop 5 %', geometry.crop(0.05)),
  jpeg('crop 10 %', geometry.crop(0.1)),
  jpeg('crop 20 %', geometry.crop(0.2)),
  jpeg('crop 30 %', geometry.crop(0.3)),
  jpeg('rotate 3°, cropped', geometry.straightened(3)),
  jpeg('rotate 10°, cropped', geometry.straightened(10)),
  jpeg('rotate 5°, corners', geometry.turnedOnCanvas(5)),
  jpeg('rotate 30°, corners', geometry.turnedOnCanvas(30)),
  jpeg('rotate 90°', geometry.quarterTurn(90)),
  jpeg('rotate 180°', geometry.quarterTurn(180)),
  jpeg('rotate 270°', geometry.quarterTurn(270)),
  jpeg('flip', geometry.flip),
  jpeg('mirror', geometry.mirror),
  jpeg('perspective', geometry.perspective),
  {
    name: 'EXIF orientation',
    edit: geometry.storedOnItsSide,
    extension: 'jpg',
    encode: (picture) => picture.withMetadata({ orientation: 6 }).jpeg({ quality: 85 }),
    showsOther: false,
  },
  jpeg('crop + bright + jpeg 50', inSequence(geometry.crop(0.1), tone.brighter), 50),
  jpeg('mirror + resize + caption', inSequence(geometry.mirror, geometry.halfSize, overlays.captionOver)),
  jpeg('border + cast + jpeg 50', inSequence(overlays.border, tone.colourCast), 50),
  jpeg('rotate 90° + grey + crop', inSequence(geometry.quarterTurn(90), tone.grey, geometry.crop(0.05))),
];

export const encodeCopy = (kind: Kind, picture: Parameters<typeof openRaster>[0]): Promise<Buffer> =>
  kind.encode(openRaster(picture)).toBuffer();

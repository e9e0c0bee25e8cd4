import { openRaster, piped, toRaster, warp, type Edit } from '../raster.js';

const scaled = (scaleX: number, scaleY = scaleX) =>
  piped((picture, { width, height }) =>
    picture.resize(Math.max(1, Math.round(width * scaleX)), Math.max(1, Math.round(height * scaleY)), { fit: 'fill' }),
  );

export const halfSize = scaled(0.5);
export const quarterSize = scaled(0.25);
export const doubleSize = scaled(2);
export const narrower = scaled(0.75, 1);
export const flatter = scaled(1, 0.6);
export const flip = piped((picture) => picture.flip());
export const mirror = piped((picture) => picture.flop());
export const quarterTurn = (degrees: 90 | 180 | 270) => piped((picture) => picture.rotate(degrees));

/** Cuts away `share` of the area, the window anywhere in the picture. */
export const crop = (share: number): Edit =>
  piped((picture, photo, random) => {
    const keptWidth = random.between(Math.sqrt(1 - share) * 0.93, Math.min(1, Math.sqrt(1 - share) * 1.07));
    const width = Math.round(photo.width * keptWidth);
    const height = Math.round(photo.height * Math.min(1, (1 - share) / keptWidth));
    const left = random.integer(0, photo.width - width);
    const top = random.integer(0, photo.height - height);
    return picture.extract({ left, top, width, height });
  });

/** Turned by up to `degrees` either way and cut to the largest upright window without corners, as phones do. */
export const straightened =
  (degrees: number): Edit =>
  (photo, random) => {
    const angle = ((random.sign() * degrees * Math.PI) / 180) * random.between(0.8, 1);
    const { width, height } = largestWindow(photo.width, photo.height, Math.abs(angle));
    return Promise.resolve(turned(photo, angle, Math.floor(width), Math.floor(height)));
  };

/** Turned with the corners filled in one colour. */
export const turnedOnCanvas = (degrees: number): Edit =>
  piped((picture, _photo, random) =>
    picture.rotate(random.sign() * degrees * random.between(0.8, 1), { background: random.pick(['#000', '#fff']) }),
  );

function turned(photo: Parameters<typeof warp>[0], angle: number, width: number, height: number) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return warp(photo, width, height, (x, y) => {
    const [fromX, fromY] = [x - width / 2, y - height / 2];
    return [photo.width / 2 + cos * fromX - sin * fromY, photo.height / 2 + sin * fromX + cos * fromY];
  });
}

/** The largest upright rectangle inside a `width` × `height` one turned by `angle` radians. */
function largestWindow(width: number, height: number, angle: number): { width: number; height: number } {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  if (short <= 2 * sin * cos * long) {
    const half = short / 2;
    return width >= height ? { width: half / sin, height: half / cos } : { width: half / cos, height: half / sin };
  }
  const double = cos * cos - sin * sin;
  return { width: (width * cos - height * sin) / double, height: (height * cos - width * sin) / double };
}

/** Seen from the side: one edge up to 16 % shorter than the one facing it. */
export const perspective: Edit = (photo, random) => {
  const tilt = random.sign() * random.between(0.1, 0.16);
  const across = random.sign() > 0;
  const { width, height } = photo;
  return Promise.resolve(
    warp(photo, width, height, (x, y) => {
      const along = across ? x / width : y / height;
      const zoom = 1 - Math.abs(tilt) * (tilt > 0 ? along : 1 - along);
      const [fromX, fromY] = [x - width / 2, y - height / 2];
      return across ? [x, height / 2 + fromY * zoom] : [width / 2 + fromX * zoom, y];
    }),
  );
};

/** Turned a quarter, for the encoder to say by EXIF that it is to be turned back. */
export const storedOnItsSide: Edit = (photo) => toRaster(openRaster(photo).rotate(270));

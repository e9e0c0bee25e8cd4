import { renderSvg, type Raster } from '../raster.js';
import type { Random } from '../random.js';
import { colour, sentence } from '../words.js';

const page = (width: number, height: number, body: string, ground = '#fff'): Promise<Raster> =>
  renderSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${ground}"/>${body}</svg>`,
  );

const numbered = (count: number, draw: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => draw(index)).join('');

/** A page of running text under a heading, in one layout: only the words differ. */
export function textPage(random: Random): Promise<Raster> {
  const lines = numbered(34, (line) =>
    line % 9 === 8
      ? ''
      : `<text x="60" y="${150 + line * 22}" font-size="15">${sentence(random, random.integer(8, 10))}</text>`,
  );
  return page(
    640,
    905,
    `<g font-family="serif" fill="#111"><text x="60" y="95" font-size="28" font-weight="bold">${sentence(random, 3)}</text>${lines}</g>`,
  );
}

/** One form with other entries, as a company's invoices are. */
export function invoice(random: Random): Promise<Raster> {
  const rows = numbered(random.integer(4, 12), (row) => {
    const y = 330 + row * 32;
    const amount = random.between(3, 900).toFixed(2);
    return `<text x="60" y="${y}">${sentence(random, 3)}</text><text x="580" y="${y}" text-anchor="end">${amount}</text>
      <line x1="60" x2="580" y1="${y + 9}" y2="${y + 9}" stroke="#ccc"/>`;
  });
  return page(
    640,
    905,
    `<g font-family="sans-serif" font-size="15" fill="#222"><rect x="60" y="50" width="90" height="60" fill="#1f4e79"/>
     <text x="60" y="160" font-size="26">INVOICE ${random.integer(10000, 99999)}</text><text x="60" y="200">${sentence(random, 3)}</text>
     <text x="60" y="222">${sentence(random, 2)} ${random.integer(1, 99)}</text><line x1="60" x2="580" y1="290" y2="290" stroke="#000"/>${rows}</g>`,
  );
}

/** Bars, a line or a pie, in the style of one report. */
export function chart(random: Random): Promise<Raster> {
  const draw = random.pick([bars, curve, pie]);
  const grid = numbered(
    6,
    (line) => `<line x1="70" x2="690" y1="${80 + line * 64}" y2="${80 + line * 64}" stroke="#ddd"/>`,
  );
  const title = `<text x="360" y="40" font-size="22" text-anchor="middle">${sentence(random, 4)}</text>`;
  return page(720, 460, `<g font-family="sans-serif">${title}${draw === pie ? '' : grid}${draw(random)}</g>`);
}

function bars(random: Random): string {
  const count = random.integer(4, 9);
  const wide = 600 / count;
  return numbered(count, (bar) => {
    const height = random.integer(20, 310);
    return `<rect x="${80 + bar * wide}" y="${400 - height}" width="${wide * 0.7}" height="${height}" fill="#4472c4"/>
      <text x="${80 + bar * wide}" y="420" font-size="13">${sentence(random, 1)}</text>`;
  });
}

function curve(random: Random): string {
  const line = (stroke: string) =>
    `<polyline fill="none" stroke="${stroke}" stroke-width="3" points="${numbered(13, (x) => `${80 + x * 50},${random.integer(90, 390)} `)}"/>`;
  return line('#4472c4') + line('#ed7d31');
}

function pie(random: Random): string {
  let angle = random.between(0, 6);
  const palette = ['#4472c4', '#ed7d31', '#a5a5a5', '#ffc000', '#5b9bd5', '#70ad47'];
  const shares = palette.map(() => random.between(0.3, 2));
  const whole = shares.reduce((sum, share) => sum + share);
  return shares
    .map((share, index) => {
      const from = angle;
      angle += (share / whole) * 2 * Math.PI;
      const at = (a: number) => `${360 + 160 * Math.cos(a)},${240 + 160 * Math.sin(a)}`;
      return `<path d="M360,240L${at(from)}A160,160 0 ${angle - from > Math.PI ? 1 : 0} 1 ${at(angle)}Z" fill="${palette[index]!}"/>`;
    })
    .join('');
}

/** An editor's window on a dark theme. */
export function code(random: Random): Promise<Raster> {
  const inks = ['#569cd6', '#9cdcfe', '#ce9178', '#dcdcaa', '#d4d4d4', '#6a9955'];
  let indent = 0;
  const lines = numbered(28, (line) => {
    indent = Math.min(5, Math.max(0, indent + random.integer(-1, 1)));
    const words = numbered(
      random.integer(0, 5),
      () => `<tspan fill="${random.pick(inks)}">${sentence(random, 1).toLowerCase()} </tspan>`,
    );
    return `<text x="16" y="${40 + line * 20}" fill="#858585">${line + 1}</text><text x="${60 + indent * 28}" y="${40 + line * 20}">${words}</text>`;
  });
  return page(800, 600, `<g font-family="monospace" font-size="15">${lines}</g>`, '#1e1e1e');
}

/** Flat app icons: a few shapes on a rounded square. */
export function icon(random: Random): Promise<Raster> {
  const shapes = numbered(random.integer(1, 3), () => {
    const [x, y, size] = [random.integer(70, 186), random.integer(70, 186), random.integer(24, 70)];
    return random.pick([
      `<circle cx="${x}" cy="${y}" r="${size}" fill="${colour(random)}"/>`,
      `<rect x="${x - size}" y="${y - size}" width="${size * 2}" height="${size * 1.4}" rx="8" fill="${colour(random)}"/>`,
      `<path d="M${x},${y - size}l${size},${size * 1.7}h${-2 * size}z" fill="${colour(random)}"/>`,
    ]);
  });
  return page(256, 256, `<rect x="16" y="16" width="224" height="224" rx="48" fill="${colour(random)}"/>${shapes}`);
}

const OUTLINES = {
  shirt: 'M170,110L230,85Q280,120 330,85L390,110L450,210L395,240L375,205V470H185V205L165,240L110,210Z',
  trousers: 'M200,80H360L390,520H305L280,220L255,520H170Z',
  dress: 'M215,80L245,110H315L345,80L350,230L430,510H130L210,230Z',
} as const;

/** A garment on one backdrop, always at the same place: shots differ in colour and print alone. */
export function catalogueShot(random: Random, index: number): Promise<Raster> {
  const names = ['shirt', 'trousers', 'dress'] as const;
  const cloth = colour(random);
  const print = random.pick([
    '',
    `<circle cx="280" cy="260" r="${random.integer(20, 55)}" fill="${colour(random)}"/>`,
    `<text x="280" y="280" font-family="sans-serif" font-weight="bold" font-size="36" text-anchor="middle" fill="${colour(random)}">${sentence(random, 1).toUpperCase()}</text>`,
    numbered(
      9,
      (stripe) =>
        `<rect x="190" y="${190 + stripe * 30}" width="180" height="12" fill="${colour(random)}" fill-opacity="0.8"/>`,
    ),
  ]);
  const outline = OUTLINES[names[index % names.length]!];
  return page(
    560,
    600,
    `<defs><linearGradient id="w" x2="0.3" y2="1"><stop offset="0" stop-color="#efece6"/><stop offset="1" stop-color="#cfc8bd"/></linearGradient>
     <clipPath id="c"><path d="${outline}"/></clipPath></defs><rect width="100%" height="100%" fill="url(#w)"/>
     <path d="${outline}" fill="${cloth}" stroke="#000" stroke-opacity="0.35" stroke-width="3"/><g clip-path="url(#c)">${print}</g>`,
  );
}

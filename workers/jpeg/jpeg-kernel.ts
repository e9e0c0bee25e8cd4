import { instantiateBytesKernel } from './jpeg-bytes-kernel.js';

/** `jpeg-kernel.wat`, assembled by wabt; a test compares both. */
const ASSEMBLED =
  'AGFzbQEAAAABFwNgAn5/AX9gAn9/AGAHf39/f39/fwF/AwYFAAABAgIFBAEAgAQHIQMGbWVtb3J5AgAGZGVjb2RlAAMLZGVjb2RlTWVhbnMABArLDw' +
  'V0AQJ/IAEgAEI1iKdBAXRqLwGAQCECIAIEQCACDwtBDCECIABCMIinIQMDQCADIAEgAkECdGooAoBgSQRAIAIgAUH/ASADQRAgAmt2IAEgAkECdGoo' +
  'AtBganFqLQCgYUEIdHIPCyACQQFqIgJBEE0NAAtBAAseACAAQcAAIAFrrYinQQBBAUEBIAF0ayAAQgBTG2oLIQADQCAAIAAoAgAgACgCCGo2AgAgAE' +
  'EoaiIAIAFJDQALC6oJBQF+D38DewN/AnsgACEJIAQoAgAhFQNAIAIhCgNAIAooAgAhEyAKKAIMIRQgCigCICEcIAooAhQhCyAKKAIYIREgCigCECEa' +
  'QQAhDQJAA0AgCEEgTARAIAcgADUCAEEgIAhrrYaEIQcgAEEEaiEAIAhBIGohCAsgB0I1iKchEiAaIBJBAnRqKAIAIQwgDARAIAxB/wFxIQ4gByAOrY' +
  'YhByAIIA5rIQggDSAMQQh2Qf8BcWohDSAMQRB1IRAFIAcgGhAAIQ8gD0UEQEF/DwsgD0H/AXEhDiAPQQh2IQ8gByAOrYYhByAIIA5rIQggDSAaIAtG' +
  'BH8gDwR/IA9BBHZBAWoFQYABCwVBAAtqIQ0gD0EPcSEOQQAhECAOBEAgByAOEAEhECAHIA6thiEHIAggDmshCAsLIBogC0cEQCAKKAIcIRIgECASKA' +
  'IAaiEQIBIgEDYCACAQsv0TIRcgBiAR/QAEgBAgFyAR/QAEAP3mAf3kAf0LBAAgBiAR/QAEkBAgFyAR/QAEEP3mAf3kAf0LBBAgBiAe/QsEICAGIB79' +
  'CwQwIAYgHv0LBEAgBiAe/QsEUCAGIB79CwRgIAYgHv0LBHAgBiAe/QsEgAEgBiAe/QsEkAEgBiAe/QsEoAEgBiAe/QsEsAEgBiAe/QsEwAEgBiAe/Q' +
  'sE0AEgBiAe/QsE4AEgBiAe/QsE8AEgCyEaDAELIA1BP0sEQCANQYABSQRAQX8PCwwCCyAQsv0TIRcgESANQQV0aiESIBEgDUECdGooAqAQIRsgGyAb' +
  '/QAEACAXIBL9AAQA/eYB/eQB/QsEACAcQQhGBEAgGyAb/QAEECAXIBL9AAQQ/eYB/eQB/QsEEAsgDUE/SQ0ACwsgCigCJCEWIBYgHEEFdGohEgNAIA' +
  'b9AAQAIBb9CQIA/eYBIAb9AAQgIBb9CQIE/eYB/eQBIAb9AARAIBb9CQII/eYBIAb9AARgIBb9CQIM/eYB/eQB/eQBIAb9AASAASAW/QkCEP3mASAG' +
  '/QAEoAEgFv0JAhT95gH95AEgBv0ABMABIBb9CQIY/eYBIAb9AATgASAW/QkCHP3mAf3kAf3kAf3kASEYIBj9av34ASEYIBxBCEYEQCAG/QAEECAW/Q' +
  'kCAP3mASAG/QAEMCAW/QkCBP3mAf3kASAG/QAEUCAW/QkCCP3mASAG/QAEcCAW/QkCDP3mAf3kAf3kASAG/QAEkAEgFv0JAhD95gEgBv0ABLABIBb9' +
  'CQIU/eYB/eQBIAb9AATQASAW/QkCGP3mASAG/QAE8AEgFv0JAhz95gH95AH95AH95AEhGSAYIBn9av34Af2FASEYIB0gGP2AAf2YASEdIBMgGCAY/W' +
  'b9WwMAAAUgGCAY/YUBIRggHSAY/YAB/ZgBIR0gGCAY/WYhGCAcQQRGBEAgEyAY/VoCAAAFIBMgGP1ZAQAACwsgEyAUaiETIBZBIGoiFiASSQ0ACyAK' +
  'IAooAgAgCigCBGo2AgAgCkEoaiIKIANJDQALIBVBAWoiFSAFRgRAQQAhFSACIAMQAgsgAUEBayIBDQALIB1BgAj9EP0x/VMEQEF/DwsgBCAVNgIAIA' +
  'AgCWtBA3QgCGsL5gQDAX4LfwJ7IAAhCSAEKAIAIREDQCACIQoDQCAIQSBMBEAgByAANQIAQSAgCGuthoQhByAAQQRqIQAgCEEgaiEICyAHIAooAhAQ' +
  'ACEMIAxFBEBBfw8LIAxB/wFxIRAgByAQrYYhByAIIBBrIQggCigCHCEQIBAoAgAhDyAMQQh2QQ9xIQwgDARAIA8gByAMEAFqIQ8gECAPNgIAIAcgDK' +
  '2GIQcgCCAMayEICyAKKAIYIRAgBioCAP0TIBAqAoAQIBAqAgAgD7KUkv0T/eYBIRMgFCAT/eAB/ekBIRQgCigCACAT/Wr9+AH9DAAAAAAAAAAAAAAA' +
  'AAAAAAD9hQH9DAAAAAAAAAAAAAAAAAAAAAD9Zv1YAAAAIAooAhQhCyALKAKgYyESQQAhDQNAIAhBIEwEQCAHIAA1AgBBICAIa62GhCEHIABBBGohAC' +
  'AIQSBqIQgLIAdCNYinQQJ0IRAgEiAQaigCACEMIA0gDEEIdmohDiAMRSAOQf8DcUE/S3IEQCALIBBqKAIAIQwgDARAIA0gDEEIdkH/AXFqIQ4FIAcg' +
  'CxAAIQwgDEUEQEF/DwsgDEEIdiEQIA0gEEEEdkEBakGAASAQG2ohDiAMIBBBD3FqIQwLIA5BBnZBAUYEQEF/DwsLIAxB/wFxIQwgByAMrYYhByAIIA' +
  'xrIQggDiINQT9JDQALIAogCigCACAKKAIEajYCACAKQShqIgogA0kNAAsgEUEBaiIRIAVGBEBBACERIAIgAxACCyABQQFrIgENAAsgFEMAAIBE/RP9' +
  'RP1TBEBBfw8LIAQgETYCACAAIAlrQQN0IAhrCw==';

interface Exports {
  memory: { buffer: ArrayBuffer };
  decode: (
    words: number,
    units: number,
    blocks: number,
    blocksEnd: number,
    column: number,
    columns: number,
    half: number,
  ) => number;
  decodeMeans: (
    words: number,
    units: number,
    blocks: number,
    blocksEnd: number,
    column: number,
    columns: number,
    rows: number,
  ) => number;
}

export const jpegKernelBytes = Buffer.from(ASSEMBLED, 'base64');
const scan = new WebAssembly.Instance(new WebAssembly.Module(jpegKernelBytes)).exports as unknown as Exports;
export const jpegKernel = { ...scan, ...instantiateBytesKernel(scan.memory) };

/** Where things lie in the kernel's memory, bytes. Each has room for what the kernel reads and writes too much. */
export const PLACES = {
  /** Four Huffman tables for DC, then four for AC. */
  tables: 0,
  /** One for each of four quantisation tables for luma, then for chroma. */
  bases: 0x1_9000,
  rows: 0x1_e000,
  half: 0x1_e200,
  blocks: 0x1_e300,
  lastDc: 0x1_e600,
  column: 0x1_e610,
  length: 0x1_e614,
  /** What the AC tables' skips are. */
  skips: 0x2_0000,
  file: 0x3_0000,
  words: 0xc2_1000,
  planes: 0x182_2000,
  end: 0x200_0000,
} as const;

/** A longer file is not decoded here, bytes. */
export const LONGEST_FILE = 0xbf_0000;
export const TABLE_BYTES = 12_800;
export const BASIS_BYTES = 2560;
export const BLOCK_BYTES = 40;

const { buffer } = jpegKernel.memory;
export const jpegMemory = {
  bytes: new Uint8Array(buffer),
  words: new Int32Array(buffer),
  floats: new Float32Array(buffer),
  file: new Uint8Array(buffer, PLACES.file, LONGEST_FILE),
};

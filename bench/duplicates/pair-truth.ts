import type { Picture } from './copy-set.js';

/** What is known of the pictures' pairs, in a form that 10⁸ of them can be asked. */
export class PairTruth {
  /** Wrong pairs, each counted once. Pairs of two hard pictures are looked at apart. */
  readonly wrongPairs: number;
  /** Those of them in which one picture at least is no copy: what a search among known pictures meets. */
  readonly unalteredPairs: number;
  private readonly source: Int32Array;
  private readonly shownToo: readonly (ReadonlySet<number> | null)[];
  private readonly hard: Uint8Array;

  /** @param catalogue places of the photos that make up a hard set of their own. */
  constructor(
    readonly pictures: readonly Picture[],
    private readonly catalogue: readonly number[] = [],
  ) {
    const numbers = new Map<string, number>();
    const numberOf = (source: string) => {
      const number = numbers.get(source) ?? numbers.size;
      numbers.set(source, number);
      return number;
    };
    this.source = Int32Array.from(pictures, ({ source }) => numberOf(source));
    this.shownToo = pictures.map(({ shows }) => (shows.length > 1 ? new Set(shows.map(numberOf)) : null));
    this.hard = Uint8Array.from(pictures, ({ role }) => (role === 'hard' ? 1 : 0));
    [this.wrongPairs, this.unalteredPairs] = this.countWrong();
  }

  /** Whether any part of one photo can be seen in both. */
  related(one: number, other: number): boolean {
    if (this.source[one] === this.source[other]) return true;
    const shown = this.shownToo[one] ?? this.shownToo[other];
    if (!shown) return false;
    const others = this.shownToo[one] ? this.sourcesOf(other) : this.sourcesOf(one);
    for (const source of others) if (shown.has(source)) return true;
    return false;
  }

  isWrong(one: number, other: number): boolean {
    return !(this.hard[one] === 1 && this.hard[other] === 1) && !this.related(one, other);
  }

  /** Whether anything is said of the pair: a wrong one, or two of a hard set. */
  isAsked(one: number, other: number): boolean {
    return (this.hard[one] === 1 && this.hard[other] === 1) || !this.related(one, other);
  }

  /** Every copy after its original, as places in `pictures`. */
  copies(): { original: number; copy: number }[] {
    const originals = new Map<string, number>();
    this.pictures.forEach(({ role, source }, index) => role === 'original' && originals.set(source, index));
    return this.pictures.flatMap(({ role, source }, copy) =>
      role === 'copy' ? [{ original: originals.get(source)!, copy }] : [],
    );
  }

  hardSets(): { name: string; members: number[] }[] {
    const names = [...new Set(this.pictures.filter(({ role }) => role === 'hard').map(({ kind }) => kind))];
    const rendered = names.map((name) => ({
      name,
      members: this.pictures.flatMap(({ role, kind }, index) => (role === 'hard' && kind === name ? [index] : [])),
    }));
    return this.catalogue.length === 0
      ? rendered
      : [...rendered, { name: 'catalogue, photos', members: [...this.catalogue] }];
  }

  private sourcesOf(picture: number): Iterable<number> {
    return this.shownToo[picture] ?? [this.source[picture]!];
  }

  /** Whether one of the two at least is as it was taken or drawn. */
  hasUnaltered(one: number, other: number): boolean {
    return this.pictures[one]!.role !== 'copy' || this.pictures[other]!.role !== 'copy';
  }

  private countWrong(): [all: number, unaltered: number] {
    let [all, unaltered] = [0, 0];
    for (let one = 0; one < this.pictures.length; one++) {
      for (let other = 0; other < one; other++) {
        if (!this.isWrong(one, other)) continue;
        all++;
        if (this.hasUnaltered(one, other)) unaltered++;
      }
    }
    return [all, unaltered];
  }
}

/** The most alike of many fingerprints, those that came first among equals. */
export class MostAlike {
  /** By likeness, the greatest first. */
  readonly #positions: number[] = [];
  readonly #likenesses: number[] = [];

  /**
   * @param most how many are kept.
   * @param least what is less alike never is.
   */
  constructor(
    readonly most: number,
    readonly least: number,
  ) {}

  /** What a fingerprint must have from now on to be kept. */
  get floor(): number {
    return this.#positions.length < this.most ? this.least : this.#likenesses.at(-1)! + 1;
  }

  get positions(): readonly number[] {
    return this.#positions;
  }

  /** Later ones must come with greater positions. @param likeness a whole number. */
  add(position: number, likeness: number): void {
    if (this.most === 0 || likeness < this.floor) return;
    if (this.#positions.length === this.most) {
      this.#positions.pop();
      this.#likenesses.pop();
    }
    let at = this.#positions.length;
    while (at > 0 && this.#likenesses[at - 1]! < likeness) at--;
    this.#positions.splice(at, 0, position);
    this.#likenesses.splice(at, 0, likeness);
  }
}

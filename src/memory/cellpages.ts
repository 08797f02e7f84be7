// Memory for cells that a process has a row of in a shared file (holds of a table, pins of a cache, leases of a board): the rows are
// long and hardly ever used to their end, so their pages are asked of the system one by one, when the first cell of a page is used for the
// first time. A page that is touched without that ends the process where the file system is full (SIGBUS). Asked for on the way of traffic,
// once for each page: where there is none, the next few that want it are told so without a system call.

/** Memory of the system for bytes [start, start + bytes) of a shared file, before anybody touches them. False: there is none. */
export type Reserve = (start: number, bytes: number) => boolean;

/** Of memory that nobody else has, and of files that were reserved whole. */
export const reserved: Reserve = () => true;

export const pageBytes = 4096;
const skipsAfterRefusal = 255;

export class CellPages {
  readonly #reserve: Reserve;
  readonly #cellsPerPage: number;
  #skips = 0;

  /** Of cells of so many words; a row has whole pages of them. */
  constructor(reserve: Reserve, wordsPerCell: number) {
    this.#reserve = reserve;
    this.#cellsPerPage = pageBytes / 4 / wordsPerCell;
  }

  /** Whether a cell may be touched that has never been used before: which of its row it is, and its first word in the file. */
  has(index: number, word: number): boolean {
    if (index % this.#cellsPerPage !== 0) return true;
    if (this.#skips > 0) {
      this.#skips--;
      return false;
    }
    if (this.#reserve(word * 4, pageBytes)) return true;
    this.#skips = skipsAfterRefusal;
    return false;
  }
}

const MAX_CODES = 32;

/**
 * Collects what a translation lost (`dropped`) or changed to fit (`clamped`). Codes end up in a response header and may
 * come from names that the caller chose, so they are cut down to `[A-Za-z0-9_.-]{1,64}`, without repetition, 32 at most.
 */
export class Disclosures {
  readonly #dropped = new Set<string>();
  readonly #clamped = new Set<string>();

  drop(code: string): void {
    add(this.#dropped, code);
  }

  clamp(code: string): void {
    add(this.#clamped, code);
  }

  list(): { dropped: string[]; clamped: string[] } {
    return { dropped: [...this.#dropped], clamped: [...this.#clamped] };
  }
}

function add(codes: Set<string>, code: string): void {
  const safe = code.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 64);
  codes.add(codes.size < MAX_CODES || codes.has(safe) ? safe || '_' : 'more');
}

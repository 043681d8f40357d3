import { StoreError, type Store } from '../../functions/adapters/store/port.ts';

/** A store that can be taken away: every call fails as if the engine could not be reached. */
export interface StallableStore { readonly wrap: (inner: Store) => Store; away: boolean }

export function stallableStore(): StallableStore {
  const control: StallableStore = {
    away: false,
    wrap: (inner) => {
      const refuse = (): void => { if (control.away) throw new StoreError('unavailable', 'the store is away'); };
      return {
        async get(key) { refuse(); return inner.get(key); },
        async query(query) { refuse(); return inner.query(query); },
        async write(ops) { refuse(); return inner.write(ops); },
        close: () => inner.close(),
      };
    },
  };
  return control;
}

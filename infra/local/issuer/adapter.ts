import { hash } from 'node:crypto';
import { partition, readAll } from '../../../functions/adapters/store/entity.ts';
import type { Item, Key, Store } from '../../../functions/adapters/store/port.ts';

/** What the issuer keeps of a session, code, grant or token. */
export interface Payload { readonly [name: string]: unknown; readonly jti?: string; readonly uid?: string; readonly grantId?: string }

const sha256 = (text: string): string => hash('sha256', text, 'hex');

/**
 * The issuer's records in the store, so that a restart signs nobody out. Of the closed list of lookups that name no
 * tenant: codes and refresh tokens come without one. Ids are secrets (whoever has a refresh token is signed in), so only
 * their hashes are stored.
 */
export class IssuerAdapter {
  readonly #model: string;
  readonly #store: Store;

  constructor(model: string, store: Store) {
    this.#model = model;
    this.#store = store;
  }

  /** `expiresIn` in seconds; undefined = never. */
  async upsert(id: string, payload: Payload, expiresIn: number | undefined): Promise<void> {
    const { jti: _secret, ...rest } = payload;
    const sk = sha256(id);
    const item: Item = {
      payload: JSON.stringify(rest),
      ...(expiresIn !== undefined && { expiresAt: Math.ceil(Date.now() / 1000) + expiresIn }),
      ...(payload.grantId !== undefined && { i1p: partition('OIDC', 'grant', sha256(payload.grantId)), i1s: `${this.#model}#${sk}`, model: this.#model, id: sk }),
    };
    await this.#store.write([{ put: this.#key(sk), item }]);
  }

  async find(id: string): Promise<Payload | undefined> {
    const item = await this.#store.get(this.#key(sha256(id)));
    return item && this.#read(item, id);
  }

  /** Only tokens that end with their session ask for it by its public id, and ours do not. */
  async findByUid(): Promise<undefined> {
    return undefined;
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    const item = await this.#store.get(this.#key(sha256(id)));
    if (payload === undefined || item === undefined) return;
    const { jti: _secret, ...rest } = payload;
    await this.#store.write([{ put: this.#key(sha256(id)), item: { ...item, payload: JSON.stringify({ ...rest, consumed: Math.floor(Date.now() / 1000) }) } }]);
  }

  async destroy(id: string): Promise<void> {
    await this.#store.write([{ delete: this.#key(sha256(id)) }]);
  }

  /** Everything that came of one sign-in: a code or token that was used twice ends them all. */
  async revokeByGrantId(grantId: string): Promise<void> {
    const items = await readAll(this.#store, { table: 'tenants', index: 'i1', pk: partition('OIDC', 'grant', sha256(grantId)) });
    for (const item of items) await this.#store.write([{ delete: { table: 'tenants', pk: partition('OIDC', String(item['model'])), sk: String(item['id']) } }]);
  }

  #key(sk: string): Key {
    return { table: 'tenants', pk: partition('OIDC', this.#model), sk };
  }

  #read(item: Item, id: string): Payload | undefined {
    const { expiresAt } = item;
    if (typeof expiresAt === 'number' && expiresAt * 1000 <= Date.now()) return undefined;
    return { ...(JSON.parse(String(item['payload'])) as Payload), jti: id };
  }
}

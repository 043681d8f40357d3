import type { ChangeDraft } from '../../functions/adapters/store/changes.ts';
import type { Op, Store } from '../../functions/adapters/store/port.ts';
import type { SealingKeys } from '../../functions/adapters/vault/vault.ts';
import type { Declared, World } from './check-config.ts';

export interface ApplyOptions extends World {
  /** The config file's text. */
  readonly text: string;
  readonly store: Store;
  readonly sealing: SealingKeys;
  readonly pepper: Uint8Array;
  /** Epoch ms. */
  readonly now: () => number;
}

/** What a config file asks for, as writes that are made only once all of it is known to be right. */
export interface Plan extends ApplyOptions {
  readonly declared: Declared;
  readonly tenantId: string;
  /** RFC 3339 of this start. */
  readonly at: string;
  readonly steps: Step[];
  readonly warnings: string[];
}

/** One change and what tells of it. */
export interface Step { readonly draft: ChangeDraft; readonly ops: readonly Op[] }

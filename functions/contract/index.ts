export * from './vocabulary.ts';
export * from './model.ts';
export * from './routing.ts';
export * from './key.ts';
export * from './config.ts';
export type * from './decision.ts';
export type * from './ledger.ts';

import { isDeepStrictEqual } from 'node:util';

/** Records as compared: what a write sets by itself is left out, and so is a member that is undefined. */
export function sameRecord<T extends { readonly version: number; readonly createdAt: string; readonly updatedAt?: string }>(a: T, b: T): boolean {
  const bare = ({ version: _version, createdAt: _created, updatedAt: _updated, ...rest }: T): object => Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return isDeepStrictEqual(bare(a), bare(b));
}

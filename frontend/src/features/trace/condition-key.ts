import { useEffect, useState } from 'react';
import type { Condition } from '../../../../functions/contract/routing.ts';

/** The key under which a decision records a condition's truth: `c_` and 12 hex of the SHA-256 of {field, op, value}. Undefined where the browser has no digest, as on plain http. */
async function conditionKey({ field, op, value }: Condition): Promise<string | undefined> {
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return undefined;
  const digest = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify({ field, op, value }))));
  return `c_${Array.from(digest.slice(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** The keys of a list of conditions; undefined until they are known. */
export function useConditionKeys(conditions: readonly Condition[]): ReadonlyMap<Condition, string> | undefined {
  const [keys, setKeys] = useState<ReadonlyMap<Condition, string>>();
  useEffect(() => {
    let isWanted = true;
    const compute = async (): Promise<void> => {
      const pairs = await Promise.all(conditions.map(async (condition) => [condition, await conditionKey(condition)] as const));
      if (isWanted) setKeys(new Map(pairs.flatMap(([condition, key]) => (key === undefined ? [] : [[condition, key] as const]))));
    };
    void compute();
    return () => { isWanted = false; };
  }, [conditions]);
  return keys;
}

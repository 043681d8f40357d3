import { readArtifact, type PriorArtifact } from './artifact.ts';
import stored from './prior-artifact.json' with { type: 'json' };

let artifact: PriorArtifact | undefined;
let isUsable = true;

/** The committed prior, unpacked at the first request that needs it (some 3 ms). Throws as `readArtifact` does. */
export function priorArtifact(): PriorArtifact {
  return (artifact ??= readArtifact(stored));
}

/** The same for whoever can go on without it: null where it is damaged. */
export function usablePrior(): PriorArtifact | null {
  if (!isUsable) return null;
  try {
    return priorArtifact();
  } catch {
    isUsable = false;
    return null;
  }
}

import { readArtifact, type PriorArtifact } from './artifact.ts';
import stored from './prior-artifact.json' with { type: 'json' };

let artifact: PriorArtifact | undefined;

/** The committed prior, unpacked at the first request that needs it (some 3 ms). Throws as `readArtifact` does. */
export function priorArtifact(): PriorArtifact {
  return (artifact ??= readArtifact(stored));
}

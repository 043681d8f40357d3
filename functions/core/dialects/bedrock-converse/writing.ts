import type { Conversation } from '../../conversation.ts';
import type { WriteTarget } from '../codec.ts';
import type { Disclosures } from '../disclosures.ts';
import type { ToolNames } from '../tools.ts';

export type Block = Record<string, unknown>;

/** What the steps of writing one body share; each adds its own members to `body`. */
export interface Writing {
  readonly conversation: Conversation;
  readonly target: WriteTarget;
  readonly body: Record<string, unknown>;
  /** Members of `inferenceConfig`. */
  readonly inference: Record<string, unknown>;
  /** Members of `additionalModelRequestFields`, in the model vendor's own words. */
  readonly additional: Record<string, unknown>;
  readonly lost: Disclosures;
  readonly names: ToolNames;
  /** Names of documents given so far: no two of one request may be the same. */
  readonly documentNames: Set<string>;
}

/** Whether the catalogue knows the model as one of Anthropic's: only those have a thinking mode there. */
export function isClaude({ target }: Writing): boolean {
  return target.facts.thinking === 'budget' || target.facts.thinking === 'adaptive';
}

import type { Conversation } from '../../conversation.ts';
import type { WriteTarget } from '../codec.ts';
import type { Disclosures } from '../disclosures.ts';
import type { ToolNames } from '../tools.ts';

/** What the steps of writing one body share; each adds its own members to `body`. */
export interface Writing {
  readonly conversation: Conversation;
  readonly target: WriteTarget;
  readonly body: Record<string, unknown>;
  readonly lost: Disclosures;
  readonly names: ToolNames;
  /** The conversation came in this very dialect: nothing of it is foreign. */
  readonly same: boolean;
}

import type * as z from 'zod/mini';
import type { auditEvent } from '../../../functions/contract/admin/changes.ts';
import type { configPutAnswer } from '../../../functions/contract/admin/config.ts';
import type { eraseAnswer } from '../../../functions/contract/admin/erase.ts';
import type { evidenceView } from '../../../functions/contract/admin/evidence.ts';
import type { keyCreate, keyCreated, keyPatch, keyRevoked, keyRotate } from '../../../functions/contract/admin/keys.ts';
import type { ledgerEntry } from '../../../functions/contract/admin/ledger-schema.ts';
import type { meAnswer } from '../../../functions/contract/admin/me.ts';
import type { catalogueModel, modelCreate, modelPatch, modelTest, modelTestAnswer } from '../../../functions/contract/admin/models.ts';
import type { memberInvite, memberInvited, memberView } from '../../../functions/contract/admin/people.ts';
import type { refusalsAnswer } from '../../../functions/contract/admin/refusals.ts';
import type { replayAnswer } from '../../../functions/contract/admin/replay.ts';
import type { routingCheckAnswer, routingPut, routingVersionAnswer, routingVersionInfo, routingWarning } from '../../../functions/contract/admin/routing.ts';
import type { settingsAnswer } from '../../../functions/contract/admin/settings.ts';
import type { tokenCreate, tokenCreated, tokenView } from '../../../functions/contract/admin/tokens.ts';
import type { usageAnswer } from '../../../functions/contract/admin/usage.ts';
import type { Decision } from '../../../functions/contract/decision.ts';
import type { RoutingDocument } from '../../../functions/contract/routing.ts';

export type { KeyView } from '../../../functions/contract/admin/keys.ts';
export type { ModelView } from '../../../functions/contract/admin/models.ts';
export type { RefusalSample } from '../../../functions/contract/admin/refusals.ts';
export type { Settings } from '../../../functions/contract/admin/settings.ts';
export type { SetupAnswer } from '../../../functions/contract/admin/setup.ts';
export type { UsageMeasures } from '../../../functions/contract/admin/usage.ts';
export type { Decision, RoutingDocument };

export interface List<T> { readonly items: readonly T[]; readonly nextCursor: string | null }
export type Me = z.infer<typeof meAnswer>;
export type Role = NonNullable<Me['role']>;
export type UsageAnswer = z.infer<typeof usageAnswer>;
/** A ledger entry, its decision by name. */
export type LedgerEntry = Omit<z.infer<typeof ledgerEntry>, 'decision'> & { readonly decision: Decision | null };
/** `keyNames` by key id; a key that is gone has none. */
export interface RequestsPage extends List<LedgerEntry> { readonly keyNames: Readonly<Record<string, string>> }
export type Refusals = z.infer<typeof refusalsAnswer>;
export type CatalogueModel = z.infer<typeof catalogueModel>;
export type ModelCreate = z.input<typeof modelCreate>;
export type ModelPatch = z.input<typeof modelPatch>;
export type ModelTest = z.input<typeof modelTest>;
export type ModelTestAnswer = z.infer<typeof modelTestAnswer>;
export type KeyCreate = z.input<typeof keyCreate>;
export type KeyCreated = z.infer<typeof keyCreated>;
export type KeyPatch = z.input<typeof keyPatch>;
export type KeyRotate = z.input<typeof keyRotate>;
export type KeyRevoked = z.infer<typeof keyRevoked>;
export type RoutingPut = z.input<typeof routingPut>;
export type RoutingWarning = z.infer<typeof routingWarning>;
export interface RoutingAnswer { readonly version: number; readonly document: RoutingDocument; readonly rollout: { readonly percent: number; readonly before: number } | null; readonly warnings: readonly RoutingWarning[] }
export type RoutingCheck = z.infer<typeof routingCheckAnswer>;
export type RoutingVersionInfo = z.infer<typeof routingVersionInfo>;
export type RoutingVersion = Omit<z.infer<typeof routingVersionAnswer>, 'document'> & { readonly document: RoutingDocument };
export type ReplayAnswer = z.infer<typeof replayAnswer>;
export interface ExplainAnswer { readonly decision: Decision | null; readonly error: { readonly code: string; readonly status: number; readonly message: string } | null; readonly decidedInMs: number }
export type AuditEvent = z.infer<typeof auditEvent>;
export type ConfigPutAnswer = z.infer<typeof configPutAnswer>;
export type EraseAnswer = z.infer<typeof eraseAnswer>;
export type SettingsAnswer = z.infer<typeof settingsAnswer>;
export type Member = z.infer<typeof memberView>;
export type MemberInvite = z.input<typeof memberInvite>;
export type MemberInvited = z.infer<typeof memberInvited>;
export type Token = z.infer<typeof tokenView>;
export type TokenCreate = z.input<typeof tokenCreate>;
export type TokenCreated = z.infer<typeof tokenCreated>;
export type Evidence = z.infer<typeof evidenceView>;

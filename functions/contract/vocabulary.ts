import * as z from 'zod/mini';

/** The closed vocabularies that the frontend, the admin API, the config file and the core share. */
export const PROVIDERS = [
  'openai', 'anthropic', 'google', 'bedrock', 'azure', 'mistral', 'groq', 'deepseek', 'openrouter', 'ollama', 'openai-compatible',
] as const;
export type ProviderKind = (typeof PROVIDERS)[number];

export const TIERS = ['simple', 'moderate', 'complex'] as const;
export type Tier = (typeof TIERS)[number];

export const STAGES = ['passthrough', 'alias', 'pattern', 'auto'] as const;
export type Stage = (typeof STAGES)[number];

export const EXCLUSIONS = [
  'disabled', 'no_credential', 'not_allowed', 'context_window', 'max_output', 'images', 'documents', 'audio', 'tools',
  'structured_output', 'dialect', 'breaker_open', 'budget',
] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

export const REASONS = [
  'named', 'alias', 'rule', 'tier', 'evidence', 'no_evidence', 'agent_floor', 'tool_loop', 'session_cache', 'next_tier_up',
  'pinned_unavailable', 'judge', 'judge_failed', 'artifact_missing', 'always_strongest', 'novel_prompt',
] as const;
export type Reason = (typeof REASONS)[number];

export const CONDITION_FIELDS = [
  'text', 'system', 'all_text', 'input_tokens', 'turns', 'has_code', 'has_error_trace', 'tool_count', 'tool_names', 'has_images',
  'language', 'model', 'key', 'hour', 'weekday', 'score', 'spend_today_pct', 'spend_month_pct',
] as const;
export const CONDITION_OPS = ['eq', 'in', 'contains', 'starts_with', 'glob', 'gt', 'gte', 'lt', 'lte', 'between'] as const;
export type ConditionOp = (typeof CONDITION_OPS)[number];

/** Words that name no model and no alias. */
export const RESERVED_NAMES = ['auto', ...TIERS] as const;

/** A model id, alias or requested name. A model id may end in one `*` after a slash (wildcard models). */
export const name = z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^[A-Za-z0-9._:/@-]+$/, 'only letters, digits and . _ : / @ - are allowed'));
export const modelId = z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^[A-Za-z0-9._:/@-]+\*?$/, 'only letters, digits and . _ : / @ - are allowed, with one trailing * for a wildcard model'));
export const glob = z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^[A-Za-z0-9._:/@*?-]+$/, 'only letters, digits, . _ : / @ - and the wildcards * and ? are allowed'));
/** `model:<id>`, `tier:<name>` or `auto`. */
export const target = z.string().check(z.regex(/^(auto|tier:(simple|moderate|complex)|model:[A-Za-z0-9._:/@-]+)$/, 'a target is auto, tier:simple|moderate|complex or model:<id>'));
export type Target = string;

/**
 * The closed vocabularies that the frontend, the admin API, the config file and the core share: plain lists, so that who
 * needs no schema (the data plane, at each cold start) loads no schema library.
 */
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

/**
 * The beta features of Anthropic's messages API that a caller may switch on, without their dates. Left out on purpose:
 * what reaches into the operator's account (files, skills, batches, managed agents, webhooks, administration, usage) or
 * replaces its credential (oauth). Names from the published SDK's list and Anthropic's beta documentation.
 */
const FAMILIES: ReadonlySet<string> = new Set([
  'advanced-tool-use', 'advisor-tool', 'cache-diagnosis', 'claude-code', 'code-execution', 'compact', 'computer-use', 'context-1m',
  'context-management', 'dev-full-thinking', 'effort', 'extended-cache-ttl', 'fast-mode', 'fine-grained-tool-streaming',
  'inline-tools', 'interleaved-thinking', 'mcp-client', 'mid-conversation-output-config', 'mid-conversation-system-clear-at',
  'mid-conversation-tool-changes', 'model-context-window-exceeded', 'output-128k', 'output-300k', 'pdfs', 'prompt-caching',
  'prompt-caching-scope', 'redact-thinking', 'search-results', 'structured-outputs', 'task-budgets', 'thinking-binding-controls',
  'thinking-display-updates', 'thinking-token-count', 'token-counting', 'token-efficient-tools', 'tool-examples', 'tool-search-tool',
  'web-fetch', 'web-search',
]);

/** `-2025-05-14`, or `-20250219` as the oldest name has it. */
const DATE = /-(?:\d{4}-\d{2}-\d{2}|\d{8})$/;
const MAX_LENGTH = 1_024;

/** The allowed values of an `anthropic-beta` header, joined with commas; undefined when none is left. Idempotent. */
export function allowedBetas(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_LENGTH) return undefined;
  const kept = header.split(',').map((value) => value.trim()).filter((value) => DATE.test(value) && FAMILIES.has(value.replace(DATE, '')));
  return kept.length === 0 ? undefined : kept.join(',');
}

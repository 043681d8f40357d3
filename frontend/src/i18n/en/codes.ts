import { section } from '../message.ts';

/** The gateway's error codes in words. */
export const codes = section('codes', {
  code_invalid_request: 'Not a valid request', code_context_length_exceeded: 'Too long for the model', code_unsupported_parameter: 'Unsupported parameter', code_invalid_api_key: 'Unknown or ended key', code_model_not_allowed: 'Model not allowed for the key', code_model_not_found: 'Unknown model', code_not_found: 'Unknown path', code_method_not_allowed: 'Wrong method', code_request_too_large: 'Request too large', code_unsupported_media_type: 'Not JSON',
  code_rate_limit_exceeded: 'Too many requests', code_tokens_exceeded: 'Too many tokens', code_concurrency_exceeded: 'Too many at once', code_budget_exceeded: 'Budget used up', code_internal_error: 'Fault in the gateway', code_not_implemented: 'Not supported', code_upstream_error: 'The provider failed', code_upstream_credentials_rejected: 'The provider refused its key', code_upstream_model_not_found: 'The provider does not know the model', code_upstream_invalid_response: 'The provider’s answer was not valid', code_upstream_truncated: 'The provider’s answer was cut off',
  code_no_healthy_model: 'No model available', code_gateway_paused: 'Gateway paused', code_store_unavailable: 'Store unavailable', code_upstream_timeout: 'The provider took too long', code_loop_detected: 'Points back at this gateway',
} as const);

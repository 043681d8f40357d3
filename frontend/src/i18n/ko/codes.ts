import type { TranslationOf } from '../message.ts';
import type { codes as en } from '../en/codes.ts';

export const codes: TranslationOf<typeof en> = {
  code_invalid_request: '올바르지 않은 요청', code_context_length_exceeded: '모델 한도를 넘는 길이', code_unsupported_parameter: '지원하지 않는 매개변수', code_invalid_api_key: '알 수 없거나 만료된 키', code_model_not_allowed: '키에 허용되지 않은 모델', code_model_not_found: '알 수 없는 모델', code_not_found: '알 수 없는 경로', code_method_not_allowed: '잘못된 메서드', code_request_too_large: '너무 큰 요청', code_unsupported_media_type: 'JSON이 아님',
  code_rate_limit_exceeded: '요청 수 초과', code_tokens_exceeded: '토큰 수 초과', code_concurrency_exceeded: '동시 요청 초과', code_budget_exceeded: '예산 소진', code_internal_error: '게이트웨이 오류', code_not_implemented: '지원하지 않음', code_upstream_error: '제공업체 오류', code_upstream_credentials_rejected: '제공업체가 키를 거부함', code_upstream_model_not_found: '제공업체에 없는 모델', code_upstream_invalid_response: '제공업체 응답 형식 오류', code_upstream_truncated: '제공업체 응답이 중간에 끊김',
  code_no_healthy_model: '사용 가능한 모델 없음', code_gateway_paused: '게이트웨이 일시 중지', code_store_unavailable: '저장소 사용 불가', code_upstream_timeout: '제공업체 응답 시간 초과', code_loop_detected: '이 게이트웨이를 다시 가리킴',
};

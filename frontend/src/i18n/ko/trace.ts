import type { TranslationOf } from '../message.ts';
import type { trace as en } from '../en/trace.ts';

export const trace: TranslationOf<typeof en> = {
  stagesTitle: '네 단계의 처리 과정', partsTitle: '점수 {score}점의 구성', candidatesTitle: '검토한 모델', factsTitle: '그 밖의 정보', rulesTitle: '확인한 순서대로 본 규칙',
  rulerLabel: '0점부터 100점까지의 등급 구간', rulerMark: '100점 중 {score}점', zone: '{tier} {from}–{to}', zoneNone: '{tier}: 해당 점수 없음',
  marginUp: { other: '다음 등급까지 {count}점 남았습니다.' }, marginTop: '가장 높은 등급입니다.',

  stateDecided: '결정', statePassed: '통과', stateNotReached: '도달하지 않음', stateHandedOver: '다음 단계로 넘김', stateFailed: '모델 없음',
  direct: '직접', directDecided: '“{asked}” 이름의 모델이 있으므로 규칙 없이 바로 보냅니다.', directPassed: '“{asked}” 이름의 사용 중인 모델이 없습니다.',
  alias: '별칭', aliasDecided: '“{asked}” 별칭의 대상: {target}', aliasHandedOver: '“{asked}” 별칭은 자동 라우팅으로 연결됩니다.', aliasPassed: '“{asked}” 이름의 별칭이 없습니다.',
  pattern: '패턴', patternDecided: '{rule} 규칙과 일치합니다. 대상: {target}', patternHandedOver: '{rule} 규칙과 일치하여 자동 라우팅으로 넘깁니다.', patternPassed: '일치하는 규칙이 없습니다.', patternNone: '규칙이 없습니다.',
  auto: '자동', autoDecided: '점수 {score}점, {tier} 등급입니다. 대상: {model}', autoFailed: '점수 {score}점, {tier} 등급이지만 처리할 수 있는 모델이 없습니다.', autoUnscored: '대상: {model}',
  notReached: '앞 단계에서 결정되어 도달하지 않았습니다.', failedAll: '이 요청을 처리할 수 있는 모델이 없습니다.', modelUnknown: '모델',
  targetTier: '{tier} 등급', targetAuto: '자동 라우팅',

  ruleMatched: '일치', ruleGlob: '이름이 {glob} 패턴과 일치하지 않습니다.', ruleCondition: '충족되지 않은 조건: {condition}', ruleUnknown: '이 요청에서 알 수 없는 조건: {condition}', ruleNotTried: '앞의 규칙과 일치하여 확인하지 않았습니다.', ruleFailed: '충족되지 않은 조건이 있습니다.',

  partName: '신호', partPoints: '점수', partBase: '시작값', partSum: '합계', partTotal: '{sum} → {score}', partRest: { other: '그 밖의 신호 {count}개' }, partsAll: { other: '신호 {count}개 모두 보기' }, partsLess: '간단히 보기',
  partsNote: '0보다 크면 강한 모델 쪽으로, 0보다 작으면 저렴한 모델 쪽으로 움직입니다. 점수는 합계를 반올림한 값입니다.', partsJudge: '판정 모델이 직접 매긴 점수입니다. 판정 모델은 더해서 맞춰 볼 항목별 점수를 주지 않습니다.',

  candidateModel: '모델', candidateState: '처리 가능 여부', candidateCost: '예상 비용', candidateEvidence: '근거', tried: '첫 번째로 시도', triedNext: '대체 {place}순위', canServe: '가능, 필요하지 않음',
  evidenceNone: '아직 없음', evidenceOf: '기준 모델 대비 품질 {mean} (± {se}), 비교 {labels}건', noCandidates: '검토한 모델이 없습니다.',

  factTokens: '입력', factTokensValue: { other: '약 {count}토큰' }, factBaseline: '기준 모델', factBaselineValue: '{model}, 약 {cost}', factBaselineUnpriced: '{model}, 가격 없음', factSaving: '기준 모델 대비', factSaves: '{amount} 절감', factCosts: '{amount} 추가', factSame: '같음',
  factStrategy: '전략', factArtifact: '분류기', factVersion: '규칙', factVersionValue: '버전 {version}', factSession: '세션', factPinned: '유지하는 모델: {model}', factNotPinned: '모델에 묶이지 않음', factNoSession: '없음', factSessionSoFar: { other: '지금까지 요청 {count}건, 컨텍스트 {tokens}토큰, 유휴 시간 {idle}' },
  factInLoop: '도구 호출 루프 진행 중', factTemplate: '요청 유형', factTemplateValue: { other: '{key}, 지금까지 비교 {count}건' }, factSpend: '오늘 사용한 예산', factBreakers: '오류로 잠시 쉬는 모델', factOverBudget: '예산 때문에 제외한 모델', factNeeds: '필요한 기능', factDialect: 'API',
  unproven: '아직 실제 트래픽으로 검증되지 않았습니다. 점수만으로 선택한 결과입니다. 백그라운드에서 답변을 비교하면(섀도 판정) 검증할 수 있습니다.', unprovenLink: '규칙에서 설정',

  judgeTitle: '판정 모델', judgeNotCalled: '테스트에서는 모델을 호출하지 않으므로 판정 모델에 묻지 않았습니다. 내장 분류기의 점수입니다.', judgeSaid: '{model}: {score}점, {tier} 등급', judgeFailed: '{model}: 사용할 수 있는 답이 없습니다. {why}', judgeCached: '같은 내용의 이전 요청에서 기억한 결과이므로 지금은 비용이 들지 않았습니다.', judgeTook: '소요 시간 {ms}, 비용 {cost}',
  judge_timeout: '3초 안에 답이 없었습니다.', judge_invalid_answer: '답이 정해진 형식과 달랐습니다.', judge_upstream_error: '공급자가 거부했거나 연결할 수 없었습니다.', judge_unavailable: '판정 모델이 없거나, 사용 중지되었거나, 방금 여러 번 실패했습니다.', judge_budget: '키의 예산으로 비용을 낼 수 없습니다.', judge_no_model: '판정된 등급 이상에서 처리할 수 있는 모델이 없었습니다.', judge_cancelled: '그사이 클라이언트가 연결을 끊었습니다.',

  strategy_static: '고정 규칙', strategy_ml: '학습된 분류기', strategy_llm: '판정 모델',

  reason_named: '이름으로 지정', reason_alias: '별칭', reason_rule: '규칙', reason_tier: '등급', reason_evidence: '근거', reason_no_evidence: '아직 근거 없음', reason_agent_floor: '에이전트 최저 등급', reason_tool_loop: '도구 호출 루프', reason_session_cache: '프롬프트 캐시 유지', reason_next_tier_up: '한 단계 위 등급',
  reason_pinned_unavailable: '세션 모델 사용 불가', reason_judge: '판정', reason_judge_failed: '판정 실패', reason_artifact_missing: '분류기 없음', reason_always_strongest: '항상 가장 강한 모델', reason_novel_prompt: '낯선 프롬프트',
  because_named: '요청에서 이 모델을 지정했습니다.', because_alias: '별칭이 이 모델을 가리킵니다.', because_rule: '규칙이 이 모델을 가리킵니다.', because_tier: '등급에서 이 요청을 처리할 수 있는 첫 번째 모델입니다.',
  because_evidence: '실제 트래픽에서 비교한 결과, 이런 유형의 요청에는 이 모델로 충분합니다.', because_no_evidence: '이런 유형의 요청은 아직 검증되지 않아 신중 모드에서 강한 모델을 유지합니다.', because_agent_floor: '에이전트 요청은 정해진 최저 등급보다 낮게 시작하지 않습니다.',
  because_tool_loop: '도구 호출 루프 도중에는 모델을 바꾸지 않습니다. 다른 모델은 이 호출을 이어 갈 수 없습니다.', because_session_cache: '더 저렴한 모델로도 되지만, 이 세션의 프롬프트 캐시를 버리는 비용이 절감액보다 큽니다.', because_next_tier_up: '해당 등급에 처리할 수 있는 모델이 없어 한 단계 위 등급에서 처리합니다.',
  because_pinned_unavailable: '이 세션의 모델을 사용할 수 없어 다른 모델이 이어받습니다.', because_judge: '판정 모델이 이 등급으로 분류했습니다.', because_judge_failed: '판정 모델의 답을 사용할 수 없어 내장 분류기가 결정했습니다.', because_artifact_missing: '학습된 분류기를 사용할 수 없어 가장 강한 모델이 처리합니다.',
  because_always_strongest: '설정에서 “항상 가장 강한 모델” 옵션이 켜져 있습니다.', because_novel_prompt: '분류기가 학습한 내용과 매우 다른 프롬프트이므로 보통 등급 아래로 내려가지 않습니다.',

  excluded_disabled: '사용 중지되었습니다.', excluded_no_credential: '공급자 API 키가 없습니다.', excluded_not_allowed: 'API 키에 허용되지 않은 모델입니다.', excluded_context_window: '요청이 컨텍스트 길이보다 깁니다.', excluded_max_output: '요청한 길이만큼 답할 수 없습니다.',
  excluded_images: '이미지를 처리하지 못합니다.', excluded_documents: '문서를 처리하지 못합니다.', excluded_audio: '오디오를 처리하지 못합니다.', excluded_tools: '이 도구를 지원하지 않습니다.', excluded_structured_output: '스키마를 지킬 수 없습니다.', excluded_dialect: '요청에 쓰인 API를 지원하지 않습니다.', excluded_breaker_open: '여러 번 실패하여 잠시 쉬는 중입니다.', excluded_budget: '예산이 부족합니다.',

  need_agent: '에이전트', need_images: '이미지', need_documents: '문서', need_audio: '오디오', need_tools: '도구', need_hosted_tools: '공급자 도구', need_json_schema: 'JSON 스키마', need_strict_schema: '엄격한 스키마', need_embedding: '임베딩',

  feature_length: '마지막 메시지의 길이', feature_context: '전체 입력의 크기', feature_deep: '설계·증명·분석 관련 단어', feature_make: '만들기 관련 단어', feature_demands: '명시된 요구 사항', feature_maths: '수학 기호', feature_code: '코드', feature_error_trace: '오류 추적', feature_list: '목록 항목', feature_questions: '물음표', feature_structured: '구조화된 출력', feature_tools: '도구', feature_small_talk: '가벼운 대화', feature_bounds: '점수 범위 한도',
  feature_tool_count: '도구 수', feature_short: '짧은 메시지', feature_long: '매우 긴 메시지', feature_lines: '줄 수', feature_sentences: '문장 수', feature_word_length: '단어 길이', feature_long_words: '긴 단어', feature_digits: '숫자 글자', feature_numbers: '숫자', feature_options: '선택지', feature_blanks: '빈칸', feature_maths_signs: '수학 기호', feature_latex: 'LaTeX', feature_operators: '연산자', feature_quotes: '인용', feature_capitals: '대문자', feature_names: '고유 이름',
  feature_design: '설계 요청', feature_prove: '증명 요청', feature_analyse: '분석 요청', feature_program: '프로그래밍 요청', feature_explain: '설명 요청', feature_create: '작성 요청', feature_edit: '수정 요청', feature_ask_fact: '사실 질문', feature_negation: '부정 표현', feature_everyday_question: '일상적인 질문', feature_hangul: '한글', feature_kana: '일본어 문자', feature_han: '한자', feature_accents: '악센트 문자', feature_other_script: '그 밖의 문자', feature_not_english: '영어가 아님', feature_unknown_words: '낯선 단어', feature_attachments: '첨부', feature_words: '단어 자체',

  field_text: '마지막 메시지', field_system: '시스템 프롬프트', field_all_text: '전체 텍스트', field_input_tokens: '입력 토큰', field_turns: '대화 턴 수', field_has_code: '코드', field_has_error_trace: '오류 추적', field_tool_count: '도구 수', field_tool_names: '도구 이름', field_has_images: '이미지', field_language: '언어', field_model: '요청한 모델', field_key: 'API 키 이름', field_hour: '시각(시)', field_weekday: '요일', field_score: '점수', field_spend_today_pct: '오늘 예산 사용률(%)', field_spend_month_pct: '이번 달 예산 사용률(%)', fieldMetadata: '메타데이터 “{name}”',
  op_eq: '{field}: {value}', op_in: '{field}: {value}', op_contains: '{field}: {value} 포함', op_starts_with: '{field}: {value} 값으로 시작', op_glob: '{field}: {value} 패턴과 일치', op_gt: '{field}: {value} 초과', op_gte: '{field}: {value} 이상', op_lt: '{field}: {value} 미만', op_lte: '{field}: {value} 이하', op_between: '{field}: {from}~{to}',
  not_eq: '{field}: {value} 아님', not_in: '{field}: {value} 아님', not_contains: '{field}: {value} 포함하지 않음', not_starts_with: '{field}: {value} 값으로 시작하지 않음', not_glob: '{field}: {value} 패턴과 일치하지 않음', not_gt: '{field}: {value} 초과 아님', not_gte: '{field}: {value} 이상 아님', not_lt: '{field}: {value} 미만 아님', not_lte: '{field}: {value} 이하 아님', not_between: '{field}: {from}~{to} 아님',
  with_has_code: '메시지에 코드가 있음', with_has_error_trace: '메시지에 오류 추적이 있음', with_has_images: '요청에 이미지가 있음', without_has_code: '메시지에 코드가 없음', without_has_error_trace: '메시지에 오류 추적이 없음', without_has_images: '요청에 이미지가 없음',
  weekday_mon: '월요일', weekday_tue: '화요일', weekday_wed: '수요일', weekday_thu: '목요일', weekday_fri: '금요일', weekday_sat: '토요일', weekday_sun: '일요일',
};

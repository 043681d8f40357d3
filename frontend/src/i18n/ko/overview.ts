import type { TranslationOf } from '../message.ts';
import type { overview as en } from '../en/overview.ts';

export const overview: TranslationOf<typeof en> = {
  title: '시스템 개요', description: '이 게이트웨이의 요청, 비용, 라우팅', export: '내보내기', exportUsage: '모델별 사용량 (CSV)', exportRequests: '요청 목록 (CSV)',
  startTitle: '5분이면 첫 절감을 확인할 수 있습니다', startProgress: { other: '{total}단계 중 {count}단계 완료' }, hide: '숨기기', stepDone: '완료',
  signInStep: '로그인', signInText: '{name} 계정으로 로그인했습니다',
  modelsStep: '모델 두 개 등록', modelsText: '저렴한 모델과 강력한 모델 하나씩: 2개 중 {have}개 등록됨', modelsDone: '{cheapest}, {strongest}', modelsAlike: '등록한 모델의 가격이 모두 비슷해서 절감할 여지가 적습니다. 더 저렴하거나 더 강력한 모델을 추가하세요.', modelsTiers: '이제 단순한 요청과 어려운 요청에 답할 모델을 정하세요. 라우팅 규칙에서 등급을 채우면 됩니다.', modelsCredential: '제공자 키가 있는 모델이 아직 없습니다.', addModel: '모델 추가', openRules: '규칙 열기',
  keyStep: 'API 키 만들기', keyText: '앱은 제공자 키 대신 이 키를 사용합니다', keyDone: { other: '키 {count}개' }, createKey: '키 만들기',
  requestStep: '첫 요청 보내기', requestText: '요청이 도착하면 자동으로 표시됩니다', requestDone: '첫 요청: {when}', waiting: '첫 요청을 기다리는 중…', snippet: 'curl로 보내는 첫 요청', refusedTitle: { other: '요청 {count}건이 도착했지만 거부되었습니다' }, refusedLast: '마지막 거부, {when}: {status} {code}',
  savingStep: '절감액 확인', savingText: { other: '자동 라우팅 요청 {needed}건이 필요합니다. 현재 {count}건' }, savingDone: '아래에서 확인하세요',
  savedBy: '라우팅으로 절감한 금액 · {range}', costMore: '라우팅으로 늘어난 비용 · {range}', less: '{percent} 절감', more: '{percent} 증가',
  against: { other: '같은 요청 {count}건을 가장 강력한 모델인 {model} 모델에 정가로 보냈을 때와 비교한 값입니다.' },
  strongest: '가장 강력한', needs: { other: '자동 라우팅 요청이 {needed}건 이상이어야 의미 있는 값이 나옵니다. 현재 {count}건입니다.' }, needsTitle: '아직 판단하기에 부족합니다', nothingSaved: '이 기간에는 절감액이 없습니다. 모든 요청이 가장 강력한 모델로 갔거나 비용이 같았습니다.',
  paid: '실제 지출', allStrongest: '모두 {model}', why: '이유 보기', how: '계산 방법',
  how1: '요청마다 실행 시점의 가격으로 계산합니다. 입력, 캐시된 입력, 출력, 추론 토큰에 각각의 가격을 적용합니다.', how2: '그 시점에 요청을 처리할 수 있었던 가장 강력한 모델과 비교합니다. 패턴에 걸린 이름은 호출자가 요청한 모델과 비교합니다.', how3: '모델을 직접 지정한 요청은 절감액이 없으며 비율에서 제외합니다. 라우팅 자체의 비용은 뺍니다.', how4: '토큰 수와 캐시 비율이 같다고 가정합니다. A/B 테스트가 아닌 추정치입니다.', how5: '두 값은 요청과 함께 저장되므로 나중에 바뀌지 않으며, 어떤 기준으로 나누어도 합계가 맞습니다.',
  coverage: '전체 {requests}건 중 자동 라우팅 {auto}건, 비교 대상 {compared}건.', coverageUnpriced: { other: '가격을 모르는 {count}건은 제외했습니다.' },
  requests: '요청', changeVs: '이전 기간 대비 {change}', noChange: '아직 비교할 기간이 없습니다', errorRate: '오류 {percent}', noErrors: '오류 없음', refused: { other: '거부 {count}건' },
  tokens: '토큰', tokensText: '입력 {input} · 출력 {output}', tokensCached: '입력 {input} · 캐시 {cached} · 출력 {output}', activeRules: '활성 규칙', matchedToday: { other: '오늘 {count}개 적용됨' }, response: '응답 시간', responseText: 'p50 · p95 {p95}', responseAdds: 'p50 · p95 {p95} · 게이트웨이 {adds}', noResponse: '측정된 요청이 없습니다',
  byTier: '등급별 요청', simple: '단순', moderate: '보통', complex: '복잡', direct: '직접 또는 별칭', spend: '모델별 지출', spendNone: '이 기간에는 지출이 없습니다', other: '기타 모델', nobody: '모델 없음',
  recent: '최근 요청', live: '실시간', openAudit: '감사 로그 열기', time: '시간', asked: '요청 모델', routed: '처리 모델', decided: '결정', status: '상태', latency: '지연 시간', tokensInOut: '토큰', cost: '비용', saved: '절감', key: '키', goneKey: '삭제된 키', noneRouted: '없음', recentNone: '아직 요청이 없습니다',
  attention: '확인이 필요합니다', model_failing: '최근 15분 동안 {name} 요청의 {share} 실패', key_near_limit: '{name} 키: 한도 {limit} 중 {value} 사용', key_expiring: '{name} 키 만료: {when}', model_unpriced: { other: '{name}: 가격 정보가 없어 요청 {count}건이 비용과 절감액에서 제외됨' }, rule_never_matched: '{name} 규칙: 30일 동안 적용되지 않음', model_unused: '{name}: 30일 동안 처리한 요청 없음', tier_empty: '{name} 등급에 활성 모델이 없음',
  showErrors: '오류 보기', openKey: '키 열기', setPrice: '가격 설정', openRule: '규칙 열기', openModel: '모델 열기', openTiers: '등급 열기',
};

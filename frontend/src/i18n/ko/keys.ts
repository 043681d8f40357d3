import type { TranslationOf } from '../message.ts';
import type { keys as en } from '../en/keys.ts';

export const keys: TranslationOf<typeof en> = {
  title: 'API 키', description: '앱은 이 키를 사용합니다. 제공자 키는 게이트웨이 안에만 있습니다.',
  create: 'API 키 만들기', createBusy: '만드는 중…', cancel: '취소', save: '저장', saveBusy: '저장하는 중…', search: '키 검색', status: '상태',
  active: '사용 중', expiring: '만료 예정', retiring: '교체됨', expired: '만료됨', revoked: '폐기됨', showAll: '전체', showMore: { other: '{count}개 더 보기' }, cardExpiring: '30일 안에 만료', cardUnused: '30일 동안 미사용',
  name: '이름', key: '키', created: '만든 날', lastUsed: '마지막 사용', never: '없음', limits: '한도', requests30: '요청 (30일)', spend30: '비용 (30일)', expires: '만료', actions: '작업', noExpiry: '만료 없음', endsWhen: '종료: {when}',
  perMinute: '분당 {count}회', tokensPerMinute: '분당 {amount} 토큰', noLimit: '한도 없음', noLimits: '한도 없음',
  emptyTitle: '아직 API 키가 없습니다', emptyText: 'API 키가 있으면 앱이 이 게이트웨이로 요청을 보낼 수 있습니다. 키마다 한도, 예산, 통계가 따로 있고, 다른 키에 영향을 주지 않고 폐기할 수 있습니다.', emptyMember: '관리자만 키를 만들 수 있습니다.',
  details: '세부 정보', edit: '수정', rotate: '교체', revoke: '폐기', retireNow: '지금 종료',
  createText: '앱이나 사람마다 키를 따로 만들면 통계와 한도를 정확히 볼 수 있습니다.', nameHint: '사용하는 곳을 적으세요. 예: production', preset: '용도', presetApplication: '애플리케이션', presetAgent: '코딩 에이전트', presetHint: '코딩 에이전트는 큰 요청을 많이 보냅니다. 분당 요청 600회, 500만 토큰입니다.',
  rpm: '분당 요청 수', tpm: '분당 토큰 수', monthlyUsd: '월 예산 (USD)', dailyUsd: '일 예산 (USD)', maxParallel: '동시 요청 수', budgetAction: '예산을 다 쓰면', block: '요청 거부', warn: '경고만 표시',
  allowed: '사용할 수 있는 모델', allowedAll: '모든 모델', allowedSome: '선택한 모델만', allowedHint: '응답할 수 있는 모델입니다. “auto”와 별칭은 항상 요청할 수 있으며, 이 중에서 선택합니다.', allowedNone: '아직 모델이 없습니다.', allowedEmpty: '모델을 하나 이상 선택하세요.',
  expiry: '만료', expiryNever: '만료 없음', expiry30: '30일 후', expiry90: '90일 후', expiry365: '1년 후', expiryDate: '날짜 지정', expiryKeep: '현재 값 유지: {date}', date: '날짜', datePast: '미래의 날짜를 선택하세요.',
  more: '추가 옵션', env: '종류', envLive: 'live', envTest: 'test', envHint: '키 자체에 포함되어 구분하기 쉽습니다.', strict: '변환할 때 빠지거나 바뀌는 내용이 있으면 거부', shadow: '다른 모델의 응답과 비교 허용 (섀도 평가)', logContent: '질문과 응답을 30일 동안 저장', logContentHint: '이 키의 질문과 응답을 30일 동안 보관합니다. 데이터베이스에서 암호화하며, 관리자만 볼 수 있고, 조회할 때마다 감사 로그에 남습니다.',
  editTitle: '{name} 수정', saved: '저장했습니다: {name}',
  saveTitle: '지금 키를 저장하세요', saveText: '“{name}” 키를 사용할 수 있습니다.', copyKey: '키 복사', once: '전체 키는 지금 한 번만 표시됩니다. 단방향 해시만 보관하므로 다시 볼 수 없습니다. 잃어버리면 새로 만드세요.', notShown: '앞선 시도에서 키가 이미 만들어져 다시 표시할 수 없습니다. 그 키를 폐기하고 새로 만드세요.',
  tryIt: '사용해 보기', showKey: '예제에 키 표시', storedOtherwise: '다른 방법으로 저장했습니다', haveSaved: '저장했습니다', haveSavedHint: '먼저 키를 복사하거나, 다른 방법으로 저장했다고 표시하세요.', downloadEnv: '.env 다운로드', listening: '첫 요청을 기다리는 중…', first: '첫 요청 도착: {status}, {model}, {time}', firstSaved: '{money} 절감', view: '보기', refusedAttempt: '거부된 요청: {status} {code}', claudeNote: 'Claude Code에서 /status를 실행하면 기본 URL을 확인할 수 있습니다.', anthropicNote: '기본 URL에 /v1을 붙이지 않습니다. SDK가 자동으로 붙입니다.', copyManually: '이 브라우저에서는 페이지가 직접 복사할 수 없습니다. 키를 선택해 두었습니다. 누를 키: {keys}',
  rotateTitle: '{name} 교체', rotateText: '같은 한도의 새 키를 바로 받습니다. 교체하는 동안 문제가 없도록, 기존 키는 선택한 시간만큼 계속 작동합니다.', rotateLast: '마지막 사용: {when}', overlap: '기존 키 사용 기간', overlap0: '지금 종료', overlap0Hint: '아직 사용 중인 곳은 바로 401 오류를 받습니다.', overlap1h: '1시간 더 사용', overlap24h: '24시간 더 사용', rotateBusy: '교체하는 중…',
  revokeTitle: '{name} 폐기', revokeUsed: { other: '최근 1시간 동안 {name} 키로 요청 {count}건이 있었습니다. 이 요청은 {soon} 401 오류로 실패합니다.' }, revokeIdle: '최근 1시간 동안 {name} 키로 보낸 요청이 없습니다. 앞으로 이 키의 요청은 {soon} 401 오류로 실패합니다.', revokeUnknown: '{name} 키의 요청은 {soon} 401 오류로 실패합니다.', soonNow: '즉시', soonMinute: '60초 안에', revokeForever: '폐기한 키는 되돌릴 수 없습니다.', revokeBusy: '폐기하는 중…', revokedDone: '폐기했습니다: {name}', lastUsedOn: '마지막 사용: {when}',
  requests: '요청', spend: '비용', errors: '오류', errorRate: '오류율', byModel: '모델별', refused: '처리 전에 거부된 요청', refusedNone: '이 기간에 거부된 요청이 없습니다.', latest: '최근 요청', latestNone: '아직 요청이 없습니다.', times: '{count}회', model: '모델', time: '시간', cost: '비용', usage: '사용량', settings: '키 설정', yes: '예', no: '아니요', notFound: '이 ID의 키가 없습니다.', openLog: '감사 로그에서 열기', analytics: '분석에서 열기', 
  codeRate: '분당 요청 수', codeTokens: '분당 토큰 수', codeParallel: '동시 요청 수', codeBudget: '예산', codeKey: '알 수 없거나 끝난 키', codeModel: '허용되지 않은 모델', codeModelUnknown: '없는 모델', codeInvalid: '잘못된 요청', 
};

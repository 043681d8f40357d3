import type { TranslationOf } from '../message.ts';
import type { models as en } from '../en/models.ts';

export const models: TranslationOf<typeof en> = {
  title: '모델', description: '요청을 보낼 수 있는 모델입니다. 모델마다 제공자, 가격, 클라이언트가 요청할 이름이 있습니다.',
  add: '모델 추가', cancel: '취소', close: '닫기', search: '모델 검색', provider: '제공자', status: '상태', enabled: '사용 중', disabled: '중지됨', all: '전체', noCredential: 'API 키 없음',
  model: '모델', upstream: '제공자 모델', price: '가격 (입력 / 출력)', priceHint: '토큰 100만 개당 USD, 입력 / 출력', context: '컨텍스트', usedBy: '사용처', unused: '없음', requests30: '요청 (30일)', p95: 'p95', errors: '오류', spend30: '비용 (30일)', actions: '작업',
  details: '세부 정보', edit: '수정', test: '테스트', testing: '테스트하는 중…', disable: '중지', enable: '사용', delete: '삭제', disabledDone: '중지했습니다: {id}', enabledDone: '사용합니다: {id}', deletedDone: '삭제했습니다: {id}', addedDone: '추가했습니다: {id}', savedDone: '저장했습니다: {id}',
  emptyTitle: '아직 모델이 없습니다', emptyText: 'BSGateway는 쉬운 요청은 저렴한 모델로, 어려운 요청은 강력한 모델로 보냅니다. 그래서 각각 하나 이상 필요합니다.', emptyMember: '관리자만 모델을 추가할 수 있습니다.', emptyCheap: '저렴한 모델부터', emptyCheapText: '인사, 짧은 질문, 간단한 문장 수정처럼 대부분의 요청에 사용합니다.', emptyStrong: '… 그리고 강력한 모델', emptyStrongText: '코드, 분석처럼 정확해야 하는 요청에 사용합니다. 절감액은 이 모델을 기준으로 계산합니다.', addCheap: '저렴한 모델 추가', addStrong: '강력한 모델 추가',
  addTitle: '모델 추가', addText: '저장하기 전에 아주 작은 테스트 호출을 한 번 보냅니다.', editTitle: '{id} 수정',
  upstreamHint: '제공자가 사용하는 이름입니다.', known: '토큰 100만 개당 입력 {input} · 출력 {output}', knownContext: '컨텍스트 {count}', unknownModel: '카탈로그에 없습니다. 가격을 입력하지 않으면 가격 없음으로 표시됩니다.',
  id: '모델 ID', idHint: '클라이언트와 규칙에서 부르는 이름입니다.', idTaken: '“{id}”: 이미 사용 중입니다. {other} 같은 이름은 어떨까요?', idReserved: '“{id}”: 예약된 이름입니다. 다른 이름을 선택하세요.', idAlias: '“{id}”: 별칭으로 사용 중입니다. 다른 이름을 선택하세요.',
  apiKey: 'API 키', apiKeyHint: 'AES-256-GCM으로 암호화해 저장하고, 제공자를 호출할 때만 사용하며, 다시 표시하지 않습니다.', apiKeyKeep: '저장된 키: …{last4} ({date} 추가). 그대로 두려면 비워 두세요.', apiKeyMany: { other: '키 {count}개를 번갈아 사용합니다. 그대로 두려면 비워 두세요. 새 키를 입력하면 모두 바뀝니다.' }, apiKeyNone: '저장된 키가 없습니다.', apiKeyPrefix: '이 제공자의 키는 보통 {prefix}(으)로 시작합니다.', apiKeyBedrock: 'accessKeyId, secretAccessKey와 (있으면) sessionToken이 든 JSON입니다. 비워 두면 게이트웨이의 역할을 사용합니다.', apiKeyAgain: '주소가 바뀌므로 키를 다시 입력해야 합니다.',
  baseUrl: '기본 URL', baseUrlHint: '버전 경로까지 입력하세요. 예: https://host/v1. http는 운영자가 허용한 호스트만 사용할 수 있습니다.', baseUrlOverride: '제공자에 다른 경로로 연결할 때만 입력하세요.', baseUrlAzure: '리소스 주소 뒤에 /openai를 붙입니다. 예: https://name.openai.azure.com/openai', apiVersion: 'API 버전', region: '리전', required: '필수 항목입니다.',
  tier: '자동 라우팅에 사용', tierHint: '이 종류의 요청을 이 모델로 보냅니다. 규칙 페이지에서 바꿀 수 있습니다.', tierNone: '사용 안 함', maxOutput: '최대 출력 토큰', maxOutputHint: '응답 길이의 상한입니다. 클라이언트가 더 짧게 요청할 수 있습니다.',
  ownPrice: '가격 (토큰 100만 개당 USD)', priceInput: '입력', priceOutput: '출력', priceCached: '캐시된 입력', priceEmpty: '비워 두면 정가를 적용합니다. ({input} / {output})', priceEmptyUnknown: '비워 두면 가격 없음입니다. 비용과 절감액에서 제외됩니다.', 
  more: '추가 옵션', factsHint: '비워 두면 카탈로그를 따르고, 카탈로그에 없으면 가능하다고 봅니다.', contextWindow: '컨텍스트 크기 (토큰)', vision: '이미지', documents: '문서', audio: '오디오', tools: '도구', strictSchema: '엄격한 JSON 스키마', reasoning: '추론', asKnown: '알려진 대로', yes: '예', no: '아니요',
  testAndAdd: '테스트 후 추가', addAnyway: '그래도 추가', adding: '추가하는 중…', saveAndTest: '저장하고 테스트', saveOnly: '테스트 없이 저장', saving: '저장하는 중…', answered: '응답 시간 {time}', answeredText: '이 키로 모델을 사용할 수 있습니다.', failed: '테스트 호출이 실패했습니다', failedSaved: '저장했지만 테스트 호출이 실패했습니다', httpStatus: 'HTTP {status}', copyError: '복사',
  deleteTitle: '{id} 삭제', deleteText: { other: '{id} 모델은 최근 30일 동안 요청 {count}건에 응답했습니다. 앞으로 이 모델을 찾는 요청은 404 오류를 받습니다. 저장된 키도 함께 삭제됩니다.' }, deleteIdle: '{id} 모델은 최근 30일 동안 응답한 요청이 없습니다. 저장된 키도 함께 삭제됩니다.', deleteUnknown: '앞으로 {id} 모델을 찾는 요청은 404 오류를 받습니다. 저장된 키도 함께 삭제됩니다.', deleting: '삭제하는 중…',
  inUseTitle: '{id} 사용 중', inUseText: '먼저 다음에서 빼거나 모델을 중지하세요. 중지한 모델은 요청을 받지 않습니다.', usesAlias: '별칭 {name}', usesRule: '규칙 {name}', usesTier: '단계 {name}', usesKey: 'API 키 {name}', usesJudge: 'llm 전략의 평가 모델', shortRule: { other: '규칙 {count}개' }, shortAliases: { other: '별칭 {count}개' }, shortKeys: { other: '키 {count}개' }, judge: '평가',
  usage: '사용량', requests: '요청', spend: '비용', byKey: '키별', facts: '정보', priceOwn: '직접 입력', priceList: '정가', latestErrors: '최근 오류', noErrors: '최근 요청에 오류가 없습니다.', times: '{count}회', notFound: '이 ID의 모델이 없습니다.', can: '지원', analytics: '분석에서 열기', openLog: '감사 로그에서 열기', added: '추가한 날', credential: 'API 키', credentialShown: '…{last4}, {date} 추가', none: '없음', unknown: '알 수 없음',
};

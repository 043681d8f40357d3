import type { TranslationOf } from '../message.ts';
import type { routingTest as en } from '../en/routing-test.ts';

export const routingTest: TranslationOf<typeof en> = {
  title: '라우팅 테스트', description: '요청이 어느 모델로 가는지, 왜 그런지 확인합니다. 공급자에게는 아무것도 보내지 않습니다.',
  request: '요청', model: '요청에 쓴 모델', modelHint: '“auto”, 모델 ID, 별칭 또는 규칙에 걸리는 이름', system: '시스템 프롬프트', messages: '메시지', message: '메시지 {count}', role: '메시지 {count}의 역할', roleUser: '사용자', roleAssistant: '어시스턴트', addMessage: '메시지 추가', removeMessage: '메시지 {count} 제거', moveUp: '메시지 {count} 위로 이동', moveDown: '메시지 {count} 아래로 이동',
  tools: '도구 수', write: '요청 작성 방법', form: '양식', json: 'JSON', jsonLabel: '전체 요청(JSON)', jsonHint: '클라이언트가 보내는 그대로, 세 가지 API 중 하나로 붙여 넣으세요. 최대 1MB입니다.', fromForm: '양식에서 가져오기',
  dialect: 'API', dialectAuto: '자동 판단({name})', dialectChat: 'OpenAI Chat', dialectResponses: 'OpenAI Responses', dialectMessages: 'Anthropic Messages',
  key: 'API 키', keyNone: '키 없음: 모든 모델 허용', keyHint: '허용 모델 목록을 적용할 키', rules: '규칙', rulesLive: '적용 중', rulesDraft: '저장하지 않은 초안', rulesHint: '초안은 규칙 페이지에서 수정 중인 내용입니다.',
  run: '테스트 실행', running: '결정하는 중…', examples: '예시', exampleHello: '인사', exampleCode: '파이썬 퀵 정렬', exampleReview: '보안 검토', exampleKorean: '한국어', exampleLong: '긴 문서',
  jsonBroken: 'JSON 형식이 아닙니다: {line}행 {column}열', jsonObject: '요청은 JSON 객체여야 합니다.', jsonModel: '요청에 "model" 값이 필요합니다.', tooLarge: '1MB보다 큽니다.', needsMessage: '메시지를 하나 이상 작성하세요.', needsModel: '요청할 모델을 입력하세요.', toolsRange: '0부터 100까지의 정수를 입력하세요.', goToFault: '위치로 이동',
  refused: '게이트웨이가 거부할 요청입니다', refusedAt: '{field} 위치: {message}',
  wouldGo: '전송 대상', wouldFail: '거부됨', answered: '클라이언트가 받을 응답: {status} {code}: {message}', decidedIn: '결정 시간 {ms}', estimated: '약 {cost}', saves: '{model} 대비 {amount} 절감', costsMore: '{model} 대비 {amount} 추가', noSaving: '기준 모델과 같은 비용', underDraft: '저장하지 않은 초안', score: '점수 {score}',
  fixRules: '규칙 확인', fixModels: '모델 확인', trace: '이유', decision: '프로그램용', decisionJson: '결정(JSON)', curl: 'curl 요청', curlHint: '실제로 요청을 보내는 명령입니다. BSG_KEY 변수에 키를 넣으세요.',
  emptyTitle: '요청은 네 단계를 거칩니다', emptyDirect: '직접: 모델 ID로 요청하면 그 모델로 갑니다.', emptyAlias: '별칭: 직접 정한 이름이 모델이나 자동 라우팅을 대신합니다.', emptyPattern: '패턴: 규칙이 순서대로 이름과 요청 내용을 확인합니다.', emptyAuto: '자동: 요청에 점수를 매기고, 점수에 해당하는 등급이 모델을 정합니다.',
  runs: '이 탭에서 실행한 테스트', runsHint: '최근 10개입니다. 저장하지 않으므로 탭을 닫으면 사라집니다.', run_: '{number}번 실행', show: '보기', shown: '보는 중', compare: '{number}번 실행 비교', clear: '지우기', compared: '비교', compareHint: '두 개 이상 선택하면 나란히 비교합니다.', rowRequest: '요청', rowRules: '규칙', rowModel: '전송 대상', rowStage: '결정 단계', rowScore: '점수', rowTier: '등급', rowReason: '이유', rowCost: '예상 비용', rowSaving: '기준 모델 대비', rowTokens: '입력 토큰', differs: '다름', none: '—', nowhere: '없음: {code}',
  prefilled: { other: '{id} 요청의 이름, API, 키, 도구를 채웠습니다. 내용(메시지 {count}개, 약 {tokens}토큰)은 저장되지 않으므로 직접 작성하세요.' },
  
};

import type { TranslationOf } from '../message.ts';
import type { ui as en } from '../en/ui.ts';

export const ui: TranslationOf<typeof en> = {
  close: '닫기', cancel: '취소', retry: '다시 시도', copy: '복사', copied: '복사됨', copyKeys: 'Ctrl+C를 누르세요', copyKeysMac: '⌘C를 누르세요', undo: '실행 취소', dismiss: '닫기', more: '추가 작업', saving: '저장하는 중…',
  loading: '불러오는 중…', optional: '선택', required: '필수 항목입니다.', invalid: '올바르지 않은 값입니다.',
  tooShort: { other: '{count}자 이상 입력하세요.' }, tooLong: { other: '{count}자까지 입력할 수 있습니다.' },
  tooSmall: '최솟값은 {least}입니다.', moreThan: '{least}보다 커야 합니다.', tooBig: '최댓값은 {most}입니다.', notNumber: '숫자를 입력하세요.',
  failedTitle: '불러오지 못했습니다', failedRest: '페이지의 다른 부분은 정상입니다.', failedPage: '이 페이지에 문제가 생겼습니다', failedPageRest: '다른 페이지는 정상입니다.', requestId: '요청 ID', copyDetails: '세부 정보 복사',
  unreachable: '게이트웨이에 연결할 수 없습니다.', brokenOff: '파일이 끝나기 전에 연결이 끊겨 저장하지 않았습니다. 다시 시도하세요.', offlineError: '오프라인입니다.', sessionEndedError: '세션이 종료되었습니다.', forbiddenTitle: '볼 수 있는 권한이 없습니다', forbiddenRest: '게이트웨이의 소유자나 관리자가 필요한 역할을 부여할 수 있습니다.',
  noMatchTitle: '필터와 일치하는 항목이 없습니다', clearFilters: '필터 지우기', clearAll: '모두 지우기', removeFilter: '필터 제거: {name}', filterSearch: '검색', noOptions: '선택할 항목이 없습니다', anyOf: '{name}: 전체', selected: { other: '{name}: {count}개 선택' },
  loadOlder: '이전 항목 더 보기', sortBy: '{name} 기준 정렬', openRow: '{name} 열기', unknown: '—', unpriced: '가격 없음', unpricedHint: '이 모델의 가격을 알 수 없어 비용에서 제외했습니다.',
  range: '기간', range1h: '1시간', range24h: '24시간', range7d: '7일', range30d: '30일', range90d: '90일', rangemonth: '이번 달', rangeCustom: '직접 설정',
  rangeName1h: '최근 1시간', rangeName24h: '최근 24시간', rangeName7d: '최근 7일', rangeName30d: '최근 30일', rangeName90d: '최근 90일', rangeNamemonth: '이번 달',
  from: '시작', to: '끝', apply: '적용', fromBeforeTo: '시작은 끝보다 앞서야 합니다.', notFuture: '끝은 미래일 수 없습니다.', tooLongRange: '기간은 최대 400일입니다.', zone: '시간대', zoneLocal: '현지 ({zone})', zoneUtc: 'UTC', retention: '상세 기록은 90일, 합계는 400일 동안 보관합니다.',
  updated: '{when} 업데이트', refresh: '새로고침', soFar: '진행 중', viewTable: '표로 보기', viewChart: '차트로 보기', copyCsv: 'CSV로 복사', chartHelp: '{title}. 화살표 키로 값을 읽을 수 있습니다.', time: '시간', total: '합계', other: '기타', noData: '이 기간에는 요청이 없습니다',
  showSecret: '표시', unsavedTitle: '저장하지 않고 나갈까요?', unsavedText: '입력한 내용이 저장되지 않았습니다.', leave: '나가기', stay: '머무르기', confirmName: '확인을 위해 {name} 입력',
  tierSimple: '단순', tierModerate: '보통', tierComplex: '복잡', tierNone: '직접 또는 별칭', stageDirect: '직접', stageAlias: '별칭', stagePattern: '패턴', stageAuto: '자동',
  statusOk: '정상', statusClient: '클라이언트 종료', statusError: '오류',
};

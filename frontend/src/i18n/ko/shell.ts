import type { TranslationOf } from '../message.ts';
import type { shell as en } from '../en/shell.ts';

export const shell: TranslationOf<typeof en> = {
  skip: '본문으로 건너뛰기', mainNav: '주 메뉴', menu: '메뉴', search: '검색 및 명령', searchShort: '검색', close: '닫기',
  dashboard: '대시보드', rules: '라우팅 규칙', models: '모델', routingTest: '라우팅 테스트', analytics: '분석', keys: 'API 키', audit: '감사 로그', settings: '설정',
  roleOwner: '소유자', roleAdmin: '관리자', roleMember: '구성원', roleViewer: '보기 전용', version: 'v{version}', account: '계정: {name}', gateway: '게이트웨이', demo: '데모: 모델과 트래픽은 모의 데이터입니다',
  themeSystem: '테마: 시스템', themeLight: '테마: 밝게', themeDark: '테마: 어둡게', shortcutsOn: '키보드 단축키', help: '키보드 도움말', signOut: '로그아웃',
  offline: '오프라인입니다. {time} 기준 데이터를 표시합니다.', newVersion: '대시보드의 새 버전이 있습니다.', reload: '새로고침',
  endedTitle: '세션이 종료되었습니다', endedText: '새 탭에서 다시 로그인하세요. 이 페이지와 입력한 내용은 그대로 남습니다.', endedAction: '로그인', endedOther: '이 페이지에서 나가기',
  notMemberTitle: '이 게이트웨이의 구성원이 아닙니다', notMemberText: '{name} 계정으로 로그인했습니다. 게이트웨이의 소유자나 관리자에게 초대를 요청하세요.', otherAccount: '다른 계정 사용', chooseGateway: '게이트웨이 선택',
  notFoundTitle: '페이지를 찾을 수 없습니다', notFoundText: '주소가 오래되었거나 잘못 입력되었을 수 있습니다.', toDashboard: '대시보드로 이동',
  invitationTitle: '초대', invitationText: '{name} 계정으로 이 게이트웨이의 초대를 수락할까요?', accept: '수락', accepting: '수락하는 중…', invitationMissing: '링크가 완전하지 않습니다. 새 링크를 요청하세요.',
  paletteTitle: '검색 및 명령', paletteField: '페이지, 모델, 키, 규칙, 작업', paletteEmpty: '결과가 없습니다', groupPages: '페이지', groupActions: '작업', groupModels: '모델', groupKeys: '키', groupRules: '규칙',
  addModel: '모델 추가', createKey: 'API 키 만들기', testRequest: '요청 테스트', switchLanguage: '언어 바꾸기', switchTheme: '밝게/어둡게 전환',
  helpTitle: '키보드', helpPalette: '검색 및 명령', helpSearch: '이 페이지에서 검색', helpGo: '이동: 대시보드, 규칙, 모델, 테스트, 분석, 키, 로그', helpCreate: '만들기', helpRows: '다음 행과 이전 행', helpOpen: '열기', helpClose: '닫기', helpLive: '실시간 보기', helpRefresh: '새로고침', helpRun: '실행 또는 보내기', helpThis: '이 도움말', helpOff: '한 글자 단축키는 계정 메뉴에서 끌 수 있습니다.',
};

import type { TranslationOf } from '../message.ts';
import type { login as en } from '../en/login.ts';

export const login: TranslationOf<typeof en> = {
  title: '로그인', tagline: '간단한 요청은 저렴한 모델로, 어려운\u00A0요청은 강력한 모델로 보냅니다.', signIn: '로그인', signInWith: '{provider} 계정으로 로그인', otherWays: '다른 방법으로 로그인', tryAgain: '다시 시도', leaving: '잠시만요…',
  localHint: '게이트웨이를 실행하는 컴퓨터에서 {command} 명령이 로그인 링크를 출력합니다. 게이트웨이를 시작할 때마다 출력되는 링크로도 로그인할 수 있습니다.',
  signedOut: '로그아웃했습니다.', done: '로그인했습니다. 이 탭을 닫고 다른 탭에서 계속하세요.',
  cancelledTitle: '로그인을 취소했습니다', cancelledText: '바뀐 것은 없습니다. 언제든지 다시 시도하세요.',
  staleTitle: '이 로그인은 더 이상 유효하지 않습니다', staleText: '시간이 너무 오래 걸렸거나, 이미 사용했거나, 다른 탭에서 시작했습니다. 다시 시작하세요.',
  misconfiguredTitle: '로그인 설정이 올바르지 않습니다', misconfiguredText: '인증 서버의 응답: {detail}', httpsText: '브라우저는 https 또는 같은 컴퓨터에서만 로그인을 허용합니다. https로 열거나 게이트웨이가 있는 컴퓨터에서 여세요.',
  unreachableTitle: '인증 서버에 연결할 수 없습니다', unreachableText: '{detail}에서 응답이 없습니다. 게이트웨이가 실행 중인가요?',
  clockTitle: '이 컴퓨터의 시계가 맞지 않습니다', clockText: '게이트웨이와 5분 넘게 차이가 나서 모든 로그인이 만료된 것처럼 보입니다. 시계를 맞춘 뒤 다시 시도하세요.',
  configTitle: '대시보드 설정이 올바르지 않습니다', configText: '/config.json에 {setting} 설정이 없습니다. 게이트웨이 운영자가 추가해야 합니다.',
  loopTitle: '로그인이 되지 않습니다', loopText: '세션 없이 이 페이지로 두 번 돌아왔습니다. 직접 한 번 더 로그인하고, 그래도 안 되면 게이트웨이의 시계나 설정을 확인하세요.',
  language: '언어', theme: '테마', themeSystem: '시스템', themeLight: '밝게', themeDark: '어둡게',
};

import type { TranslationOf } from '../message.ts';
import type { routingTest as en } from '../en/routing-test.ts';

export const routingTest: TranslationOf<typeof en> = {
  title: '라우팅 테스트', description: '요청이 어느 모델로 가는지와 그 이유를 확인합니다. 제공자에게는 아무것도 보내지 않습니다.',
};

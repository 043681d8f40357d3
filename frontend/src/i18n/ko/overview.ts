import type { TranslationOf } from '../message.ts';
import type { overview as en } from '../en/overview.ts';

export const overview: TranslationOf<typeof en> = {
  title: '시스템 개요', description: '이 게이트웨이의 요청, 비용, 라우팅',
};

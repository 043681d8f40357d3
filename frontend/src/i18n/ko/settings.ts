import type { TranslationOf } from '../message.ts';
import type { settings as en } from '../en/settings.ts';

export const settings: TranslationOf<typeof en> = {
  title: '설정', description: '이 게이트웨이의 한도, 구성원, 토큰',
};

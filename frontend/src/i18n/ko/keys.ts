import type { TranslationOf } from '../message.ts';
import type { keys as en } from '../en/keys.ts';

export const keys: TranslationOf<typeof en> = {
  title: 'API 키', description: '앱은 이 키를 사용합니다. 제공자 키는 게이트웨이 안에만 있습니다.',
};

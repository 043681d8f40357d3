import type { TranslationOf } from '../message.ts';
import type { rules as en } from '../en/rules.ts';

export const rules: TranslationOf<typeof en> = {
  title: '라우팅 규칙', description: '요청이 처리되는 순서',
};

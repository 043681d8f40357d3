import type { TranslationOf } from '../message.ts';
import type { audit as en } from '../en/audit.ts';

export const audit: TranslationOf<typeof en> = {
  title: '감사 로그', description: '모든 요청과 모든 변경',
};

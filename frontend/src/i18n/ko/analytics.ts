import type { TranslationOf } from '../message.ts';
import type { analytics as en } from '../en/analytics.ts';

export const analytics: TranslationOf<typeof en> = {
  title: '분석', description: '사용량, 비용, 속도, 오류',
};

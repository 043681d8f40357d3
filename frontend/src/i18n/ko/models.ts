import type { TranslationOf } from '../message.ts';
import type { models as en } from '../en/models.ts';

export const models: TranslationOf<typeof en> = {
  title: '모델', description: '요청을 보낼 수 있는 모델과 비용',
};

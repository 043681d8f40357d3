import type { RoutingDocument } from '../../api/types.ts';

/** The document before the first version: what a new gateway decides by. */
export const EMPTY: RoutingDocument = {
  aliases: [], patterns: [],
  auto: { strategy: 'ml', tiers: { simple: [], moderate: [], complex: [] }, boundaries: null, dial: null, mode: 'balanced', qualityTarget: 0.98, agentFloor: 'moderate', judgeModel: null, shadow: { enabled: false, dailyUsd: 0 } },
};

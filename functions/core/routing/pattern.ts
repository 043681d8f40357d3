/** The dashboard previews what a pattern catches, so that the one matcher stands where both sides may use it. */
export { globMatches, MAX_STARS, starsIn, STEP_COST } from '../../contract/glob.ts';

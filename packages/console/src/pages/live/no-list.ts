/** Ends the definitions of what has rows: elsewhere the list of viewers is behind each. */
export const NO_LIST = 'Live is made of sums that hold no person, so that no list of viewers is behind a row.'

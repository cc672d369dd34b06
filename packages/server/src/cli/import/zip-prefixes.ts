/**
 * Where a postal code of the United States or Canada lies.
 *
 * United States: the first three digits name a sectional center, which lies in one state. Source: labeling list
 * "L002, 3-Digit ZIP Code Prefix Matrix" of the Domestic Mail Manual of the USPS.
 * Canada: the first letter names a province or a part of one. Source: Canada Post, "Addressing Guidelines", postal code.
 */
export interface PostalPlace {
  /** ISO 3166-1 alpha-2; empty unknown. */
  readonly country: string
  /** ISO 3166-2; empty unknown, or where ISO has none: the armed forces' AA, AE and AP. */
  readonly region: string
}

const UNKNOWN: PostalPlace = { country: '', region: '' }

/** The place of a postal code as people write it; `00000` and what is none of either country give an unknown place. */
export function placeOfPostalCode(code: string): PostalPlace {
  const text = code.trim().toUpperCase()
  if (/^\d{5}(-?\d{4})?$/.test(text)) return placeOfZip(text.slice(0, 5))
  if (
    /^[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d$|^[ABCEGHJ-NPRSTVXY]\d[A-Z]/.test(text)
  ) {
    return placeOfCanadianCode(text)
  }
  return UNKNOWN
}

function placeOfZip(zip: string): PostalPlace {
  const exception = EXCEPTIONS.find(({ from, to }) => zip >= from && zip <= to)
  if (exception) return exception.place
  const prefix = Number(zip.slice(0, 3))
  const range = PREFIXES.find(([from, to]) => prefix >= from && prefix <= to)
  if (!range) return UNKNOWN
  const state = range[2]
  return { country: 'US', region: ARMED_FORCES.has(state) ? '' : `US-${state}` }
}

/** The armed forces: Americas, Europe and elsewhere, Pacific. The post of the United States, and in none of its states. */
const ARMED_FORCES: ReadonlySet<string> = new Set(['AA', 'AE', 'AP'])

/** Codes whose prefix lies mostly elsewhere, and the parts of 969, which serves six places. */
const EXCEPTIONS: readonly { from: string; to: string; place: PostalPlace }[] = [
  { from: '06390', to: '06390', place: { country: 'US', region: 'US-NY' } },
  { from: '83414', to: '83414', place: { country: 'US', region: 'US-WY' } },
  { from: '96799', to: '96799', place: { country: 'US', region: 'US-AS' } },
  { from: '96910', to: '96932', place: { country: 'US', region: 'US-GU' } },
  { from: '96939', to: '96940', place: { country: 'PW', region: '' } },
  { from: '96941', to: '96944', place: { country: 'FM', region: '' } },
  { from: '96950', to: '96952', place: { country: 'US', region: 'US-MP' } },
  { from: '96960', to: '96970', place: { country: 'MH', region: '' } },
]

/**
 * First and last prefix of each block, and its state. A prefix that is not assigned and lies within a state's block counts
 * as that state's (663 is Kansas); one between two blocks is unknown.
 */
const PREFIXES: readonly (readonly [number, number, string])[] = [
  [5, 5, 'NY'],
  [6, 7, 'PR'],
  [8, 8, 'VI'],
  [9, 9, 'PR'],
  [10, 27, 'MA'],
  [28, 29, 'RI'],
  [30, 38, 'NH'],
  [39, 49, 'ME'],
  [50, 54, 'VT'],
  [55, 55, 'MA'],
  [56, 59, 'VT'],
  [60, 69, 'CT'],
  [70, 89, 'NJ'],
  [90, 98, 'AE'],
  [100, 149, 'NY'],
  [150, 196, 'PA'],
  [197, 199, 'DE'],
  [200, 200, 'DC'],
  [201, 201, 'VA'],
  [202, 205, 'DC'],
  [206, 219, 'MD'],
  [220, 246, 'VA'],
  [247, 268, 'WV'],
  [270, 289, 'NC'],
  [290, 299, 'SC'],
  [300, 319, 'GA'],
  [320, 339, 'FL'],
  [340, 340, 'AA'],
  [341, 349, 'FL'],
  [350, 369, 'AL'],
  [370, 385, 'TN'],
  [386, 397, 'MS'],
  [398, 399, 'GA'],
  [400, 427, 'KY'],
  [430, 459, 'OH'],
  [460, 479, 'IN'],
  [480, 499, 'MI'],
  [500, 528, 'IA'],
  [530, 549, 'WI'],
  [550, 567, 'MN'],
  [569, 569, 'DC'],
  [570, 577, 'SD'],
  [580, 588, 'ND'],
  [590, 599, 'MT'],
  [600, 629, 'IL'],
  [630, 658, 'MO'],
  [660, 679, 'KS'],
  [680, 693, 'NE'],
  [700, 714, 'LA'],
  [716, 729, 'AR'],
  [730, 731, 'OK'],
  [733, 733, 'TX'],
  [734, 749, 'OK'],
  [750, 799, 'TX'],
  [800, 816, 'CO'],
  [820, 831, 'WY'],
  [832, 838, 'ID'],
  [840, 847, 'UT'],
  [850, 865, 'AZ'],
  [870, 884, 'NM'],
  [885, 885, 'TX'],
  [889, 898, 'NV'],
  [900, 961, 'CA'],
  [962, 966, 'AP'],
  [967, 968, 'HI'],
  [970, 979, 'OR'],
  [980, 994, 'WA'],
  [995, 999, 'AK'],
]

function placeOfCanadianCode(code: string): PostalPlace {
  const province = code.startsWith('X') ? NORTHERN[code.slice(0, 3)] : PROVINCES[code[0]!]
  return { country: 'CA', region: province === undefined ? '' : `CA-${province}` }
}

const PROVINCES: Readonly<Record<string, string>> = {
  A: 'NL',
  B: 'NS',
  C: 'PE',
  E: 'NB',
  G: 'QC',
  H: 'QC',
  J: 'QC',
  K: 'ON',
  L: 'ON',
  M: 'ON',
  N: 'ON',
  P: 'ON',
  R: 'MB',
  S: 'SK',
  T: 'AB',
  V: 'BC',
  Y: 'YT',
}

/** X is shared by Nunavut and the Northwest Territories, which the first three signs tell apart. */
const NORTHERN: Readonly<Record<string, string>> = {
  X0A: 'NU',
  X0B: 'NU',
  X0C: 'NU',
  X0E: 'NT',
  X0G: 'NT',
  X1A: 'NT',
}

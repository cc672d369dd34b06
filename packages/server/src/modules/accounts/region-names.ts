import english from 'cldr-subdivisions-full/subdivisions/en/en.json' with { type: 'json' }

/**
 * Names of regions that ISO 3166-2 does not hold. It writes most regions in one language of their country, often with a
 * word for their kind (`Bayern`, `Anhui Sheng`, `Stockholms län`); people and files write Bavaria, Anhui and Stockholm.
 */

/** English names of the Unicode CLDR, by ISO 3166-2 code. They are not unique within a country. */
export function englishRegionNames(): [code: string, name: string][] {
  return Object.entries(english.subdivisions.localeDisplayNames.subdivisions)
    .map(([id, name]): [string, string] => [`${id.slice(0, 2)}-${id.slice(2)}`.toUpperCase(), name])
    .filter(([code]) => !CODES_GIVEN_ANEW.has(code.slice(0, 2)) || !/-\d+$/.test(code))
}

/**
 * Countries whose numbers went to other regions when ISO 3166-2 was revised (Morocco 2015, Iran 2020). CLDR has the names
 * of before: IR-07 is Tehran there and Fārs here.
 */
const CODES_GIVEN_ANEW = new Set(['IR', 'MA'])

/** What neither list holds and many write: other languages of the region itself, its common and its former name. */
export const OTHER_REGION_NAMES: Readonly<Record<string, readonly string[]>> = {
  'AR-C': ['CABA', 'Capital Federal', 'Ciudad de Buenos Aires'],
  'BE-BRU': ['Bruxelles', 'Brussel', 'Région de Bruxelles-Capitale', 'Brussels-Capital Region'],
  'BE-VAN': ['Anvers'],
  'BE-VBR': ['Brabant flamand'],
  'BE-VLG': ['Vlaanderen', 'Flandre', 'Flemish Region'],
  'BE-VOV': ['Flandre orientale'],
  'BE-VWV': ['Flandre occidentale'],
  'BE-WAL': ['Wallonie', 'Wallonië', 'Région wallonne', 'Walloon Region'],
  'BE-WBR': ['Waals-Brabant'],
  'BE-WHT': ['Henegouwen'],
  'BE-WLG': ['Luik', 'Lüttich'],
  'BE-WLX': ['Luxemburg'],
  'BE-WNA': ['Namen'],
  'CA-BC': ['Colombie-Britannique'],
  'CA-NB': ['Nouveau-Brunswick'],
  'CA-NL': ['Terre-Neuve-et-Labrador'],
  'CA-NS': ['Nouvelle-Écosse'],
  'CA-NT': ['Territoires du Nord-Ouest'],
  'CA-PE': ['Île-du-Prince-Édouard'],
  'CH-BE': ['Berne'],
  'CH-BL': ['Bâle-Campagne', 'Baselland'],
  'CH-BS': ['Bâle-Ville'],
  'CH-FR': ['Freiburg'],
  'CH-GE': ['Genf', 'Ginevra'],
  'CH-GR': ['Grisons', 'Grigioni', 'Grischun'],
  'CH-LU': ['Lucerna'],
  'CH-NE': ['Neuenburg'],
  'CH-SG': ['Saint-Gall'],
  'CH-TI': ['Tessin'],
  'CH-VD': ['Waadt'],
  'CH-VS': ['Wallis'],
  'CH-ZH': ['Zurigo'],
  'CL-LI': ["O'Higgins"],
  'CL-RM': ['Región Metropolitana', 'Metropolitana'],
  'CO-DC': ['Bogotá', 'Bogotá D.C.'],
  'ES-A': ['Alacant'],
  'ES-BI': ['Vizcaya'],
  'ES-C': ['La Coruña'],
  'ES-CS': ['Castelló'],
  'ES-CT': ['Cataluña'],
  'ES-GI': ['Gerona'],
  'ES-IB': ['Islas Baleares', 'Baleares', 'Balears'],
  'ES-L': ['Lérida'],
  'ES-NC': ['Navarre', 'Nafarroa'],
  'ES-OR': ['Orense'],
  'ES-PV': ['Euskadi'],
  'ES-SS': ['Guipúzcoa'],
  'ES-V': ['València'],
  'ES-VC': ['Comunidad Valenciana', 'Comunitat Valenciana'],
  'ES-VI': ['Araba'],
  'FI-01': ['Åland', 'Ahvenanmaa'],
  'FI-10': ['Lappland'],
  'FI-12': ['Österbotten'],
  'FI-18': ['Nyland'],
  'FI-19': ['Egentliga Finland'],
  'IR-03': ['East Azerbaijan'],
  'IR-04': ['West Azerbaijan'],
  'IR-09': ['Razavi Khorasan'],
  'IR-10': ['Isfahan'],
  'IR-11': ['Sistan and Baluchestan'],
  'IR-12': ['Kurdistan'],
  'IR-14': ['Chaharmahal and Bakhtiari'],
  'IR-17': ['Kohgiluyeh and Boyer-Ahmad'],
  'IR-28': ['North Khorasan'],
  'IR-29': ['South Khorasan'],
  'IT-BZ': ['Alto Adige', 'Südtirol'],
  'MX-CMX': ['CDMX', 'Distrito Federal'],
  'MX-MEX': ['Estado de México', 'Edomex'],
  'PT-20': ['Açores'],
  'RU-LEN': ['Leningrad Oblast'],
  'RU-MOS': ['Moscow Oblast'],
  'RU-SPE': ['St. Petersburg'],
  'US-DC': ['Washington D.C.', 'D.C.'],
  'US-VI': ['Virgin Islands'],
}

import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { withRealInput } from '../packages/server/test/real-inputs.ts'
import { stateByRange } from '../packages/server/test/zip-ranges.ts'
import { openBrowser, openConsole } from './browser.ts'
import { chart, numberOn, readNumber, rowsOf, tableOf } from './charts.ts'
import { runCommand, startInstance, type TestInstance } from './instance.ts'
import { firstOperator, type TestOperator } from './operator.ts'
import { queryEvents } from './stored-events.ts'

/** MovieLens 100K, imported into the real program and read off its charts. */

/** From before the first rating to after the last one. */
const RANGE = 'service=movielens&from=1997-09-01&to=1998-04-30'

const { folder, it } = withRealInput('ml-100k')
let truth: Truth
let dataFolder: string
let instance: TestInstance
let browser: Browser
let operator: TestOperator
let seenFirst: Seen

beforeAll(async () => {
  truth = readTruth(folder)
  dataFolder = await mkdtemp(join(tmpdir(), 'foyer-movielens-'))
  await importOnce()
  ;[instance, browser] = await Promise.all([startInstance({ dataFolder }), openBrowser()])
  operator = await firstOperator(instance)
  seenFirst = await readCharts()
})
afterAll(async () => {
  await browser?.close()
  await instance?.close()
  await rm(dataFolder, { recursive: true, force: true })
})

it('the general bars, the pie and the ages hold 943 registrations: 670 of men, 273 of women', () => {
  expect(seenFirst.total).toBe(943)
  expect(seenFirst.weeks).toEqual({ female: 273, male: 670, other: 0, unknown: 0, total: 943 })
  expect(seenFirst.genders).toMatchObject([
    ['Female', '273', '29'],
    ['Male', '670', '71'],
    ['Other', '0', '0'],
    ['Unknown', '0', '0'],
  ])
  expect(seenFirst.ages.map(([, total]) => readNumber(total!))).toEqual(truth.ages)
})

it('a slice of the pie tells its total at a click, at Enter and at Space', async () => {
  const page = await open('/registrations')
  const pie = chart(page, 'Registrations by gender')
  const total = pie.getByTestId('gender-total')
  await pie.locator('canvas').waitFor()
  const box = (await pie.locator('canvas').boundingBox())!
  const click = (side: number) => page.mouse.click(box.x + box.width / 2 + side * 20, box.y + box.height / 2)
  // Women are the first 29 of a hundred clockwise from the top.
  await click(1)
  await total.getByText('Female: 273 registrations').waitFor()
  await click(-1)
  await total.getByText('Male: 670 registrations').waitFor()
  await pie.getByRole('group').focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  await total.getByText('Female: 273 registrations').waitFor()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Space')
  await total.getByText('Male: 670 registrations').waitFor()
})

it('states come from ZIP codes, Canada is Other, and who has no state is Unknown', () => {
  const { states } = seenFirst
  const shown = new Map(states.map(([name, total]) => [name!, readNumber(total!)]))
  expect(shown.get('Other (other countries)')).toBe(truth.foreign)
  expect(truth.foreign).toBe(18)
  expect(shown.get('Unknown')).toBe(truth.withoutState)
  const counts = states
    .filter(([name]) => !['Other (other countries)', 'Unknown'].includes(name!))
    .map(([name, total]) => [name!, readNumber(total!)])
  expect(counts.toSorted()).toEqual(
    [...truth.states].map(([code, total]) => [STATES[code] ?? code, total]).toSorted(),
  )
  expect(sum([...shown.values()])).toBe(943)
  expect(seenFirst.countries).toEqual([
    ['United States', String(943 - truth.foreign - truth.withoutCountry)],
    ['Canada', '18'],
    ['Unknown', String(truth.withoutCountry)],
  ])
})

it('the overview holds 1,682 titles and 100,000 events, each rating on its day', () => {
  expect(seenFirst.overview).toEqual({
    registrations: '943',
    viewers: '943',
    events: '100,000',
    titles: '1,682',
    channels: '0',
  })
  const days = new Map(seenFirst.events.map(([day, total]) => [day!, readNumber(total!)]))
  expect([...days].filter(([, total]) => total > 0)).toEqual([...truth.ratingsByDay].toSorted())
})

it('no rating is lost, and each keeps its stars', async () => {
  expect(await storedRatings()).toEqual({
    rows: 100_000,
    ids: 100_000,
    people: 943,
    titles: 1682,
    stars: 352_986,
  })
})

it('imported again, beside the running instance, adds nothing', async () => {
  await importOnce()
  expect(await readCharts()).toEqual(seenFirst)
  expect(await storedRatings()).toMatchObject({ rows: 100_000, stars: 352_986 })
})

async function importOnce(): Promise<void> {
  const started = performance.now()
  const { code, output } = await runCommand(['import', 'movielens', folder], { dataFolder })
  expect(code, output).toBe(0)
  process.stdout.write(`MovieLens was imported in ${Math.round((performance.now() - started) / 1_000)} s\n`)
}

interface Seen {
  total: number
  weeks: Record<'female' | 'male' | 'other' | 'unknown' | 'total', number>
  genders: string[][]
  ages: string[][]
  countries: string[][]
  states: string[][]
  overview: Record<string, string>
  events: string[][]
}

/** Everything that the pages show of the set, as a person reads it. */
async function readCharts(): Promise<Seen> {
  const page = await open('/registrations')
  const bars = await tableOf(page, 'Registrations by week and gender')
  const column = (index: number) => sum(bars.map((row) => readNumber(row[index]!)))
  const geography = chart(page, 'Registrations by geography')
  const places = async (tab: string) => {
    await geography.getByRole('tab', { name: tab }).click()
    await geography.getByRole('columnheader', { name: tab }).waitFor()
    return (await rowsOf(geography)).map((row) => row.slice(0, 2))
  }
  const registrations = {
    total: readNumber(await page.getByTestId('registrations-total').innerText()),
    weeks: { female: column(2), male: column(3), other: column(4), unknown: column(5), total: column(6) },
    genders: await tableOf(page, 'Registrations by gender'),
    ages: await tableOf(page, 'Registrations by age'),
    countries: await places('Country'),
    states: await places('State'),
  }
  await page.goto(`${instance.url}/console/?${RANGE}&measure=events`)
  const days = await tableOf(page, 'Events by day')
  return {
    ...registrations,
    overview: {
      registrations: await numberOn(page, 'Registrations'),
      viewers: await numberOn(page, 'Active viewers'),
      events: await numberOn(page, 'Events'),
      titles: await numberOn(page, 'Titles'),
      channels: await numberOn(page, 'Channels'),
    },
    events: days.map((row) => [row[0]!, row[5]!]),
  }
}

async function open(path: string): Promise<Page> {
  const { page } = await openConsole(browser, { url: instance.url, operator })
  await page.goto(`${instance.url}/console${path}?${RANGE}`)
  return page
}

async function storedRatings() {
  const [row] = await queryEvents(
    dataFolder,
    `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(event_id)) AS ids, toUInt32(uniqExact(subject)) AS people,
       toUInt32(uniqExact(content_id)) AS titles, toUInt32(sum(properties.rating.:Int64)) AS stars
     FROM events WHERE service = 'movielens' AND type = 'rating'`,
  )
  return row
}

interface Truth {
  /** Registrations by age range, Unknown last. */
  ages: number[]
  /** By the letters of the state. */
  states: Map<string, number>
  foreign: number
  withoutState: number
  withoutCountry: number
  ratingsByDay: Map<string, number>
}

/** What the files say, read without any of Foyer's code. */
function readTruth(from: string): Truth {
  const lines = (name: string) => readFileSync(join(from, name), 'latin1').trim().split('\n')
  const truth: Truth = {
    ages: [0, 0, 0, 0, 0, 0, 0, 0],
    states: new Map(),
    foreign: 0,
    withoutState: 0,
    withoutCountry: 0,
    ratingsByDay: new Map(),
  }
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
  for (const line of lines('u.user')) {
    const [, age, , , code] = line.split('|') as [string, string, string, string, string]
    truth.ages[[18, 25, 35, 45, 55, 65, Infinity].findIndex((end) => Number(age) < end)]! += 1
    const state = /^\d/.test(code) ? stateByRange(code) : undefined
    if (/^[A-Z]/.test(code)) truth.foreign += 1
    else if (state === undefined) truth.withoutCountry += 1
    if (state !== undefined && state !== 'military') add(truth.states, state)
    else if (/^\d/.test(code)) truth.withoutState += 1
  }
  for (const line of lines('u.data'))
    add(truth.ratingsByDay, new Date(Number(line.split('\t')[3]) * 1_000).toISOString().slice(0, 10))
  return truth
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Names of states by their letters, as ISO 3166-2 has them. */
const STATES: Readonly<Record<string, string>> = {
  AK: 'Alaska',
  AL: 'Alabama',
  AR: 'Arkansas',
  AZ: 'Arizona',
  CA: 'California',
  CO: 'Colorado',
  CT: 'Connecticut',
  DC: 'District of Columbia',
  DE: 'Delaware',
  FL: 'Florida',
  GA: 'Georgia',
  HI: 'Hawaii',
  IA: 'Iowa',
  ID: 'Idaho',
  IL: 'Illinois',
  IN: 'Indiana',
  KS: 'Kansas',
  KY: 'Kentucky',
  LA: 'Louisiana',
  MA: 'Massachusetts',
  MD: 'Maryland',
  ME: 'Maine',
  MI: 'Michigan',
  MN: 'Minnesota',
  MO: 'Missouri',
  MS: 'Mississippi',
  MT: 'Montana',
  NC: 'North Carolina',
  ND: 'North Dakota',
  NE: 'Nebraska',
  NH: 'New Hampshire',
  NJ: 'New Jersey',
  NM: 'New Mexico',
  NV: 'Nevada',
  NY: 'New York',
  OH: 'Ohio',
  OK: 'Oklahoma',
  OR: 'Oregon',
  PA: 'Pennsylvania',
  PR: 'Puerto Rico',
  RI: 'Rhode Island',
  SC: 'South Carolina',
  SD: 'South Dakota',
  TN: 'Tennessee',
  TX: 'Texas',
  UT: 'Utah',
  VA: 'Virginia',
  VT: 'Vermont',
  WA: 'Washington',
  WI: 'Wisconsin',
  WV: 'West Virginia',
  WY: 'Wyoming',
}

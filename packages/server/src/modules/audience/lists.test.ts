import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  activeViewersReport,
  overviewReport,
  registeredViewersReport,
  registrationsReport,
  RIGHTS,
  type ActiveViewer,
  type ActiveViewersReport,
  type OverviewReport,
  type RegisteredViewersReport,
} from '@foyer/contracts'
import {
  DENIED,
  ERASED,
  FACTS,
  FROM,
  openLists,
  personOf,
  TO,
  viewerIdOf,
  VIEWERS,
  VIEWS,
  type Fact,
  type ListsFixture,
} from './lists.fixture.ts'

const RANGE = `service=cine&from=${FROM}&to=${TO}`

let lists: ListsFixture
let overview: OverviewReport

beforeAll(async () => {
  lists = await openLists()
  overview = overviewReport.parse((await lists.get(`/v1/reports/overview?${RANGE}`)).body)
})
afterAll(() => lists.close())
beforeEach(() => {
  lists.setRights(RIGHTS)
  lists.audited.length = 0
})

async function active(query: string): Promise<ActiveViewersReport> {
  const { status, body } = await lists.get(`/v1/reports/viewers?${query}`)
  expect(body).toMatchObject({ items: expect.anything() })
  expect(status).toBe(200)
  return activeViewersReport.parse(body)
}

async function registered(query: string): Promise<RegisteredViewersReport> {
  const { body } = await lists.get(`/v1/reports/registrations/viewers?${query}`)
  return registeredViewersReport.parse(body)
}

/** Facts counted again, one by one, by nothing but this file. */
function countAgain(
  counts: (fact: Fact) => boolean,
  facts: readonly Fact[] = FACTS,
): { viewers: Map<string | null, Omit<ActiveViewer, 'label' | 'viewerId'>>; visitors: number } {
  const people = new Map<
    number,
    { events: number; starts: number; streams: number; ms: number; last: string }
  >()
  for (const fact of facts) {
    if (!counts(fact) || DENIED.includes(fact.subject) || (fact.mask & 16) === 0) continue
    const person = personOf(fact.subject)
    const sums = people.get(person) ?? { events: 0, starts: 0, streams: 0, ms: 0, last: '' }
    sums.events += fact.events
    sums.starts += fact.view?.starts ?? 0
    sums.streams += fact.view?.streams ?? 0
    sums.ms += fact.view?.playedMs ?? 0
    const isSomething = fact.events > 0 || (fact.view && fact.view.starts + fact.view.playedMs > 0)
    if (isSomething && fact.date > sums.last) sums.last = fact.date
    people.set(person, sums)
  }
  const viewers = new Map<string | null, Omit<ActiveViewer, 'label' | 'viewerId'>>()
  let visitors = 0
  for (const [person, sums] of people) {
    if (sums.events === 0 && sums.starts === 0) continue
    if (!VIEWERS.some(({ vid, isDeleted }) => vid === person && !isDeleted)) visitors++
    else {
      viewers.set(person === ERASED ? null : viewerIdOf(person), {
        minutes: Math.round(sums.ms / 6_000) / 10,
        streams: sums.streams,
        starts: sums.starts,
        lastActiveOn: sums.last,
      })
    }
  }
  return { viewers, visitors }
}

function byId(items: readonly ActiveViewer[]): Map<string | null, Omit<ActiveViewer, 'label' | 'viewerId'>> {
  return new Map(items.map(({ viewerId, label: _label, ...numbers }) => [viewerId, numbers]))
}

const inRange = ({ date }: Fact) => date >= FROM && date <= TO

describe('the list behind a number', () => {
  test('of active viewers holds exactly those whom the overview counted, each with what they did', async () => {
    const list = await active(RANGE)
    expect([list.total, list.visitors]).toEqual([
      overview.activeViewers.value,
      overview.anonymousVisitors.value,
    ])
    const again = countAgain(inRange)
    expect(byId(list.items)).toEqual(again.viewers)
    expect(list.visitors).toBe(again.visitors)
    expect(again.viewers.size).toBeGreaterThan(5)
    expect(again.visitors).toBeGreaterThan(0)
  })

  test('equals a count of the raw events and views in SQL', async () => {
    const [raw] = await lists.store.events.query(
      `SELECT uniqExactIf(person, person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0)) AS viewers,
         uniqExact(person) - viewers AS visitors
       FROM (
         SELECT foyer_person(subject) AS person FROM events
         WHERE local_date BETWEEN '${FROM}' AND '${TO}' AND service = 'cine' AND foyer_visible(subject, consent_mask, 16)
         UNION ALL
         SELECT foyer_person(subject) FROM view_revision
         WHERE local_date BETWEEN '${FROM}' AND '${TO}' AND service = 'cine' AND foyer_visible(subject, consent_mask, 16)
         GROUP BY 1 HAVING sum(toInt64(starts) * sign) > 0)`,
      { row: z.object({ viewers: z.coerce.number(), visitors: z.coerce.number() }) },
    )
    const { total, visitors } = await active(RANGE)
    expect({ viewers: total, visitors }).toEqual(raw)
  })

  test('of a day, a platform or a country is that of the report', async () => {
    for (const day of overview.days) {
      const list = await active(`service=cine&from=${day.date}&to=${day.date}`)
      expect([day.date, list.total]).toEqual([day.date, day.activeViewers])
      expect(byId(list.items)).toEqual(countAgain(({ date }) => date === day.date).viewers)
    }
    for (const row of overview.platforms) {
      const list = await active(`${RANGE}&platform=${row.platform || 'unknown'}`)
      expect([row.platform, list.total, list.visitors]).toEqual([row.platform, row.viewers, row.visitors])
      const again = countAgain((fact) => inRange(fact) && fact.platform === row.platform)
      expect(byId(list.items)).toEqual(again.viewers)
    }
    for (const row of overview.countries) {
      const list = await active(`${RANGE}&country=${row.country || 'unknown'}`)
      expect([row.country, list.total, list.visitors]).toEqual([row.country, row.viewers, row.visitors])
    }
    expect(overview.platforms.map(({ platform }) => platform)).toContain('')
    expect(overview.countries.length).toBeGreaterThan(2)
  })

  test('of a title is who started it, and of a kind who started any', async () => {
    expect(overview.titles.length).toBeGreaterThan(2)
    for (const row of overview.titles) {
      const list = await active(`${RANGE}&contentId=${row.contentId}&contentKind=${row.contentKind}`)
      expect([row.contentId, list.total, list.visitors, list.contentName]).toEqual([
        row.contentId,
        row.viewers,
        row.visitors,
        row.name,
      ])
      const again = countAgain(
        (fact) =>
          inRange(fact) &&
          fact.view?.contentId === row.contentId &&
          fact.view.contentKind === row.contentKind,
        VIEWS,
      )
      expect(byId(list.items)).toEqual(again.viewers)
    }
    const live = await active(`${RANGE}&contentKind=live`)
    const again = countAgain((fact) => inRange(fact) && fact.view?.contentKind === 'live', VIEWS)
    expect(byId(live.items)).toEqual(again.viewers)
  })

  test('of new, returning, regained and lost viewers is that of the report, and the first three are all', async () => {
    const totals: number[] = []
    for (const loyalty of ['new', 'returning', 'back', 'lost'] as const) {
      const list = await active(`${RANGE}&loyalty=${loyalty}`)
      expect([loyalty, list.total, list.visitors]).toEqual([loyalty, overview.loyalty[loyalty].value, 0])
      totals.push(list.total)
      const ids = new Set(list.items.map(({ viewerId }) => viewerId))
      expect(ids).toEqual(loyal(loyalty))
    }
    expect(totals[0]! + totals[1]! + totals[2]!).toBe(overview.activeViewers.value)
    expect(totals.every((total) => total > 0)).toBe(true)
  })

  /** Whether somebody was new or not, counted again. */
  function loyal(loyalty: 'new' | 'returning' | 'back' | 'lost'): Set<string | null> {
    const now = countAgain(inRange).viewers
    const before = countAgain(({ date }) => date >= '2026-10-18' && date < FROM).viewers
    // From midnight to midnight in Madrid, in summer time and out of it, by the first account of the person.
    const isNew = (id: string | null) => {
      const accounts = VIEWERS.filter(({ vid }) => viewerIdOf(personOf(vid)) === id)
      const [first] = accounts.map(({ registeredAt }) => registeredAt).toSorted()
      return first! >= '2026-10-22T22:00' && first! < '2026-10-27T23:00'
    }
    if (loyalty === 'lost') return new Set([...before.keys()].filter((id) => !now.has(id)))
    return new Set(
      [...now.keys()].filter((id) => {
        if (isNew(id)) return loyalty === 'new'
        return loyalty === (before.has(id) ? 'returning' : 'back')
      }),
    )
  }

  test('of registrations is that of every bar, slice, age and place, on the day of 25 hours too', async () => {
    const report = async (range: string) =>
      registrationsReport.parse((await lists.get(`/v1/reports/registrations?service=cine&${range}`)).body)
    const day = 'from=2026-10-25&to=2026-10-25'
    const hours = (await report(`${day}&granularity=hour`)).periods
    expect(hours).toHaveLength(25)
    for (const { start, end, total } of hours) {
      const bar = `start=${encodeURIComponent(start)}&end=${encodeURIComponent(end)}`
      expect((await registered(`service=cine&${day}&${bar}`)).total).toBe(total)
    }
    const whole = await report(`from=${FROM}&to=${TO}`)
    expect((await registered(RANGE)).total).toBe(whole.total)
    for (const { gender, total } of whole.genders)
      expect((await registered(`${RANGE}&gender=${gender}`)).total).toBe(total)
    for (const { range, total } of whole.ages)
      expect((await registered(`${RANGE}&ageRange=${range}`)).total).toBe(total)
    for (const [geography, places] of [
      ['country', whole.countries],
      ['state', whole.states],
      ['city', whole.cities],
    ] as const) {
      for (const { kind, code, name, total } of places) {
        const query = new URLSearchParams({ geography, place: kind })
        if (code !== null) query.set('code', code)
        if (geography === 'city' && kind === 'place') query.set('city', name)
        const list = await registered(`${RANGE}&${query.toString()}`)
        expect([geography, kind, name, list.total]).toEqual([geography, kind, name, total])
      }
    }
    expect(whole.cities.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['place', 'other', 'unknown']),
    )
  })

  test('of registrations tells what was given, with the moment in the zone of the service', async () => {
    const { items } = await registered(`${RANGE}&gender=female&ageRange=under-18`)
    expect(items).toEqual([
      {
        viewerId: viewerIdOf(1),
        label: 'Name 1',
        registeredAt: '2026-10-25T02:30:00.000+02:00',
        gender: 'female',
        age: 17,
        country: 'ES',
        region: 'ES-MD',
        city: 'Madrid',
      },
    ])
  })
})

describe('pages', () => {
  test.each(['minutes', 'streams', 'starts', 'lastActive'] as const)(
    'sorted by %s, up or down, lose nothing, repeat nothing and say the same total',
    async (sort) => {
      const whole = await active(RANGE)
      for (const order of ['asc', 'desc'] as const) {
        const found: ActiveViewer[] = []
        let cursor = ''
        do {
          const page = await active(
            `${RANGE}&sort=${sort}&order=${order}&limit=2${cursor && `&cursor=${cursor}`}`,
          )
          expect([page.total, page.visitors]).toEqual([whole.total, whole.visitors])
          found.push(...page.items)
          cursor = page.next ?? ''
        } while (cursor !== '')
        expect(byId(found)).toEqual(byId(whole.items))
        expect(found).toHaveLength(whole.total)
        const key = sort === 'lastActive' ? 'lastActiveOn' : sort
        const values = found.map((row) => row[key])
        expect(values).toEqual(
          values.toSorted((a, b) => (order === 'asc' ? 1 : -1) * (a < b ? -1 : a > b ? 1 : 0)),
        )
      }
    },
  )

  test('of registrations follow each other by time and by age', async () => {
    for (const sort of ['registeredAt', 'age']) {
      const ids: (string | null)[] = []
      let cursor = ''
      do {
        const page = await registered(`${RANGE}&sort=${sort}&limit=3${cursor && `&cursor=${cursor}`}`)
        ids.push(...page.items.map(({ viewerId }) => viewerId))
        cursor = page.next ?? ''
      } while (cursor !== '')
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids).toHaveLength((await registered(RANGE)).total)
    }
  })

  test('a cursor says nothing of the subjects in EVENTS', async () => {
    const { next } = await active(`${RANGE}&limit=1`)
    const [, , tie] = Buffer.from(next!, 'base64url').toString().split(' ')
    expect(VIEWERS.map(({ vid }) => String(vid))).not.toContain(tie)
  })

  test('a cursor of another list, another order or of nowhere is refused, and nothing is recorded', async () => {
    const { next } = await active(`${RANGE}&limit=1`)
    lists.audited.length = 0
    const beyond = Buffer.from(
      Buffer.from(next!, 'base64url')
        .toString()
        .replace(/ \S+ \S+$/, ' 99999999999999999999 1'),
    ).toString('base64url')
    for (const query of [
      `${RANGE}&platform=web&cursor=${next}`,
      `${RANGE}&sort=starts&cursor=${next}`,
      `${RANGE}&order=asc&cursor=${next}`,
      `service=cine&from=${FROM}&to=${FROM}&cursor=${next}`,
      `${RANGE}&cursor=nonsense`,
      `${RANGE}&cursor=${beyond}`,
    ]) {
      const { status, body } = await lists.get(`/v1/reports/viewers?${query}`)
      expect([query, status]).toEqual([query, 400])
      expect(body['errors']).toEqual([{ field: 'querystring.cursor', message: 'not a cursor of this list' }])
    }
    expect((await lists.get(`/v1/reports/registrations/viewers?${RANGE}&cursor=${next}`)).status).toBe(400)
    expect(lists.audited).toEqual([])
  })
})

describe('rights', () => {
  test('who may read reports alone sees no list, and a refusal leaves nothing', async () => {
    lists.setRights(['reports.read'])
    for (const path of ['viewers', 'registrations/viewers']) {
      const refused = await lists.get(`/v1/reports/${path}?${RANGE}`)
      expect(refused).toMatchObject({ status: 403, body: { code: 'operator.right_missing' } })
    }
    lists.setRights(['reports.read', 'viewers.read'])
    expect((await lists.get(`/v1/reports/viewers?${RANGE}`)).status).toBe(403)
    expect((await lists.get(`/v1/reports/registrations/viewers?${RANGE}`)).status).toBe(200)
  })

  test('names are shown to who may see them alone', async () => {
    lists.setRights(['viewers.activity'])
    const masked = await active(RANGE)
    expect(masked.areNamesShown).toBe(false)
    expect(JSON.stringify(masked)).not.toContain('Name ')
    lists.setRights(['viewers.activity', 'viewers.personal'])
    expect(JSON.stringify(await active(RANGE))).toContain('Name ')
  })

  test('each answer is recorded, with its filters, how many it holds and whether names were shown', async () => {
    lists.setRights(['viewers.activity'])
    const page = await active(`${RANGE}&platform=web&limit=1`)
    await active(`${RANGE}&platform=web&limit=1&cursor=${page.next}`)
    const details = {
      list: 'active',
      from: FROM,
      to: TO,
      platform: 'web',
      sort: 'minutes',
      order: 'desc',
      viewers: page.total,
      rows: 1,
      isContinued: false,
      isPersonalShown: false,
    }
    expect(lists.audited).toEqual([
      { action: 'viewer_list.opened', object: 'cine', details },
      { action: 'viewer_list.opened', object: 'cine', details: { ...details, isContinued: true } },
    ])
  })

  test('a viewer who was erased while the list was made keeps the place, without a name or a link', async () => {
    const { items } = await active(RANGE)
    expect(items.filter(({ viewerId }) => viewerId === null)).toEqual([
      expect.objectContaining({ label: 'A viewer who was erased' }),
    ])
  })
})

describe('refusals', () => {
  const bar = (start: string, end: string) =>
    `start=${encodeURIComponent(start)}&end=${encodeURIComponent(end)}`

  test.each([
    [`viewers?service=nobody&from=${FROM}&to=${TO}`, 404, 'service.not_found'],
    [`viewers?service=cine&from=${TO}&to=${FROM}`, 400, 'report.range_invalid'],
    ['viewers?service=cine&from=2026-02-30&to=2026-03-01', 400, 'request.invalid'],
    [`viewers?${RANGE}&contentId=never-heard-of`, 404, 'title.not_found'],
    [`viewers?${RANGE}&contentId=t1&platform=web`, 400, 'request.invalid'],
    [`viewers?${RANGE}&contentKind=live&loyalty=new`, 400, 'request.invalid'],
    [`viewers?${RANGE}&platform=abacus`, 400, 'request.invalid'],
    [`viewers?${RANGE}&country=Spain`, 400, 'request.invalid'],
    [`viewers?${RANGE}&loyalty=friend`, 400, 'request.invalid'],
    [`viewers?${RANGE}&sort=name`, 400, 'request.invalid'],
    [`viewers?${RANGE}&limit=501`, 400, 'request.invalid'],
    [`registrations/viewers?${RANGE}&gender=all`, 400, 'request.invalid'],
    [`registrations/viewers?${RANGE}&start=2026-10-25T00:00:00Z`, 400, 'request.invalid'],
    [
      `registrations/viewers?${RANGE}&${bar('2026-10-25T01:00:00Z', '2026-10-25T01:00:00Z')}`,
      400,
      'request.invalid',
    ],
    [
      `registrations/viewers?${RANGE}&${bar('2026-10-22T21:00:00Z', '2026-10-22T22:30:00Z')}`,
      400,
      'request.invalid',
    ],
    [`registrations/viewers?${RANGE}&place=other`, 400, 'request.invalid'],
    [`registrations/viewers?${RANGE}&geography=state`, 400, 'request.invalid'],
    [`registrations/viewers?${RANGE}&geography=state&place=place`, 400, 'request.invalid'],
    [`registrations/viewers?${RANGE}&geography=country&place=other`, 400, 'request.invalid'],
    [`registrations/viewers?${RANGE}&geography=city&place=place&code=ES-MD`, 400, 'request.invalid'],
  ])('%s answers %i %s, and nothing is recorded', async (path, status, code) => {
    expect(await lists.get(`/v1/reports/${path}`)).toMatchObject({ status, body: { code } })
    expect(lists.audited).toEqual([])
  })

  test('a title that is in no catalogue but was watched has its list', async () => {
    const list = await active(`${RANGE}&contentId=c9`)
    expect(list.contentName).toBeNull()
    expect(list.total).toBeGreaterThan(0)
  })

  test('a title of the catalogue that nobody watched has an empty list', async () => {
    const list = await active(`${RANGE}&contentId=t4`)
    expect(list).toMatchObject({ total: 0, visitors: 0, contentName: 'Quiet Atlas', items: [], next: null })
  })
})

import {
  activeViewersQuery,
  activeViewersReport,
  registeredViewersQuery,
  registeredViewersReport,
} from '@foyer/contracts'
import { actorOf, problems, type Routes } from '../../platform/http/index.ts'
import type { AudienceReports } from './index.ts'
import { abortedWith } from './routes.ts'

/** Lists of viewers: who is behind a number of a report. */
export function listRoutes(reports: AudienceReports): Routes {
  return (server) => {
    const tags = ['Reports']
    const refusals = problems(
      'request.invalid',
      'service.not_found',
      'report.too_expensive',
      'store.unavailable',
    )

    server.get(
      '/v1/reports/viewers',
      {
        // What people watched, one by one.
        config: { access: { right: 'viewers.activity' } },
        schema: {
          summary: 'Who is behind a number of active viewers',
          description:
            'Takes the filters of the overview and has as many viewers as it counted; visitors who are not signed in are counted beside them. Names need the right viewers.personal. Each answer is audited.',
          tags,
          querystring: activeViewersQuery,
          response: { 200: activeViewersReport, ...refusals, ...problems('title.not_found') },
        },
      },
      (request) => reports.activeViewers(actorOf(request), request.query, abortedWith(request)),
    )

    server.get(
      '/v1/reports/registrations/viewers',
      {
        config: { access: { right: 'viewers.read' } },
        schema: {
          summary: 'Who is behind a number of registrations',
          description:
            'Takes a bar, slice or row of the registrations and has as many viewers as it counted. Names need the right viewers.personal. Each answer is audited.',
          tags,
          querystring: registeredViewersQuery,
          response: { 200: registeredViewersReport, ...refusals },
        },
      },
      (request) => reports.registeredViewers(actorOf(request), request.query, abortedWith(request)),
    )
  }
}

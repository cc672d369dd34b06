import { z } from 'zod'
import {
  botsReport,
  contentOverview,
  overviewQuery,
  overviewReport,
  qualityOverview,
  registrationsQuery,
  registrationsReport,
  reportQuery,
  viewerEventsQuery,
  viewerEventsReport,
  viewerOverviewReport,
  viewerReportQuery,
} from '@foyer/contracts'
import type { FastifyRequest } from 'fastify'
import { actorOf, problems, type Routes } from '../../platform/http/index.ts'
import type { AudienceReports } from './index.ts'

const mayReport = { access: { right: 'reports.read' } } as const
/** What one person watched: a right of its own, and each look is recorded. */
const mayLook = { access: { right: 'viewers.activity' } } as const

const byViewer = z.object({
  /** A viewer's id, or an external id. */
  id: z.string().min(1).max(512),
})

/** Reports about many viewers. */
export function reportRoutes(reports: AudienceReports): Routes {
  return (server) => {
    const tags = ['Reports']

    server.get(
      '/v1/reports/registrations',
      {
        config: mayReport,
        schema: {
          summary: 'Registrations by period, gender, age and place',
          description:
            "Local days of the service's zone, both included. All parts come from one count: their totals are equal.",
          tags,
          querystring: registrationsQuery,
          response: {
            200: registrationsReport,
            ...problems('request.invalid', 'service.not_found', 'report.too_expensive', 'store.unavailable'),
          },
        },
      },
      (request) => reports.registrations(request.query, abortedWith(request)),
    )

    server.get(
      '/v1/reports/registrations/changes',
      {
        config: mayReport,
        schema: {
          summary: 'Be told when registrations change',
          description:
            'Server-sent events: `changed` whenever a registration of the service comes, changes or goes, at most 10 a second.',
          tags,
          querystring: reportQuery.pick({ service: true }),
          // The 200 is a stream of text/event-stream, which no schema describes.
          response: problems('request.invalid', 'service.not_found'),
        },
      },
      async (request, reply) => {
        const stream = await reports.registrationChanges(request.query.service, () => request.checkAccess())
        request.raw.on('close', () => stream.destroy())
        return reply
          .header('content-type', 'text/event-stream; charset=utf-8')
          .header('x-accel-buffering', 'no')
          .serializer((body: unknown) => body as string)
          .send(stream as never)
      },
    )

    server.get(
      '/v1/reports/overview',
      {
        config: mayReport,
        schema: {
          summary: 'A service at a glance',
          description: 'Numbers of a range of local days, compared with as many days before.',
          tags,
          querystring: reportQuery,
          response: {
            200: overviewReport,
            ...problems('request.invalid', 'service.not_found', 'report.too_expensive', 'store.unavailable'),
          },
        },
      },
      (request) => reports.overview(request.query, abortedWith(request)),
    )

    server.get(
      '/v1/reports/bots',
      {
        config: mayReport,
        schema: {
          summary: 'What machines did',
          description:
            'Events and requests to play of crawlers, scripts and browsers without a screen, by local day and by name. No other report counts them.',
          tags,
          querystring: reportQuery,
          response: {
            200: botsReport,
            ...problems('request.invalid', 'service.not_found', 'report.too_expensive', 'store.unavailable'),
          },
        },
      },
      (request) => reports.bots(request.query, abortedWith(request)),
    )
  }
}

/** Reports for an editor and for an engineer. */
export function overviewRoutes(reports: AudienceReports): Routes {
  return (server) => {
    const tags = ['Reports']
    const refusals = problems(
      'request.invalid',
      'service.not_found',
      'report.too_expensive',
      'store.unavailable',
    )

    server.get(
      '/v1/reports/overview/content',
      {
        config: mayReport,
        schema: {
          summary: 'What is watched, what moves, what is new',
          description:
            'Titles and channels over a range of local days, compared with as many days before. What moved most is told by minutes, never by percent.',
          tags,
          querystring: overviewQuery,
          response: { 200: contentOverview, ...refusals },
        },
      },
      (request) => reports.content(request.query, abortedWith(request)),
    )

    server.get(
      '/v1/reports/overview/quality',
      {
        config: mayReport,
        schema: {
          summary: 'How well it plays',
          description:
            'Sums over a range of local days and over as many days before, by day, platform and class of device. Make ratios of the sums: stalled ÷ (played + stalled), (starts − streams) ÷ starts.',
          tags,
          querystring: overviewQuery,
          response: { 200: qualityOverview, ...refusals },
        },
      },
      (request) => reports.quality(request.query, abortedWith(request)),
    )
  }
}

/** Reports about one viewer. */
export function viewerReportRoutes(reports: AudienceReports): Routes {
  return (server) => {
    const tags = ['Viewers']

    server.get(
      '/v1/viewers/:id/report/overview',
      {
        config: mayLook,
        schema: {
          summary: 'Streams, playback starts and minutes of a viewer',
          description: 'Each look is audited.',
          tags,
          params: byViewer,
          querystring: viewerReportQuery,
          response: {
            200: viewerOverviewReport,
            ...problems('request.invalid', 'viewer.not_found', 'report.too_expensive', 'store.unavailable'),
          },
        },
      },
      (request) =>
        reports.viewerOverview(actorOf(request), request.params.id, request.query, abortedWith(request)),
    )

    server.get(
      '/v1/viewers/:id/report/events',
      {
        config: mayLook,
        schema: {
          summary: "A viewer's player events",
          description: 'In order of time, a page at a time. Each look is audited.',
          tags,
          params: byViewer,
          querystring: viewerEventsQuery,
          response: {
            200: viewerEventsReport,
            ...problems('request.invalid', 'viewer.not_found', 'report.too_expensive', 'store.unavailable'),
          },
        },
      },
      (request) =>
        reports.viewerEvents(actorOf(request), request.params.id, request.query, abortedWith(request)),
    )
  }
}

/** Who closes the connection no longer waits: the query is ended in the engine. */
export function abortedWith(request: FastifyRequest): AbortSignal {
  return request.signal
}

import { liveQuery, liveReport } from '@foyer/contracts'
import { problems, type Routes } from '../../platform/http/index.ts'
import type { Live } from './live.ts'

const mayReport = { access: { right: 'reports.read' } } as const

/** Who is there and what plays at this moment. */
export function liveRoutes(deps: {
  live: Live
  /** Throws Problem service.not_found. */
  serviceOf(id: string): Promise<{ readonly id: string }>
}): Routes {
  const { live, serviceOf } = deps
  return (server) => {
    const tags = ['Reports']

    server.get(
      '/v1/reports/live',
      {
        config: mayReport,
        schema: {
          summary: 'Who is there and what plays at this moment',
          description: 'Counted as events are recorded; see docs/guides/live.md. It names no person.',
          tags,
          querystring: liveQuery,
          response: {
            200: liveReport,
            ...problems('request.invalid', 'service.not_found', 'live.not_ready'),
          },
        },
      },
      (request) => serviceOf(request.query.service).then(({ id }) => live.report(id)),
    )

    server.get(
      '/v1/reports/live/stream',
      {
        config: mayReport,
        schema: {
          summary: 'Follow who is there and what plays',
          description:
            'Server-sent events: `live` with the report of /v1/reports/live at once and whenever it moves, at most 4 a second; `waiting` while it is not known. The stream ends when the right to it does.',
          tags,
          querystring: liveQuery,
          // The 200 is a stream of text/event-stream, which no schema describes.
          response: problems('request.invalid', 'service.not_found', 'request.too_many'),
        },
      },
      async (request, reply) => {
        const { id } = await serviceOf(request.query.service)
        const stream = live.subscribe(id, () => request.checkAccess())
        request.raw.on('close', () => stream.destroy())
        return reply
          .header('content-type', 'text/event-stream; charset=utf-8')
          .header('x-accel-buffering', 'no')
          .serializer((body: unknown) => body as string)
          .send(stream as never)
      },
    )
  }
}

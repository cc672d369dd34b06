import type { MetricObject } from 'prom-client'
import { createApi, createWorker, type LiveNews } from '../app.ts'
import { reachEvents } from '../storage/index.ts'
import type { Child } from './child.ts'
import { baseUrlOf } from './configuration.ts'
import { layFoundations } from './foundations.ts'
import { programVersion } from './version.ts'

export const worker: Child = async (context) => {
  const { foundations, close } = layFoundations(context, 'worker')
  // The embedded engine has said that it is ready; a server is somebody else's.
  if (context.configuration.events.url) await reachEvents(foundations.events, foundations)
  const worker = await createWorker(foundations, {
    baseUrl: baseUrlOf(context.configuration),
    publishLive: (news, done) => context.send({ type: 'live', news }, done),
  })
  return {
    snapshot: () => foundations.metrics.snapshot(),
    async close() {
      await worker.close()
      await close()
    },
  }
}

export const api: Child = async (context) => {
  const { foundations, close } = layFoundations(context, 'api')
  const baseUrl = baseUrlOf(context.configuration)
  const api = await createApi(foundations, { baseUrl, version: programVersion() })
  const { host, port } = context.configuration.server
  await api.listen({ host, port })
  return {
    info: { url: baseUrl, firstOperatorLink: (await api.firstOperatorLink()) ?? '' },
    onMessage(message) {
      if (message.type === 'metrics') api.takeMetrics(message.role, message.metrics as MetricObject[])
      if (message.type === 'live') api.takeLive(message.news as LiveNews)
    },
    async close() {
      await api.close()
      await close()
    },
  }
}

import swaggerUi from '@fastify/swagger-ui'
import type { HttpServer } from './server.ts'

/** The readable page of the API at `/docs`. It loads nothing from elsewhere. */
export async function addDocsPage(server: HttpServer): Promise<void> {
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    logLevel: 'silent',
    theme: { title: 'Foyer: API', css: [{ filename: 'foyer.css', content: STYLE }] },
  })
}

/** Pages that a library mounts and that carry no access of their own. */
export const LIBRARY_PAGES = /^\/docs(\/|$)/

/** Swagger UI sets styles on its elements. */
const POLICY =
  "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline'"

/** Its light colours are too pale to be read by everybody (WCAG 1.4.3); these have a contrast of 4.5 or more. */
const STYLE = `
.swagger-ui .topbar { display: none }
html:not(.dark-mode) .swagger-ui .info .title small { background: #5a6070 }
html:not(.dark-mode) .swagger-ui .info .title small.version-stamp { background: #4a6b00 }
html:not(.dark-mode) .swagger-ui .info .url,
html:not(.dark-mode) .swagger-ui .info a,
html:not(.dark-mode) .swagger-ui .renderedMarkdown a { color: #1d5aa6 }
html:not(.dark-mode) .swagger-ui .json-schema-2020-12-expand-deep-button { color: #55595f }
html:not(.dark-mode) .swagger-ui .btn.authorize { border-color: #1b7046; color: #1b7046 }
html:not(.dark-mode) .swagger-ui .btn.authorize svg { fill: #1b7046 }
html:not(.dark-mode) .swagger-ui .opblock-get .opblock-summary-method { background: #1d5aa6 }
html:not(.dark-mode) .swagger-ui .opblock-post .opblock-summary-method { background: #1b7046 }
html:not(.dark-mode) .swagger-ui .opblock-put .opblock-summary-method { background: #8a4b00 }
html:not(.dark-mode) .swagger-ui .opblock-patch .opblock-summary-method { background: #0d6b57 }
html:not(.dark-mode) .swagger-ui .opblock-delete .opblock-summary-method { background: #b51d1d }
`

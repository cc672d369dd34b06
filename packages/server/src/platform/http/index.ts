/**
 * HTTP for all modules: one Fastify with zod schemas, RFC 9457 answers, access checked per route, a strict Content
 * Security Policy, OpenAPI at `/openapi.json` and a readable page at `/docs`.
 */
export { actorOf, isRefusal, type Access, type Actor, type Authenticate } from './access.ts'
export { problems } from './problem-handler.ts'
export { operationsRoutes } from './operations.ts'
export { createHttpServer, mount, type HttpServer, type Routes } from './server.ts'
export { originOf } from './same-origin.ts'

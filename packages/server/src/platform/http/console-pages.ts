import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem, StartupError } from '../errors.ts'
import type { Routes } from './server.ts'

/** What Vite leaves in the page where the answer's nonce belongs; scripts and styles have one each. */
const NONCE = /(<script\b[^>]*)?__CSP_NONCE__/g

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
}
/** Pictures and fonts are compressed already. */
const COMPRESSED = new Set(['.woff2', '.png'])

interface Asset {
  readonly type: string
  readonly plain: Buffer
  readonly gzip: Buffer | null
}

/**
 * The console's pages: one document for every address below /console, which is a program that reads its address itself,
 * with the nonce of this very answer; and its assets, whose names change with their content, so that a browser keeps them
 * for ever. The few files are held in memory, read once: no path of a request ever reaches the disk.
 */
export function consolePages(options: { folder: string }): Routes {
  return async (server) => {
    const document = readDocument(options.folder)
    const assets = await readAssets(join(options.folder, 'assets'))

    function answerDocument(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
      // A single-use nonce: the page must not be kept by anybody, which is the server's default.
      return reply
        .type('text/html; charset=utf-8')
        .send(
          document.replace(NONCE, (_place, script?: string) =>
            script === undefined ? reply.cspNonce.style : script + reply.cspNonce.script,
          ),
        )
    }

    const page = { schema: { hide: true }, config: { access: 'public' } } as const
    server.get('/', page, (_request, reply) => reply.redirect('/console', 302))
    server.get('/console', page, answerDocument)
    server.get('/console/*', page, answerDocument)
    server.get<{ Params: { file: string } }>('/console/assets/:file', page, (request, reply) => {
      const asset = assets.get(request.params.file)
      if (!asset) throw new Problem('route.not_found', 'No such file of the console; load the page again.')
      const isGzip = asset.gzip !== null && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
      if (isGzip) reply.header('content-encoding', 'gzip')
      return reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('vary', 'accept-encoding')
        .type(asset.type)
        .send(isGzip ? asset.gzip : asset.plain)
    })
  }
}

function readDocument(folder: string): string {
  try {
    return readFileSync(join(folder, 'index.html'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new StartupError(
      `The console is not built (${folder} is missing). Run npm run build -w @foyer/console.`,
    )
  }
}

async function readAssets(folder: string): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>()
  for (const file of readdirSync(folder)) {
    const ending = extname(file)
    const type = TYPES[ending]
    if (!type) throw new StartupError(`The console holds a file of an unknown kind, ${file}. Build it again.`)
    const plain = readFileSync(join(folder, file))
    assets.set(file, { type, plain, gzip: COMPRESSED.has(ending) ? null : await promisify(gzip)(plain) })
  }
  return assets
}

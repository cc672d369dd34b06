import type { HttpServer } from '../src/platform/http/index.ts'

export interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of many shapes.
  readonly body: any
  readonly headers: Readonly<Record<string, unknown>>
}

/** Somebody with a browser, whose cookies are kept, on a page of the server's own. */
export interface Browser {
  call(method: string, url: string, body?: object, headers?: Record<string, string>): Promise<Answer>
  readonly cookie: string
}

export function openTestBrowser(
  server: HttpServer,
  options: { baseUrl: string; address?: string; headers?: Record<string, string> },
): Browser {
  const { baseUrl, address = '198.51.100.1', headers = {} } = options
  const jar = new Map<string, string>()
  return {
    get cookie() {
      return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    },
    async call(method, url, body, more = {}) {
      const response = await server.inject({
        method: method as 'GET',
        url,
        remoteAddress: address,
        headers: {
          host: new URL(baseUrl).host,
          origin: baseUrl,
          ...(jar.size > 0 ? { cookie: this.cookie } : {}),
          ...headers,
          ...more,
        },
        ...(body ? { payload: body } : {}),
      })
      for (const { name, value } of response.cookies) {
        if (value === '') jar.delete(name)
        else jar.set(name, encodeURIComponent(value))
      }
      return {
        status: response.statusCode,
        body: response.body === '' ? null : response.json(),
        headers: response.headers,
      }
    },
  }
}

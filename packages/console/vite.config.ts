import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  base: '/console/',
  plugins: [react(), tailwindcss(), englishOnly()],
  // The server puts the nonce of the answer in its place; React Aria finds it in the page's meta element.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    // Small files would become data: URLs, which cost a policy exception and are never cached.
    assetsInlineLimit: 0,
    // The one large chunk is the chart engine, loaded with the first chart.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            {
              name: 'aria',
              test: /node_modules[\\/](react-aria|react-stately|react-aria-components|@internationalized)/,
            },
            { name: 'echarts', test: /node_modules[\\/](echarts|zrender)[\\/]/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
})

/**
 * React Aria brings the words of its controls in 34 languages. The console speaks English (dates and numbers follow the
 * reader's locale all the same), so the others are left out: 40 KB gzip less.
 */
function englishOnly(): Plugin {
  const WORDS = /(?:react-aria|react-stately).*[\\/]intl[\\/].*[\\/]([a-z]{2}-[A-Z]{2})\.m?js$/
  return {
    name: 'foyer-english-only',
    enforce: 'pre',
    load(id) {
      const language = WORDS.exec(id)?.[1]
      return language && language !== 'en-US' ? 'export default {}' : null
    },
  }
}

import { Page } from './page.tsx'
import { Empty } from './states.tsx'

/** An instance without a service has nothing to show yet. */
export function NoService(props: { title: string }) {
  return (
    <Page title={props.title}>
      <Empty title="There is no service yet">
        <p>
          A service is one of your brands: it has a time zone, a language and apps. There is no page for it
          here yet: make one with <code>POST /v1/services</code>. Every command, from an API key to a first
          event in a report, is in <code>docs/guides/first-service.md</code> of Foyer’s own folder; the
          reference is at{' '}
          <a href="/docs" className="text-accent underline underline-offset-2">
            /docs
          </a>
          .
        </p>
      </Empty>
    </Page>
  )
}

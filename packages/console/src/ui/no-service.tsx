import { Page } from './page.tsx'
import { Empty } from './states.tsx'

/** An instance without a service has nothing to show yet. */
export function NoService(props: { title: string }) {
  return (
    <Page title={props.title}>
      <Empty title="There is no service yet">
        <p>
          A service is one of your brands: it has a time zone, a language and apps. Make one with{' '}
          <code>POST /v1/services</code>; see the reference at{' '}
          <a href="/docs" className="text-accent underline underline-offset-2">
            /docs
          </a>
          .
        </p>
      </Empty>
    </Page>
  )
}

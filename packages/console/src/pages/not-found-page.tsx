import { useLocation } from '../lib/location.ts'
import { useSession } from '../lib/session.tsx'
import { Link } from '../ui/link.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { NAVIGATION } from './navigation.ts'

export function NotFoundPage() {
  const { path } = useLocation()
  return (
    <Page title="No such page">
      <Empty title={`There is nothing at ${path}`}>
        <p>The address may be mistyped, or the page may have moved.</p>
        <FirstPage />
      </Empty>
    </Page>
  )
}

export function NotAllowedPage(props: { page: string; right: string }) {
  return (
    <Page title={props.page}>
      <Empty title="Your role does not allow this page">
        <p>It needs the right {props.right}. An administrator can give you a role that has it.</p>
        <FirstPage />
      </Empty>
    </Page>
  )
}

function FirstPage() {
  const { operator } = useSession()
  const first = NAVIGATION.flatMap((group) => group.pages).find((page) =>
    operator.rights.includes(page.right),
  )
  if (!first) return null
  return (
    <Link to={first.path} className="text-accent underline underline-offset-2">
      Go to {first.name}
    </Link>
  )
}

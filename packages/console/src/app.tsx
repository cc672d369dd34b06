import { useEffect, type ComponentType } from 'react'
import { onSignInRequired } from './lib/api.ts'
import { hrefOf, navigate, useLocation } from './lib/location.ts'
import { loadSession } from './lib/load-session.ts'
import { SessionProvider, useSession } from './lib/session.tsx'
import { useResource } from './lib/use-resource.ts'
import { VIEWER_LIST_PATH } from './lib/viewer-lists.ts'
import { LivePage } from './pages/live/live-page.tsx'
import { NAVIGATION } from './pages/navigation.ts'
import { NotAllowedPage, NotFoundPage } from './pages/not-found-page.tsx'
import { OverviewPage } from './pages/overview/overview-page.tsx'
import { RegistrationsPage } from './pages/registrations/registrations-page.tsx'
import { SignInPage } from './pages/session/sign-in-page.tsx'
import { JoinPage, PasswordPage, WelcomePage } from './pages/session/link-pages.tsx'
import { ViewerListPage } from './pages/viewer-list/viewer-list-page.tsx'
import { ViewersPage } from './pages/viewer/viewers-page.tsx'
import { CommandPalette } from './ui/command-palette.tsx'
import { Guard } from './ui/guard.tsx'
import { Shell, ShellSkeleton } from './ui/shell.tsx'
import { Failed } from './ui/states.tsx'

/** Pages before the sign-in. */
const ENTRANCES: Record<string, ComponentType> = {
  '/sign-in': SignInPage,
  '/welcome': WelcomePage,
  '/join': JoinPage,
  '/password': PasswordPage,
}

/** Pages behind it. */
const PAGES: Record<string, ComponentType> = {
  '/': OverviewPage,
  '/live': LivePage,
  '/registrations': RegistrationsPage,
  '/viewers': ViewersPage,
  [VIEWER_LIST_PATH]: ViewerListPage,
}

export function App() {
  const { path } = useLocation()
  const Entrance = ENTRANCES[path]
  return <Guard what="the page">{Entrance ? <Entrance /> : <SignedIn />}</Guard>
}

/** Everything behind the sign-in; who is not signed in is sent there and comes back. */
function SignedIn() {
  const location = useLocation()
  const session = useResource('session', loadSession)
  // A session that ends while a page is open shows in whatever that page asks for next.
  useEffect(() => onSignInRequired(session.reload), [session.reload])
  const mustSignIn = session.error?.status === 401
  useEffect(() => {
    if (!mustSignIn) return
    const back = `${window.location.pathname}${window.location.search}`.replace(hrefOf(''), '')
    navigate(`/sign-in?next=${encodeURIComponent(back)}`, { replace: true })
  }, [mustSignIn])

  if (mustSignIn) return null
  if (session.error && !session.data) {
    return (
      <main className="mx-auto max-w-120 p-6">
        <Failed what="the console" error={session.error} onRetry={session.reload} />
      </main>
    )
  }
  if (!session.data) return <ShellSkeleton />
  return (
    <SessionProvider session={session.data}>
      <Shell>
        <Guard what="the page">
          <CurrentPage path={location.path} />
        </Guard>
      </Shell>
      <CommandPalette />
    </SessionProvider>
  )
}

function CurrentPage(props: { path: string }) {
  const { operator } = useSession()
  const Found = PAGES[props.path]
  if (!Found) return <NotFoundPage />
  const entry = NAVIGATION.flatMap((group) => group.pages).find((page) => page.path === props.path)
  if (entry && !operator.rights.includes(entry.right))
    return <NotAllowedPage page={entry.name} right={entry.right} />
  return <Found />
}

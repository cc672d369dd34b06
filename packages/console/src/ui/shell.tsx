import { useState, type ReactNode } from 'react'
import { api } from '../lib/api.ts'
import { addressOf, hrefOf, useLocation } from '../lib/location.ts'
import { useCarriedSearch } from '../lib/scope.ts'
import { useSession } from '../lib/session.tsx'
import { NAVIGATION } from '../pages/navigation.ts'
import { Button } from './button.tsx'
import { Link } from './link.tsx'
import { Skeleton } from './states.tsx'
import { ThemeChoice } from './theme-choice.tsx'

/** The frame of every page: where one can go, who is signed in. Narrow screens fold it away. */
export function Shell(props: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <div className={FRAME}>
      <a
        href="#main"
        className="absolute top-2 left-2 z-20 -translate-y-16 rounded-md bg-accent px-3 py-1.5 text-on-accent focus:translate-y-0"
      >
        Skip to the page
      </a>
      <div className={SIDE}>
        <div className="flex flex-col md:sticky md:top-0 md:h-dvh">
          <div className={HEAD}>
            <span className="text-lg font-semibold">Foyer</span>
            <span className="md:hidden">
              <Button
                look="quiet"
                aria-expanded={isOpen}
                aria-controls="navigation"
                onPress={() => setOpen(!isOpen)}
              >
                Menu
              </Button>
            </span>
          </div>
          <div id="navigation" className={`flex-1 flex-col ${isOpen ? 'flex' : 'hidden'} md:flex`}>
            <Navigation onFollow={() => setOpen(false)} />
            <Account />
          </div>
        </div>
      </div>
      {props.children}
    </div>
  )
}

/** The same before it is known who is signed in. */
export function ShellSkeleton() {
  return (
    <div className={FRAME}>
      <div className={SIDE}>
        <div className={HEAD}>
          <span className="flex h-8 items-center text-lg font-semibold md:h-auto">Foyer</span>
        </div>
      </div>
      <main className="mx-auto w-full max-w-360 px-4 pt-4 pb-10 sm:px-6 sm:pt-5">
        <output aria-label="Loading the console" className="flex flex-col gap-3">
          <Skeleton className="mb-1 h-8 w-40" />
          <Skeleton className="h-28" />
          <Skeleton className="h-90" />
        </output>
      </main>
    </div>
  )
}

const FRAME = 'min-h-dvh md:grid md:grid-cols-[208px_minmax(0,1fr)]'
const SIDE = 'border-line bg-surface max-md:border-b md:border-r'
const HEAD = 'flex items-center justify-between px-5 py-3 md:pt-4 md:pb-2'

function Navigation(props: { onFollow: () => void }) {
  const { path } = useLocation()
  const carried = useCarriedSearch()
  const { operator } = useSession()
  return (
    <nav aria-label="Console" className="flex flex-1 flex-col gap-3 px-3 pb-3">
      {NAVIGATION.map((group) => {
        const pages = group.pages.filter((page) => operator.rights.includes(page.right))
        if (pages.length === 0) return null
        return (
          <div key={group.name}>
            <p className="px-2 py-1 text-xs text-muted">{group.name}</p>
            <ul>
              {pages.map((page) => (
                <li key={page.path}>
                  <Link
                    to={addressOf(page.path, carried)}
                    isCurrent={page.path === path}
                    onFollow={props.onFollow}
                    className="block rounded-md px-2 py-1 hover:bg-hover aria-[current]:bg-hover aria-[current]:font-medium"
                  >
                    {page.name}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        )
      })}
    </nav>
  )
}

function Account() {
  const { operator } = useSession()
  async function signOut(): Promise<void> {
    // A full load: nothing of what this operator saw stays in the program.
    await api.post('/v1/operators/auth/sign-out', {}).catch(() => null)
    window.location.assign(hrefOf('/sign-in'))
  }
  return (
    <div className="flex flex-col gap-2 border-t border-line px-3 py-3">
      <ThemeChoice />
      <div className="flex items-center justify-between gap-2 pl-2">
        <div className="min-w-0">
          <p className="truncate">{operator.name}</p>
          <p className="truncate text-xs text-muted">{operator.role}</p>
        </div>
        <Button look="quiet" onPress={() => void signOut()}>
          Sign out
        </Button>
      </div>
    </div>
  )
}

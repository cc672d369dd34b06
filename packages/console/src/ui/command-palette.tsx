import { useEffect, useMemo, useState } from 'react'
import { Autocomplete, useFilter } from 'react-aria-components/Autocomplete'
import { Input } from 'react-aria-components/Input'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { Dialog, Modal, ModalOverlay } from 'react-aria-components/Modal'
import { TextField } from 'react-aria-components/TextField'
import { addressOf, navigate, useLocation } from '../lib/location.ts'
import { periodParameters, PRESETS } from '../lib/periods.ts'
import { useCarriedSearch } from '../lib/scope.ts'
import { useSession } from '../lib/session.tsx'
import { THEMES, useTheme } from '../lib/theme.ts'
import { NAVIGATION } from '../pages/navigation.ts'

interface Command {
  readonly id: string
  readonly label: string
  /** What kind of thing it is, at the line's end. */
  readonly kind: string
  readonly run: () => void
}

/** ⌘K or Ctrl+K: to any page, dates, service or theme by a few letters. */
export function CommandPalette() {
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (
        event.key.toLowerCase() !== 'k' ||
        !(event.metaKey || event.ctrlKey) ||
        event.shiftKey ||
        event.altKey
      )
        return
      event.preventDefault()
      setOpen((before) => !before)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={setOpen}
      isDismissable
      className="fixed inset-0 z-30 flex items-start justify-center bg-black/30 px-4 pt-[15vh]"
    >
      <Modal className="w-full max-w-120 rounded-lg border border-line bg-raised shadow-xl">
        {/* The field scrolls with the list and sticks to its top: what scrolls then holds something that takes the focus. */}
        <Dialog
          aria-label="Go to"
          className="max-h-[min(24rem,70vh)] scroll-pt-13 overflow-auto rounded-lg outline-none"
        >
          <Commands onDone={() => setOpen(false)} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

function Commands(props: { onDone: () => void }) {
  const commands = useCommands()
  const { contains } = useFilter({ sensitivity: 'base' })
  return (
    <Autocomplete filter={contains}>
      <TextField
        aria-label="Search"
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- Whoever opens it wants to type, and the dialog holds the focus anyway.
        autoFocus
        className="sticky top-0 z-10 border-b border-line bg-raised p-2"
      >
        <Input
          placeholder="Page, dates, service, theme…"
          className="h-8 w-full rounded-md bg-transparent px-2 outline-none"
        />
      </TextField>
      <ListBox
        aria-label="Commands"
        items={commands}
        selectionMode="none"
        onAction={(id) => {
          commands.find((command) => command.id === id)?.run()
          props.onDone()
        }}
        renderEmptyState={() => <p className="px-2 py-4 text-center text-muted">Nothing has this name.</p>}
        className="p-1 outline-none"
      >
        {(command) => (
          <ListBoxItem
            textValue={command.label}
            className="flex scroll-mt-13 scroll-mb-1 cursor-pointer items-center justify-between gap-4 rounded-md px-2 py-1.5 outline-none data-focused:bg-hover"
          >
            <span>{command.label}</span>
            <span className="text-muted">{command.kind}</span>
          </ListBoxItem>
        )}
      </ListBox>
    </Autocomplete>
  )
}

/** The same lists that the menus are made of. */
function useCommands(): readonly Command[] {
  const { operator, services } = useSession()
  const { path, search } = useLocation()
  const carried = useCarriedSearch()
  const { setTheme } = useTheme()
  return useMemo(
    () => [
      ...NAVIGATION.flatMap((group) => group.pages)
        .filter((page) => operator.rights.includes(page.right))
        .map((page) => ({
          id: `page ${page.path}`,
          label: page.name,
          kind: 'Page',
          run: () => navigate(addressOf(page.path, carried)),
        })),
      ...PRESETS.map(({ id, label }) => ({
        id: `dates ${id}`,
        label,
        kind: 'Dates',
        run: () => navigate(addressOf(path, search, periodParameters(id))),
      })),
      ...services.map(({ id, name }) => ({
        id: `service ${id}`,
        label: name,
        kind: 'Service',
        run: () => navigate(addressOf(path, search, { service: id })),
      })),
      ...THEMES.map((theme) => ({
        id: `theme ${theme}`,
        label: `Theme: ${theme}`,
        kind: 'Theme',
        run: () => setTheme(theme),
      })),
    ],
    [operator, services, path, search, carried, setTheme],
  )
}

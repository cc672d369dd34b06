import { viewerPerson, type LinkedDevice, type ViewerPerson } from '@foyer/contracts'
import { useState, type ReactNode } from 'react'
import { api, ApiError } from '../../lib/api.ts'
import { formatInstant } from '../../lib/format.ts'
import { addressOf, useLocation } from '../../lib/location.ts'
import { useSession } from '../../lib/session.tsx'
import { useResource } from '../../lib/use-resource.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Field } from '../../ui/field.tsx'
import { Link } from '../../ui/link.tsx'
import { Loaded, Skeleton } from '../../ui/states.tsx'

/**
 * Which viewers and devices are this person, with acts to change it. Each can be taken back in the same place; `onChanged`
 * is told when reports follow, which the server waits for.
 */
export function PersonCard(props: {
  path: string
  timeZone: string
  service: string
  onChanged: () => void
}) {
  const { path, service, onChanged } = props
  const query = { service }
  const loaded = useResource(
    JSON.stringify([path, query]),
    (signal) => api.get(`${path}/person`, viewerPerson, { query, signal }),
    { keepsStale: false },
  )
  const [isBusy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)

  async function act(address: string, body: unknown): Promise<void> {
    setRefusal(null)
    setBusy(true)
    try {
      await api.post(`${path}/${address}?${new URLSearchParams(query)}`, body, viewerPerson)
      loaded.reload()
      onChanged()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setRefusal(error.message)
    } finally {
      setBusy(false)
    }
  }

  return (
    <Loaded resource={loaded} what="who this person is" skeleton={<Skeleton className="h-40" />}>
      {(person) => (
        <Card
          title="Person"
          definition="Viewers and devices that reports take for one person. A device belongs to who signed in on it; what happened on it before, without a sign-in, is theirs too. Nothing is lost by changing it: every act can be taken back, and reports follow within a second."
        >
          <div className="grid gap-x-8 gap-y-4 lg:grid-cols-2">
            <Merges person={person} timeZone={props.timeZone} act={act} />
            <Devices person={person} timeZone={props.timeZone} act={act} />
          </div>
          <output className="mt-2 block min-h-5">
            {refusal !== null && <span className="text-bad">{refusal}</span>}
            {isBusy && <span className="text-muted">Reports are following …</span>}
            {!isBusy && refusal === null && !person.isPublished && (
              <span className="text-muted">Reports do not know all of this yet. Look again in a moment.</span>
            )}
          </output>
        </Card>
      )}
    </Loaded>
  )
}

type Act = (address: string, body: unknown) => Promise<void>

function Merges(props: { person: ViewerPerson; timeZone: string; act: Act }) {
  const { person, timeZone, act } = props
  const mayChange = useSession().operator.rights.includes('viewers.write')
  const [into, setInto] = useState('')
  const own = person.merged.find(({ viewerId }) => viewerId === person.viewerId)
  return (
    <section aria-label="Merged viewers" className="flex min-w-0 flex-col gap-2">
      <h3 className="text-muted">Merged viewers</h3>
      {person.merged.length === 0 && <p>This viewer was not merged with another.</p>}
      <ul className="flex flex-col gap-1">
        {person.merged.map(({ viewerId, into: target, mergedAt }) => (
          <Row
            key={viewerId}
            act={
              mayChange &&
              viewerId === person.viewerId && (
                <Button look="quiet" onPress={() => void act('unmerge', {})}>
                  Take back
                </Button>
              )
            }
          >
            <ViewerLink id={viewerId} isThis={viewerId === person.viewerId} /> is{' '}
            <ViewerLink id={target} isThis={target === person.viewerId} />, since{' '}
            {formatInstant(mergedAt, timeZone)}
          </Row>
        ))}
      </ul>
      {mayChange && !own && (
        <form
          aria-label="Merge into another viewer"
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            if (into !== '') void act('merge', { into }).then(() => setInto(''))
          }}
        >
          <Field
            label="Is the same person as"
            placeholder="A viewer's id"
            value={into}
            onChange={setInto}
            maxLength={256}
            autoComplete="off"
            spellCheck="false"
          />
          <Button type="submit" isDisabled={into === ''}>
            Merge
          </Button>
        </form>
      )}
    </section>
  )
}

function Devices(props: { person: ViewerPerson; timeZone: string; act: Act }) {
  const { person, timeZone, act } = props
  const mayChange = useSession().operator.rights.includes('viewers.write')
  return (
    <section aria-label="Linked devices" className="flex min-w-0 flex-col gap-2">
      <h3 className="text-muted">Devices used without a sign-in, too</h3>
      {person.devices.length === 0 && <p>No anonymous use of a device was found to be this person's.</p>}
      <ul className="flex max-h-60 flex-col gap-1 overflow-y-auto">
        {person.devices.map((device) => (
          <Row
            key={device.deviceId}
            act={
              mayChange && (
                <Button
                  look="quiet"
                  aria-label={`${device.isLinked ? 'Unlink' : 'Link again'} ${shortOf(device.deviceId)}`}
                  onPress={() =>
                    void act(`devices/${device.deviceId}/${device.isLinked ? 'unlink' : 'link'}`, {})
                  }
                >
                  {device.isLinked ? 'Unlink' : 'Link again'}
                </Button>
              )
            }
          >
            <DeviceLine device={device} timeZone={timeZone} />
          </Row>
        ))}
      </ul>
    </section>
  )
}

function DeviceLine(props: { device: LinkedDevice; timeZone: string }) {
  const { deviceId, isLinked, lastLinkedAt } = props.device
  return (
    <>
      <span className={isLinked ? '' : 'line-through'}>Device {shortOf(deviceId)}</span>,{' '}
      {isLinked ? `signed in last on ${formatInstant(lastLinkedAt, props.timeZone)}` : 'taken for nobody’s'}
    </>
  )
}

function Row(props: { act: ReactNode; children: ReactNode }) {
  return (
    <li className="flex min-h-8 items-center justify-between gap-3">
      <span className="min-w-0">{props.children}</span>
      {props.act}
    </li>
  )
}

function ViewerLink(props: { id: string; isThis: boolean }) {
  const { path, search } = useLocation()
  if (props.isThis) return <>this viewer</>
  return (
    <Link to={addressOf(path, search, { viewer: props.id })} className="text-accent underline">
      {shortOf(props.id)}
    </Link>
  )
}

/** The end of an id, as viewers without a name are called. */
function shortOf(id: string): string {
  return `…${id.slice(-6)}`
}

import { useEffect, useEffectEvent, useState } from 'react'

/**
 * Calls back whenever the server says that what a page shows has changed, over a stream of server-sent events. The browser
 * connects again by itself; since something may have changed meanwhile, that counts as a change.
 * Returns whether the connection stands.
 */
export function useChanges(address: string, onChange: () => void): boolean {
  const [isLive, setLive] = useState(true)
  const tell = useEffectEvent(onChange)

  useEffect(() => {
    const stream = new EventSource(address)
    let wasLost = false
    stream.addEventListener('open', () => {
      setLive(true)
      if (wasLost) tell()
      wasLost = false
    })
    stream.addEventListener('changed', () => tell())
    stream.addEventListener('error', () => {
      wasLost = true
      setLive(false)
      // After a refusal the browser gives up. Loading tells the page why.
      if (stream.readyState === EventSource.CLOSED) tell()
    })
    return () => stream.close()
  }, [address])

  return isLive
}

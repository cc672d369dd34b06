import { Component, type ReactNode } from 'react'
import { useLocation, type Location } from '../lib/location.ts'
import { Failed } from './states.tsx'

/**
 * What fails to be drawn takes no more than its own place: a card keeps to itself, a page leaves the navigation alone.
 * Going elsewhere, or to other days, tries anew by itself. The retry loads the document again: the URL holds its state,
 * and an old program that met the answers of a newer server is the likeliest fault.
 */
export function Guard(props: {
  /** What is guarded, as it stands in a sentence: `the top titles`. */
  what: string
  children: ReactNode
}) {
  return (
    <Boundary what={props.what} location={useLocation()}>
      {props.children}
    </Boundary>
  )
}

interface Props {
  readonly what: string
  readonly location: Location
  readonly children: ReactNode
}

interface State {
  readonly location: Location
  readonly hasFailed: boolean
}

/** React tells faults to classes only. */
class Boundary extends Component<Props, State> {
  override state: State = { location: this.props.location, hasFailed: false }

  static getDerivedStateFromError(): Partial<State> {
    return { hasFailed: true }
  }

  static getDerivedStateFromProps({ location }: Props, state: State): State | null {
    return location === state.location ? null : { location, hasFailed: false }
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children
    return (
      <Failed
        what={this.props.what}
        error={{ message: 'The console met a fault of its own. What else is shown is not touched by it.' }}
        onRetry={() => window.location.reload()}
      />
    )
  }
}

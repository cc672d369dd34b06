import { useState, type FormEvent } from 'react'
import { api, ApiError } from '../../lib/api.ts'
import { navigate, useLocation } from '../../lib/location.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { FormError, SessionFrame } from './session-frame.tsx'

export function SignInPage() {
  const { search } = useLocation()
  const [error, setError] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  async function signIn(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setError(null)
    try {
      await api.post('/v1/operators/auth/sign-in/email', {
        email: form.get('email'),
        password: form.get('password'),
      })
      navigate(pageAfter(search.get('next')), { replace: true })
    } catch (failure) {
      setError(messageOf(failure))
      setBusy(false)
    }
  }

  return (
    <SessionFrame title="Sign in">
      {search.get('done') === 'link' && <output>Your password is set. Sign in with it.</output>}
      <form className="flex flex-col gap-4" onSubmit={(event) => void signIn(event)}>
        <Field label="E-mail" name="email" type="email" autoComplete="username" isRequired />
        <Field label="Password" name="password" type="password" autoComplete="current-password" isRequired />
        <FormError message={error} />
        <Button type="submit" look="primary" isDisabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </SessionFrame>
  )
}

/** Only a page of the console: a link must not lead elsewhere after the sign-in. */
function pageAfter(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/'
}

function messageOf(failure: unknown): string {
  if (!(failure instanceof ApiError)) throw failure
  if (failure.status === 401) return 'E-mail or password is wrong.'
  if (failure.status === 429) return 'Too many attempts. Try again in a few minutes.'
  return failure.message
}

import { useState, type FormEvent } from 'react'
import { api, ApiError } from '../../lib/api.ts'
import { navigate, useLocation } from '../../lib/location.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { FormError, SessionFrame } from './session-frame.tsx'

/** The first operator of an instance, by the one-time link that the server printed. */
export function WelcomePage() {
  const { search } = useLocation()
  const token = search.get('token')
  const [failure, setFailure] = useState<ApiError | null>(null)
  const [isBusy, setBusy] = useState(false)

  async function create(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [name, email, password] = ['name', 'email', 'password'].map((field) => form.get(field))
    setBusy(true)
    setFailure(null)
    try {
      await api.post('/v1/operators/first', { token, name, email, password })
      await api.post('/v1/operators/auth/sign-in/email', { email, password })
      navigate('/', { replace: true })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setFailure(error)
      setBusy(false)
    }
  }

  if (token === null) {
    return (
      <SessionFrame title="Welcome">
        <p>
          This page makes the first operator of an instance. Open it by the one-time link that the server
          printed when it started.
        </p>
      </SessionFrame>
    )
  }
  const faultOf = (field: string) => failure?.errors.find((fault) => fault.field.endsWith(field))?.message
  const isAboutField = ['name', 'email', 'password'].some((field) => faultOf(field))
  return (
    <SessionFrame title="Welcome to Foyer">
      <p className="text-muted">
        You are the first operator here and will have all rights. You can invite others later.
      </p>
      <form className="flex flex-col gap-4" onSubmit={(event) => void create(event)}>
        <Field label="Name" name="name" autoComplete="name" isRequired autoFocus error={faultOf('name')} />
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          isRequired
          error={faultOf('email')}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          hint="At least 12 characters."
          minLength={12}
          isRequired
          error={faultOf('password')}
        />
        <FormError message={failure && !isAboutField ? failure.message : null} />
        <Button type="submit" look="primary" isDisabled={isBusy}>
          {isBusy ? 'Creating…' : 'Create and sign in'}
        </Button>
      </form>
    </SessionFrame>
  )
}

import { OPERATOR_LIMITS } from '@foyer/contracts'
import { useState, type FormEvent, type ReactNode } from 'react'
import { z } from 'zod'
import { api, ApiError } from '../../lib/api.ts'
import { navigate, useLocation } from '../../lib/location.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { FormError, SessionFrame } from './session-frame.tsx'

/** The first operator of an instance, by the one-time link that the server printed. */
export function WelcomePage() {
  return (
    <LinkForm
      title="Welcome to Foyer"
      introduction="You are the first operator here and will have all rights. You can invite others later."
      withoutLink="This page makes the first operator of an instance. Open it by the one-time link that the server printed when it started."
      address="/v1/operators/first"
      fields={['name', 'email', 'password']}
      act="Create and sign in"
    />
  )
}

/** An operator who was invited; the invitation knows the e-mail. */
export function JoinPage() {
  return (
    <LinkForm
      title="Join Foyer"
      introduction="Choose the name that others will see, and a password."
      withoutLink="This page accepts an invitation. Open it by the link that you were given."
      address="/v1/operators/accept"
      fields={['name', 'password']}
      act="Join"
    />
  )
}

/** An operator who forgot the password, by a link from an administrator. */
export function PasswordPage() {
  return (
    <LinkForm
      title="Choose a new password"
      introduction="You will be signed out everywhere."
      withoutLink="This page sets a new password. Open it by the link that an administrator gave you."
      address="/v1/operators/password"
      fields={['password']}
      act="Set the password"
    />
  )
}

const answerOfLink = z.looseObject({ email: z.string().optional() }).nullable()

type FieldName = 'name' | 'email' | 'password'

/** What the three have in common: a one-time link in, a sign-in out. */
function LinkForm(props: {
  title: string
  introduction: string
  withoutLink: string
  address: string
  fields: readonly FieldName[]
  act: string
}) {
  const { fields } = props
  const token = useLocation().search.get('token')
  const [failure, setFailure] = useState<ApiError | null>(null)
  const [isBusy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const values = Object.fromEntries(fields.map((name) => [name, form.get(name)]))
    setBusy(true)
    setFailure(null)
    try {
      const answer = await api.post(props.address, { token, ...values }, answerOfLink)
      // An invitation knows the e-mail, and its answer tells it.
      const email = values['email'] ?? answer?.email
      if (email) {
        await api.post('/v1/operators/auth/sign-in/email', { email, password: values['password'] })
        navigate('/', { replace: true })
      } else {
        navigate('/sign-in?done=link', { replace: true })
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setFailure(error)
      setBusy(false)
    }
  }

  if (token === null) {
    return (
      <SessionFrame title={props.title}>
        <p>{props.withoutLink}</p>
      </SessionFrame>
    )
  }
  const faultOf = (name: FieldName) =>
    failure?.errors.find(({ field }) => field.split('.').includes(name))?.message
  const isAboutField = fields.some((name) => faultOf(name) !== undefined)
  const inputs: Record<FieldName, ReactNode> = {
    name: (
      <Field key="name" label="Name" name="name" autoComplete="name" isRequired error={faultOf('name')} />
    ),
    email: (
      <Field
        key="email"
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        isRequired
        error={faultOf('email')}
      />
    ),
    password: (
      <Field
        key="password"
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        hint={`At least ${OPERATOR_LIMITS.passwordMin} characters.`}
        minLength={OPERATOR_LIMITS.passwordMin}
        maxLength={OPERATOR_LIMITS.passwordMax}
        isRequired
        error={faultOf('password')}
      />
    ),
  }
  return (
    <SessionFrame title={props.title}>
      <p className="text-muted">{props.introduction}</p>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        {fields.map((name) => inputs[name])}
        <FormError message={failure && !isAboutField ? failure.message : null} />
        <Button type="submit" look="primary" isDisabled={isBusy}>
          {isBusy ? 'One moment…' : props.act}
        </Button>
      </form>
    </SessionFrame>
  )
}

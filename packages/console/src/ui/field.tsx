import { Input } from 'react-aria-components/Input'
import { FieldError, Label, Text, TextField, type TextFieldProps } from 'react-aria-components/TextField'

/** A line of text with its label, what it is for, and what is wrong with it. */
export function Field(
  props: Omit<TextFieldProps, 'className' | 'style' | 'children'> & {
    label: string
    hint?: string
    error?: string | undefined
    placeholder?: string
  },
) {
  const { label, hint, error, placeholder, ...field } = props
  return (
    <TextField {...field} isInvalid={error !== undefined} className="flex min-w-0 flex-col gap-1">
      <Label className="font-medium">{label}</Label>
      <Input
        {...(placeholder === undefined ? {} : { placeholder })}
        className="h-8 min-w-0 rounded-md border border-control bg-surface px-2.5 data-invalid:border-bad"
      />
      {hint && error === undefined && (
        <Text slot="description" className="text-muted">
          {hint}
        </Text>
      )}
      <FieldError className="text-bad">{error}</FieldError>
    </TextField>
  )
}

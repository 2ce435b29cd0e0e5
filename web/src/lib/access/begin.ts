/** Puts the cursor where there is something to type: into the first field that is empty. */
export function beginIn(form: HTMLElement): void {
  const fields = [...form.querySelectorAll('input')];
  (fields.find((field) => field.value === '') ?? fields[0])?.focus();
}

import { filingId, type FilingStep as Step } from '../../domain/filing.ts';
import type { Zone } from '../../domain/time.ts';
import type { Calendared } from '../../reporting/filing/calendar.ts';
import type { FiledCheck } from '../../reporting/filing/checked.ts';
import { checkShape } from '../routes/checks.ts';
import type { FilingCheck, FilingRow, FilingStep } from '../schemas/filings.ts';

/** Filings as the HTTP door has them. */

export function stepShape(zone: Zone, step: Step): FilingStep {
  return { ...step, at: zone.iso(step.at) };
}

export function rowShape(zone: Zone, of: Calendared): FilingRow {
  const last = of.filing?.steps.at(-1);
  return {
    id: filingId(of),
    node: of.node,
    name: of.name,
    form: of.form,
    period: of.period,
    state: of.state,
    due_state: of.dueState,
    due: of.due && { date: of.due.date, deadline: of.due.deadline.id },
    days_left: of.daysLeft,
    last: last ? stepShape(zone, last) : null,
  };
}

export function filedCheckShape(zone: Zone, { check, month, state, explanation }: FiledCheck): FilingCheck {
  return {
    month,
    check: checkShape(check),
    state,
    explanation: explanation && {
      text: explanation.text,
      by: explanation.by,
      at: zone.iso(explanation.at),
      value: explanation.figure.value,
      share: explanation.figure.share,
    },
  };
}

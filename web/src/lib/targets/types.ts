/** The shapes of the server's targets, as types. */
import type { z } from 'zod';
import type * as forecasts from '../../../../server/http/schemas/forecast.ts';
import type * as plans from '../../../../server/http/schemas/plans.ts';
import type * as shapes from '../../../../server/http/schemas/targets.ts';

export type Target = z.infer<typeof shapes.TargetShape>;
export type TargetView = z.infer<typeof shapes.TargetView>;
export type TargetList = z.infer<typeof shapes.TargetList>;
export type TargetDetail = z.infer<typeof shapes.TargetDetail>;
export type TargetYear = z.infer<typeof shapes.TargetYear>;
export type TargetPart = z.infer<typeof shapes.TargetPart>;
export type TargetBody = z.input<typeof shapes.TargetBody>;
export type TargetPath = z.infer<typeof shapes.PathShape>;
export type Current = z.infer<typeof shapes.Current>;
export type Forecast = z.infer<typeof forecasts.ForecastShape>;
export type Backtest = z.infer<typeof forecasts.Backtest>;
export type Split = z.infer<typeof shapes.Split>;
export type SplitBody = z.input<typeof shapes.SplitBody>;
export type Waterfall = z.infer<typeof forecasts.Waterfall>;
export type Plan = z.infer<typeof plans.PlanShape>;
export type Lack = TargetView['base']['lacks'][number];
